/* SPDX-License-Identifier: MIT */
#include "core/record/familiar.h"

void pt_familiar_add(struct pt_familiar *familiar, uint32_t key, uint32_t epoch,
                     struct patter_str text)
{
    if (text.len - 1 >= PT_FAMILIAR_LEN) { /* an empty one, too */
        return;
    }
    struct pt_familiar_text *place = &familiar->texts[pt_familiar_place(key, text)];
    *place = (struct pt_familiar_text){ .mark = pt_familiar_mark(key, epoch, text.len) };
    memcpy(place->text, text.data, text.len);
}
