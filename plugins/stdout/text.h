/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_TEXT_H
#define STDOUT_TEXT_H

/* Growing text for a terminal: nothing in it can move the cursor but what this plugin put there. */

#include <stdbool.h>
#include <stddef.h>

#include <patter/types.h>

/* Zeroed is empty and valid. When memory is short the addition is left out and `failed` set. */
struct out_text {
    char *data;
    size_t len;
    size_t capacity;
    bool failed;
};

void out_text_clean(struct out_text *text);
void out_text_add(struct out_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void out_text_put(struct out_text *text, const char *data, size_t len);
/* `glyph` so many times. */
void out_text_repeat(struct out_text *text, const char *glyph, size_t count);

/* Adds `view` with control characters and broken UTF-8 as \xNN. */
void out_text_put_safe(struct out_text *text, struct patter_str view);

/* How many columns `len` bytes of UTF-8 take: one for each code point. */
size_t out_columns(const char *data, size_t len);

/* The bytes of the first `columns` columns, at most `len`. */
size_t out_columns_cut(const char *data, size_t len, size_t columns);

#endif /* STDOUT_TEXT_H */
