/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_WORDS_H
#define STDOUT_WORDS_H

/* Durations, values and attributes in the few words that a person needs. */

#include <stdint.h>

#include <patter/exporter.h>

#include "plugins/stdout/text.h"

/* "310 us", "12.3 ms", "840 ms", "1.20 s", "2m 05s", "1h 02m"; `micro` is the unit's glyph. */
void out_words_duration(struct out_text *text, uint64_t duration_ns, const char *micro);

/* `name` without "getpatter.": what every documented name begins with says nothing. */
struct patter_str out_words_short_name(struct patter_str name);

/* A value as it is, except that a real number has three digits when `rounded`. */
void out_words_value(struct out_text *text, const struct patter_value *value, bool rounded);

/* "key=value" for each attribute of the span or event `owner`, the key without what that name says
 * already, each ended by a newline. The call's id and, where `failed`, error.type are left out:
 * they stand elsewhere. */
void out_words_attributes(struct out_text *text, const struct patter_attribute *attributes,
                          size_t count, struct patter_str owner, bool failed);

/* The text of the attribute `key`; empty when there is none. */
struct patter_str out_words_find(const struct patter_attribute *attributes, size_t count,
                                 const char *key);

#endif /* STDOUT_WORDS_H */
