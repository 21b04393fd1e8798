/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/otlp/utf8.h"

void out_text_clean(struct out_text *text)
{
    free(text->data);
    *text = (struct out_text){ 0 };
}

/* Makes room for `more` bytes and a NUL. */
static bool reserve(struct out_text *text, size_t more)
{
    if (text->len + more < text->capacity) {
        return true;
    }
    size_t capacity = (text->len + more + 1) * 2;
    char *data = realloc(text->data, capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void out_text_put(struct out_text *text, const char *data, size_t len)
{
    if (len > 0 && reserve(text, len)) {
        memcpy(text->data + text->len, data, len);
        text->len += len;
        text->data[text->len] = '\0';
    }
}

void out_text_add(struct out_text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len > 0 && reserve(text, (size_t)len)) {
        vsnprintf(text->data + text->len, (size_t)len + 1, format, again);
        text->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}

void out_text_repeat(struct out_text *text, const char *glyph, size_t count)
{
    size_t len = strlen(glyph);
    for (size_t i = 0; i < count; i++) {
        out_text_put(text, glyph, len);
    }
}

/* The length of the printable character at `data`; 0: it is none. C1 controls (U+0080 to U+009F)
 * are none: some terminals obey them. */
static size_t printable(const unsigned char *data, size_t len)
{
    size_t char_len = otlp_utf8_char_len(data, len);
    bool is_control = char_len == 1 ? data[0] < 0x20 || data[0] == 0x7f
                                    : char_len == 2 && data[0] == 0xc2 && data[1] < 0xa0;
    return is_control ? 0 : char_len;
}

void out_text_put_safe(struct out_text *text, struct patter_str view)
{
    const unsigned char *data = (const unsigned char *)view.data;
    for (size_t i = 0; i < view.len;) {
        size_t len = printable(data + i, view.len - i);
        if (len > 0) {
            out_text_put(text, view.data + i, len);
            i += len;
        } else {
            out_text_add(text, "\\x%02x", data[i]);
            i++;
        }
    }
}

static bool begins_code_point(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t out_columns(const char *data, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++) {
        columns += begins_code_point(data[i]);
    }
    return columns;
}

size_t out_columns_cut(const char *data, size_t len, size_t columns)
{
    size_t end = 0;
    for (size_t seen = 0; end < len; end++) {
        if (begins_code_point(data[end]) && seen++ == columns) {
            break;
        }
    }
    return end;
}
