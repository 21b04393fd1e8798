/* SPDX-License-Identifier: MIT */
/* Any text through the scanners and classes. What is a person's number, address or account in it by
 * its form alone must be found, whatever stands around it. */
#include "core/base/scan.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/class.h"
#include "core/base/hash.h"
#include "fuzz/support/fuzz.h"

enum { LONG_ROW = 7, ROW_MAX = 24, TEXT_MAX = 120 };

/* One or more of these end any id that machines make. */
static const char glue[] = "_";

static void expect_found(const char *before, const char *what, const char *after)
{
    char text[512];
    int len = snprintf(text, sizeof(text), "%s%s%s%s%s", before, *before ? glue : "", what,
                       *after ? glue : "", after);
    struct patter_str copy = fuzz_copy((struct patter_str){ text, (size_t)len });
    if (pt_scan(copy) == PT_SCAN_CLEAN) {
        fprintf(stderr, "passed as clean: %s\n", text);
        EXPECT(!"a scanner stops it");
    }
}

/* Digits with at most three joints in a row between two of them. */
static void check_row(struct fuzz_input *input, const char *before, const char *after)
{
    static const char joints[] = " /()_";
    char row[ROW_MAX * 4 + 1];
    size_t len = 0;
    size_t digits = LONG_ROW + fuzz_u8(input) % (ROW_MAX - LONG_ROW);
    for (size_t i = 0; i < digits; i++) {
        uint8_t byte = fuzz_u8(input);
        row[len++] = (char)('0' + byte % 10);
        for (size_t gap = i + 1 < digits ? byte / 10 % 8 : 0; gap >= 5; gap--) {
            row[len++] = joints[(byte + gap) % (sizeof(joints) - 1)];
        }
    }
    row[len] = '\0';
    expect_found(before, row, after);
}

/* A name of letters and digits that is not empty. */
static void take_name(struct fuzz_input *input, char *to, size_t max)
{
    size_t len = 1 + fuzz_u8(input) % (max - 1);
    for (size_t i = 0; i < len; i++) {
        static const char bytes[] =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        to[i] = bytes[fuzz_u8(input) % (sizeof(bytes) - 1)];
    }
    to[len] = '\0';
}

static void check_email(struct fuzz_input *input, const char *before, const char *after)
{
    static const char *const ends[] = { "com", "de", "co.uk", "museum" };
    static const char *const signs[] = { "@", "_at_", "-at-", ".At." };
    char local[16];
    char host[16];
    char address[64];
    take_name(input, local, sizeof(local));
    take_name(input, host, sizeof(host));
    snprintf(address, sizeof(address), "%s%s%s.%s", local, signs[fuzz_u8(input) % 4], host,
             ends[fuzz_u8(input) % 4]);
    expect_found(before, address, after);
}

static unsigned rest_of_97(const char *text)
{
    unsigned rest = 0;
    for (; *text; text++) {
        unsigned value = isdigit((unsigned char)*text) ? (unsigned)(*text - '0')
                                                       : (unsigned)(toupper(*text) - 'A' + 10);
        rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest;
}

/* Countries whose accounts are digits alone, by the length of what follows country and check. */
static void check_iban(struct fuzz_input *input, const char *before, const char *after)
{
    static const struct {
        const char *country;
        int len;
    } forms[] = { { "DE", 18 }, { "ES", 20 }, { "BE", 12 }, { "AT", 16 }, { "PL", 24 },
                  { "NO", 11 }, { "FI", 14 }, { "SE", 20 }, { "DK", 14 }, { "EE", 16 } };
    size_t form = fuzz_u8(input) % (sizeof(forms) / sizeof(forms[0]));
    char account[32] = { 0 };
    char checked[64];
    char iban[64];
    for (int i = 0; i < forms[form].len; i++) {
        account[i] = (char)('0' + fuzz_u8(input) % 10);
    }
    snprintf(checked, sizeof(checked), "%s%s00", account, forms[form].country);
    snprintf(iban, sizeof(iban), "%s%02u%s", forms[form].country, 98 - rest_of_97(checked),
             account);
    expect_found(before, iban, after);
}

/* Whatever class a text passes as, it has that class's form. */
static void check_classes(struct patter_str text)
{
    for (enum pt_class value_class = PT_CLASS_ANY; value_class < PT_CLASSES; value_class++) {
        if (pt_class_check_text(value_class, NULL, text) != PT_PASS ||
            value_class == PT_CLASS_HASHED) {
            continue;
        }
        EXPECT(value_class == PT_CLASS_ANY || value_class == PT_CLASS_IDENTIFIER ||
               value_class == PT_CLASS_NAME);
        EXPECT(text.len >= 1 && text.len <= 128 && pt_scan(text) == PT_SCAN_CLEAN);
        for (size_t i = 0; i < text.len; i++) {
            unsigned char byte = (unsigned char)text.data[i];
            EXPECT(byte < 0x80 && (isalnum(byte) || strchr("._:/-", byte)));
            EXPECT(value_class != PT_CLASS_NAME || !strchr(":/", byte));
        }
    }
    if (pt_class_is_loggable_key(text)) {
        EXPECT(pt_class_is_key(text) && text.len <= 48 && memchr(text.data, '.', text.len));
        EXPECT(pt_scan(text) == PT_SCAN_CLEAN);
    }
}

/* The hash that takes a text's place leaves again unchanged. */
static void check_hash(struct patter_str text)
{
    static struct pt_hash *hash;
    char hashed[PT_HASH_TEXT];
    char again[PT_HASH_TEXT];
    hash = hash ? hash : pt_hash_new("0123456789abcdef0123456789abcdef", 32);
    pt_hash_text(hash, text, hashed);
    pt_hash_text(hash, text, again);
    EXPECT(strcmp(hashed, again) == 0 && strlen(hashed) == 34);
    EXPECT(pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, patter_text(hashed)) == PT_PASS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    struct patter_str whole = { (const char *)data, size };
    (void)pt_scan_name(pt_scan(whole));
    check_classes(whole);
    check_hash(whole);
    const char *before = fuzz_c_text(fuzz_text(&input, TEXT_MAX));
    const char *after = fuzz_c_text(fuzz_text(&input, TEXT_MAX));
    check_row(&input, before, after);
    check_email(&input, before, after);
    check_iban(&input, before, after);
    fuzz_release();
    return 0;
}
