/* SPDX-License-Identifier: MIT */
#include "core/config/pairs.h"

#include <string.h>

#include "core/base/text.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL, or why the text cannot be decoded. */
static const char *decode(struct pt_tree *tree, struct patter_str text, struct patter_str *ret_text)
{
    char *out = pt_arena_alloc(&tree->arena, text.len + 1);
    size_t len = 0;
    if (!out) {
        return "memory is short";
    }
    for (size_t i = 0; i < text.len; i++) {
        int c = (unsigned char)text.data[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return "a `%` is not followed by two hex digits; write %25 for the sign";
            }
            c = high * 16 + low;
            i += 2;
        }
        if (c < 0x20 || c == 0x7f) {
            return "it holds a control character";
        }
        out[len++] = (char)c;
    }
    *ret_text = (struct patter_str){ out, len };
    return NULL;
}

static void parse_one(struct pt_tree *tree, struct patter_str entry, struct pt_pair *pair)
{
    const char *sign = memchr(entry.data, '=', entry.len);
    if (!sign) {
        pair->fault = "it has no `=`";
        return;
    }
    size_t key_len = (size_t)(sign - entry.data);
    struct patter_str key = pt_str_trim(pt_str_slice(entry, 0, key_len));
    struct patter_str value = pt_str_trim(pt_str_slice(entry, key_len + 1, entry.len));
    if (key.len == 0) {
        pair->fault = "no name stands before its `=`";
        return;
    }
    pair->fault = decode(tree, key, &pair->key);
    if (!pair->fault) {
        pair->fault = decode(tree, value, &pair->value);
    }
}

struct pt_pair *pt_pairs_parse(struct pt_tree *tree, struct patter_str text, size_t *ret_count)
{
    size_t capacity = 1;
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        capacity += text.data[i] == ',';
    }
    struct pt_pair *pairs = pt_arena_alloc(&tree->arena, capacity * sizeof(*pairs));
    for (size_t begin = 0; pairs && begin < text.len;) {
        const char *comma = memchr(text.data + begin, ',', text.len - begin);
        size_t end = comma ? (size_t)(comma - text.data) : text.len;
        struct patter_str entry = pt_str_trim(pt_str_slice(text, begin, end));
        if (entry.len > 0) {
            parse_one(tree, entry, &pairs[count++]);
        }
        begin = end + 1;
    }
    *ret_count = count;
    return pairs;
}
