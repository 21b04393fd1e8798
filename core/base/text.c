/* SPDX-License-Identifier: MIT */
#include "core/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void pt_text_clean(struct pt_text *text)
{
    free(text->data);
    *text = (struct pt_text){ 0 };
}

/* Makes room for `more` bytes and the NUL. */
static bool reserve(struct pt_text *text, size_t more)
{
    if (text->len + more < text->capacity) {
        return true;
    }
    size_t capacity = (text->len + more + 1) * 2;
    char *data = realloc(text->data, capacity);
    if (!data) {
        text->truncated = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void pt_text_add_va(struct pt_text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len >= 0 && reserve(text, (size_t)len)) {
        vsnprintf(text->data + text->len, (size_t)len + 1, format, again);
        text->len += (size_t)len;
    }
    va_end(again);
}

void pt_text_add(struct pt_text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pt_text_add_va(text, format, args);
    va_end(args);
}

void pt_text_add_str(struct pt_text *text, struct patter_str view)
{
    if (view.len > 0 && reserve(text, view.len)) {
        memcpy(text->data + text->len, view.data, view.len);
        text->len += view.len;
        text->data[text->len] = '\0';
    }
}

const char *pt_text_get(const struct pt_text *text)
{
    return text->data ? text->data : "";
}

bool pt_str_equal(struct patter_str a, struct patter_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool pt_str_is(struct patter_str view, const char *text)
{
    return pt_str_equal(view, patter_text(text));
}

bool pt_str_is_nocase(struct patter_str view, const char *text)
{
    size_t len = strlen(text);
    return view.len == len && (len == 0 || strncasecmp(view.data, text, len) == 0);
}

bool pt_str_starts(struct patter_str view, const char *prefix)
{
    size_t len = strlen(prefix);
    return view.len >= len && memcmp(view.data, prefix, len) == 0;
}

struct patter_str pt_str_slice(struct patter_str view, size_t begin, size_t end)
{
    return (struct patter_str){ view.data + begin, end - begin };
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct patter_str pt_str_trim(struct patter_str view)
{
    size_t begin = 0;
    size_t end = view.len;
    while (begin < end && is_blank(view.data[begin])) {
        begin++;
    }
    while (end > begin && is_blank(view.data[end - 1])) {
        end--;
    }
    return end > begin ? pt_str_slice(view, begin, end) : (struct patter_str){ view.data, 0 };
}

enum { NEAREST_MAX = 64 };

static char fold(char c)
{
    return c == '_' ? '-' : (char)tolower((unsigned char)c);
}

/* Edits (insert, delete, replace, swap of neighbours) from `a` to `b`; both at most NEAREST_MAX. */
static size_t edit_distance(struct patter_str a, struct patter_str b)
{
    size_t before[NEAREST_MAX + 1];
    size_t last[NEAREST_MAX + 1];
    size_t row[NEAREST_MAX + 1];

    for (size_t j = 0; j <= b.len; j++) {
        before[j] = 0;
        last[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = fold(a.data[i - 1]) == fold(b.data[j - 1]);
            size_t best = last[j - 1] + (same ? 0 : 1);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && fold(a.data[i - 1]) == fold(b.data[j - 2]) &&
                fold(a.data[i - 2]) == fold(b.data[j - 1]) && before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            row[j] = best;
        }
        memcpy(before, last, sizeof(before));
        memcpy(last, row, sizeof(last));
    }
    return last[b.len];
}

const char *pt_nearest(struct patter_str word, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t limit = word.len / 3 + 1; /* more edits than that is another word */
    if (word.len == 0 || word.len > NEAREST_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct patter_str candidate = patter_text(words[i]);
        if (candidate.len > NEAREST_MAX) {
            continue;
        }
        size_t distance = edit_distance(word, candidate);
        if (distance <= limit) {
            nearest = words[i];
            limit = distance - (distance > 0);
            if (distance == 0) {
                break;
            }
        }
    }
    return nearest;
}
