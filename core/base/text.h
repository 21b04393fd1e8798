/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_TEXT_H
#define PT_BASE_TEXT_H

/* Text: a growing builder, and the small questions asked of views. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <patter/types.h>

/* Zeroed is empty and valid. `data` is NUL-terminated once anything was added. When memory is
 * short the addition is left out and `truncated` set. */
struct pt_text {
    char *data;
    size_t len;
    size_t capacity;
    bool truncated;
};

void pt_text_clean(struct pt_text *text);
void pt_text_add(struct pt_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void pt_text_add_va(struct pt_text *text, const char *format, va_list args);
void pt_text_add_str(struct pt_text *text, struct patter_str view);
/* "" instead of NULL. */
const char *pt_text_get(const struct pt_text *text);

#define PT_STR_FMT       "%.*s"
#define PT_STR_ARG(view) (int)(view).len, (view).data ? (view).data : ""

bool pt_str_equal(struct patter_str a, struct patter_str b);
bool pt_str_is(struct patter_str view, const char *text);
bool pt_str_is_nocase(struct patter_str view, const char *text);
bool pt_str_starts(struct patter_str view, const char *prefix);
struct patter_str pt_str_slice(struct patter_str view, size_t begin, size_t end);
/* Without blanks and tabs at both ends. */
struct patter_str pt_str_trim(struct patter_str view);

/* The entry of `words` nearest to `word` by edit distance (case ignored, `_` equals `-`), or NULL
 * when none is near enough to be meant. */
const char *pt_nearest(struct patter_str word, const char *const *words, size_t count);

#endif /* PT_BASE_TEXT_H */
