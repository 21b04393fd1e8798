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
    uint32_t epoch; /* pt_keys_epoch when it passed */
    uint16_t key;   /* 0: none */
    uint16_t len;
    char text[PT_FAMILIAR_LEN]; /* zeros behind it */
};

/* Zeroed is empty. */
struct pt_familiar {
    struct pt_familiar_text texts[PT_FAMILIAR_TEXTS];
};

/* In two overlapping words where it can: a call of memcmp takes as long as the rest of the look-up.
 */
static inline bool pt_familiar_is(const char *known, const char *text, size_t len)
{
    uint64_t known_word, word;
    if (len < 8 || len > 16) {
        return memcmp(known, text, len) == 0;
    }
    memcpy(&known_word, known, 8);
    memcpy(&word, text, 8);
    uint64_t differ = known_word ^ word;
    memcpy(&known_word, known + len - 8, 8);
    memcpy(&word, text + len - 8, 8);
    return (differ | (known_word ^ word)) == 0;
}

static inline uint32_t pt_familiar_place(uint32_t key, struct patter_str text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    return (key + (uint32_t)text.len + bytes[0] + 3u * bytes[text.len / 2] +
            5u * bytes[text.len - 1]) %
           PT_FAMILIAR_TEXTS;
}

/* That text, where it has passed under that key in this epoch; else NULL. */
static inline const struct pt_familiar_text *pt_familiar_find(const struct pt_familiar *familiar,
                                                              uint32_t key, uint32_t epoch,
                                                              struct patter_str text)
{
    if (text.len == 0 || text.len > PT_FAMILIAR_LEN) {
        return NULL;
    }
    const struct pt_familiar_text *known = &familiar->texts[pt_familiar_place(key, text)];
    bool is_it = known->key == key && known->epoch == epoch && known->len == text.len &&
                 pt_familiar_is(known->text, text.data, text.len);
    return is_it ? known : NULL;
}

/* Remembers a text that has passed; a longer one than PT_FAMILIAR_LEN is not kept. */
void pt_familiar_add(struct pt_familiar *familiar, uint32_t key, uint32_t epoch,
                     struct patter_str text);

#endif /* PT_RECORD_FAMILIAR_H */
