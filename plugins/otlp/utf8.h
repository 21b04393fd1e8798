/* SPDX-License-Identifier: MIT */
#ifndef OTLP_UTF8_H
#define OTLP_UTF8_H

/* UTF-8, which OTLP demands: a receiver refuses a whole message for one bad byte in it. */

#include <stdbool.h>
#include <stddef.h>

#include <patter/types.h>

#define OTLP_UTF8_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

enum { OTLP_UTF8_REPLACEMENT_LEN = 3 };

/* How many bytes the character at `text` has, 1..4; 0 when it is none. `len` is at least 1. */
size_t otlp_utf8_char_len(const unsigned char *text, size_t len);

/* How long `text` is once each bad byte became U+FFFD: text.len where nothing is bad. */
size_t otlp_utf8_clean_len(struct patter_str text);

/* Writes that text, exactly otlp_utf8_clean_len(text) bytes. */
void otlp_utf8_clean(struct patter_str text, unsigned char *out);

#endif /* OTLP_UTF8_H */
