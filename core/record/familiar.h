/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_FAMILIAR_H
#define PT_RECORD_FAMILIAR_H

/*
 * The texts that a thread has lately seen pass the filter. A bot says the names of its few tools
 * over and over, and the scanners take 15 to 30 ns for one: here it is 4. Texts are compared byte
 * by byte, and a change of what a key may carry forgets them all.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <patter/types.h>

enum { PT_FAMILIAR_TEXTS = 16, PT_FAMILIAR_LEN = 56 };

struct pt_familiar_text {
    uint64_t mark;              /* epoch << 32 | key << 16 | length; 0: none */
    char text[PT_FAMILIAR_LEN]; /* zeros behind it */
};

/* Zeroed is empty. */
struct pt_familiar {
    struct pt_familiar_text texts[PT_FAMILIAR_TEXTS];
};

static inline uint64_t pt_familiar_mark(uint32_t key, uint32_t epoch, size_t len)
{
    return (uint64_t)epoch << 32 | key << 16 | len;
}

static inline uint32_t pt_familiar_len(const struct pt_familiar_text *known)
{
    return known->mark & 0xffff;
}

/* Of a text that is not empty. */
static inline uint32_t pt_familiar_place(uint32_t key, struct patter_str text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    return (key + (uint32_t)text.len + bytes[0] + 3u * bytes[text.len / 2] +
            5u * bytes[text.len - 1]) %
           PT_FAMILIAR_TEXTS;
}

/* In overlapping words where two do, of a size that the compiler knows: a call of memcmp takes as
 * long as the rest of the look-up. */
static inline bool pt_familiar_is(const char *known, const char *text, size_t len)
{
    if (len >= 8 && len <= 16) {
        return memcmp(known, text, 8) == 0 && memcmp(known + len - 8, text + len - 8, 8) == 0;
    }
    if (len >= 4 && len < 8) {
        return memcmp(known, text, 4) == 0 && memcmp(known + len - 4, text + len - 4, 4) == 0;
    }
    return memcmp(known, text, len) == 0;
}

/* That text, where it has passed under that key in this epoch; else NULL. */
static inline const struct pt_familiar_text *pt_familiar_find(const struct pt_familiar *familiar,
                                                              uint32_t key, uint32_t epoch,
                                                              struct patter_str text)
{
    if (text.len - 1 >= PT_FAMILIAR_LEN) { /* an empty one, too */
        return NULL;
    }
    const struct pt_familiar_text *known = &familiar->texts[pt_familiar_place(key, text)];
    return known->mark == pt_familiar_mark(key, epoch, text.len) &&
                   pt_familiar_is(known->text, text.data, text.len)
               ? known
               : NULL;
}

/* Remembers a text that has passed; a longer one than PT_FAMILIAR_LEN is not kept. */
void pt_familiar_add(struct pt_familiar *familiar, uint32_t key, uint32_t epoch,
                     struct patter_str text);

#endif /* PT_RECORD_FAMILIAR_H */
