/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/utf8.h"

#include <stdint.h>

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t otlp_utf8_char_len(const unsigned char *text, size_t len)
{
    unsigned char first = text[0];
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2 || first > 0xF4 || len < 2) {
        return 0;
    }
    unsigned char second = text[1];
    if (first < 0xE0) {
        return is_tail(second) ? 2 : 0;
    }
    if (first < 0xF0) {
        unsigned char low = first == 0xE0 ? 0xA0 : 0x80;
        unsigned char high = first == 0xED ? 0x9F : 0xBF;
        return len >= 3 && second >= low && second <= high && is_tail(text[2]) ? 3 : 0;
    }
    unsigned char low = first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xF4 ? 0x8F : 0xBF;
    return len >= 4 && second >= low && second <= high && is_tail(text[2]) && is_tail(text[3]) ? 4
                                                                                               : 0;
}

static bool is_ascii_word(const unsigned char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof(word));
    return (word & UINT64_C(0x8080808080808080)) == 0;
}

/* Nearly all text is ASCII: eight bytes at a time, the last eight overlapping those before. */
static bool is_ascii(const unsigned char *text, size_t len)
{
    if (len < sizeof(uint64_t)) {
        unsigned char all = 0;
        for (size_t i = 0; i < len; i++) {
            all |= text[i];
        }
        return all < 0x80;
    }
    size_t last = len - sizeof(uint64_t);
    for (size_t at = 0; at < last; at += sizeof(uint64_t)) {
        if (!is_ascii_word(text + at)) {
            return false;
        }
    }
    return is_ascii_word(text + last);
}

size_t otlp_utf8_clean_len(struct patter_str text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    if (is_ascii(bytes, text.len)) {
        return text.len;
    }
    size_t clean_len = 0;
    for (size_t at = 0; at < text.len;) {
        size_t char_len = otlp_utf8_char_len(bytes + at, text.len - at);
        clean_len += char_len ? char_len : (size_t)OTLP_UTF8_REPLACEMENT_LEN;
        at += char_len ? char_len : 1;
    }
    return clean_len;
}

void otlp_utf8_clean(struct patter_str text, unsigned char *out)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t at = 0;
    while (at < text.len) {
        size_t char_len = otlp_utf8_char_len(bytes + at, text.len - at);
        if (char_len) {
            memcpy(out, bytes + at, char_len);
            out += char_len;
            at += char_len;
        } else {
            memcpy(out, OTLP_UTF8_REPLACEMENT, OTLP_UTF8_REPLACEMENT_LEN);
            out += OTLP_UTF8_REPLACEMENT_LEN;
            at++;
        }
    }
}
