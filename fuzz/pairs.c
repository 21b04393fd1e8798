/* SPDX-License-Identifier: MIT */
/* Headers and resource attributes in OTEL_* variables: what is read is printable and terminated,
 * and what is written in percent form is read back. */
#include "core/config/pairs.h"

#include <stdio.h>
#include <string.h>

#include "fuzz/support/fuzz.h"

enum { PAIRS_MAX = 8, ENCODED = 3 };

static void expect_plain(struct patter_str text)
{
    EXPECT(text.data[text.len] == '\0');
    for (size_t i = 0; i < text.len; i++) {
        EXPECT((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f);
    }
}

static void check_any(struct patter_str text)
{
    struct pt_tree *tree = pt_tree_new();
    size_t count;
    size_t commas = 0;
    struct pt_pair *pairs = pt_pairs_parse(tree, text, &count);
    EXPECT(pairs);
    for (size_t i = 0; i < text.len; i++) {
        commas += text.data[i] == ',';
    }
    EXPECT(count <= commas + 1);
    for (size_t i = 0; i < count; i++) {
        if (!pairs[i].fault) {
            EXPECT(pairs[i].key.len > 0);
            expect_plain(pairs[i].key);
            expect_plain(pairs[i].value);
        }
    }
    pt_tree_destroy(tree);
}

/* Percent form of all but control characters; what was left out of `text` is cut. */
static size_t encode(struct patter_str text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte >= 0x20 && byte != 0x7f) {
            len += (size_t)sprintf(out + len, "%%%02X", byte);
        }
    }
    return len;
}

static bool reads_back(struct patter_str found, const char *encoded, size_t len)
{
    char again[ENCODED * 256 + 1];
    return encode(found, again) == len && memcmp(again, encoded, len) == 0;
}

static void check_encoded(struct fuzz_input input)
{
    static char text[PAIRS_MAX * 2 * (ENCODED * 256 + 1)];
    size_t begins[PAIRS_MAX + 1][2];
    size_t len = 0;
    size_t count = 0;
    size_t found;
    while (input.len > 0 && count < PAIRS_MAX) {
        text[len] = ',';
        len += count > 0;
        begins[count][0] = len;
        len += encode(fuzz_text(&input, 64), text + len);
        if (len == begins[count][0]) {
            text[len++] = 'k';
        }
        text[len++] = '=';
        begins[count][1] = len;
        len += encode(fuzz_text(&input, 64), text + len);
        begins[++count][0] = len + 1;
    }
    struct pt_tree *tree = pt_tree_new();
    struct pt_pair *pairs = pt_pairs_parse(tree, (struct patter_str){ text, len }, &found);
    EXPECT(pairs && found == count);
    for (size_t i = 0; i < count; i++) {
        size_t end = begins[i + 1][0] - 1;
        EXPECT(!pairs[i].fault);
        EXPECT(text[begins[i][0]] == 'k' ||
               reads_back(pairs[i].key, text + begins[i][0], begins[i][1] - 1 - begins[i][0]));
        EXPECT(reads_back(pairs[i].value, text + begins[i][1], end - begins[i][1]));
    }
    pt_tree_destroy(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_any((struct patter_str){ (const char *)data, size });
    check_encoded((struct fuzz_input){ data, size });
    return 0;
}
