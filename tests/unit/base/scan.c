/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/scan.h"

/* ---- random ids are let through ----------------------------------------------------- */

enum { IDS = 10000 };

/* The same ids in every run (splitmix64): a rare shape fails always or never. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* `len` letters of the first `base` of `alphabet`. */
static void fill(uint64_t *state, const char *alphabet, size_t base, size_t len, char *ret_text)
{
    for (size_t i = 0; i < len; i++) {
        ret_text[i] = alphabet[next_random(state) % base];
    }
    ret_text[len] = '\0';
}

static void fill_hex(uint64_t *state, size_t len, char *ret_text)
{
    fill(state, "0123456789abcdef", 16, len, ret_text);
}

static void fill_uuid(uint64_t *state, char ret_text[37])
{
    fill_hex(state, 36, ret_text);
    ret_text[8] = ret_text[13] = ret_text[18] = ret_text[23] = '-';
    ret_text[14] = '4';
}

static int stopped(const char *text)
{
    return pt_scan(patter_text(text)) != PT_SCAN_CLEAN;
}

Test(scan, no_uuid_is_stopped)
{
    uint64_t state = 1;
    char text[37];
    for (int i = 0; i < IDS; i++) {
        fill_uuid(&state, text);
        cr_assert_not(stopped(text), "%s", text);
    }
}

static int count_stopped(uint64_t seed, const char *prefix, const char *alphabet, size_t base,
                         size_t len)
{
    char text[128];
    int count = 0;
    size_t at = strlen(prefix);
    memcpy(text, prefix, at + 1);
    for (int i = 0; i < IDS; i++) {
        fill(&seed, alphabet, base, len, text + at);
        count += stopped(text);
    }
    return count;
}

Test(scan, fewer_than_one_random_id_in_a_thousand_is_stopped)
{
    static const struct {
        const char *name;
        const char *prefix;
        const char *alphabet;
        size_t base;
        size_t len;
    } kinds[] = {
        { "16 hex digits", "", "0123456789abcdef", 16, 16 },
        { "32 hex digits", "", "0123456789abcdef", 16, 32 },
        { "Twilio SID", "CA", "0123456789abcdef", 16, 32 },
        { "24 hex digits", "", "0123456789abcdef", 16, 24 },
        { "40 hex digits", "", "0123456789abcdef", 16, 40 },
        { "64 hex digits", "", "0123456789abcdef", 16, 64 },
        { "base62, 22", "", base62, 62, 22 },
        { "KSUID", "", base62, 62, 27 },
        { "ULID", "01", crockford, 32, 24 },
        { "nanoid", "", "-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 64,
          21 },
        { "pod", "voice-bot-7d9f8b6c5d-", "bcdfghjklmnpqrstvwxz2456789", 27, 5 },
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int count =
            count_stopped(2, kinds[i].prefix, kinds[i].alphabet, kinds[i].base, kinds[i].len);
        fprintf(stderr, "%-14s %d of %d stopped\n", kinds[i].name, count, IDS);
        cr_expect_lt(count, IDS / 1000, "%s: %d", kinds[i].name, count);
    }
}

/* ---- numbers that vary are stopped --------------------------------------------------- */

Test(scan, every_random_phone_number_is_stopped_however_it_is_joined)
{
    static const char *const joints[] = { "-", ".", "_", "/", ":", " ", ")-", " - " };
    uint64_t state = 3;
    char digits[16];
    char text[64];
    for (int i = 0; i < IDS; i++) {
        const char *joint = joints[next_random(&state) % 8];
        fill(&state, "0123456789", 10, 10, digits);
        snprintf(text, sizeof(text), "%.3s%s%.3s%s%s", digits, joint, digits + 3, joint,
                 digits + 6);
        cr_assert(stopped(text), "%s", text);
        snprintf(text, sizeof(text), "caller%s", digits);
        cr_assert(stopped(text), "%s", text);
    }
}

Test(scan, a_phone_number_is_found_at_any_place_of_a_random_id)
{
    uint64_t state = 4;
    char id[24];
    char text[64];
    for (int i = 0; i < IDS; i++) {
        size_t at = next_random(&state) % 22;
        fill(&state, base62 + 10, 52, 22, id);
        snprintf(text, sizeof(text), "%.*s15551234567%s", (int)at, id, id + at);
        cr_assert(stopped(text), "%s", text);
    }
}

Test(scan, every_day_of_a_caller_s_life_is_stopped)
{
    static const char *const formats[] = { "%04d-%02d-%02d", "%04d/%d/%d", "%04d%02d%02d" };
    char text[32];
    for (int year = 1930; year <= 2025; year++) {
        for (int day = 1; day <= 28; day++) {
            for (size_t i = 0; i < 3; i++) {
                snprintf(text, sizeof(text), formats[i], year, day % 12 + 1, day);
                cr_assert_eq(pt_scan(patter_text(text)), PT_SCAN_DATE, "%s", text);
            }
            snprintf(text, sizeof(text), "%d.%d.%d", day, day % 12 + 1, year);
            cr_assert_eq(pt_scan(patter_text(text)), PT_SCAN_DATE, "%s", text);
        }
    }
}

/* ---- encodings ------------------------------------------------------------------------ */

static void encode_base64(const char *text, const char *alphabet, char *ret_text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = 0;
        size_t count = len - i < 3 ? len - i : 3;
        for (size_t k = 0; k < 3; k++) {
            bits = bits << 8 | (k < count ? (uint8_t)text[i + k] : 0);
        }
        for (size_t k = 0; k <= count; k++) {
            *ret_text++ = alphabet[bits >> (18 - 6 * k) & 63];
        }
    }
    *ret_text = '\0';
}

static const char *const spoken[] = {
    "my name is Alice Smith and I want to cancel",
    "call me at +1 555 123 4567",
    "alice.smith@example.com",
    "What?? Who???? Are you there???",
    "4111 1111 1111 1111",
    "Jos\xc3\xa9 M\xc3\xbcller, Stra\xc3\x9f"
    "e 17, Z\xc3\xbcrich",
    "\xd0\xbc\xd0\xb5\xd0\xbd\xd1\x8f \xd0\xb7\xd0\xbe\xd0\xb2\xd1\x83\xd1\x82 "
    "\xd0\x90\xd0\xbb\xd0\xb8\xd1\x81\xd0\xb0",
    "Alice Smith",
};

Test(scan, text_in_base64_is_found_with_each_alphabet_and_behind_any_glued_letters)
{
    static const char *const alphabets[] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    };
    char code[128];
    char text[160];
    for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++) {
        for (size_t k = 0; k < 2; k++) {
            encode_base64(spoken[i], alphabets[k], code);
            cr_expect(stopped(code), "%s", code);
            snprintf(text, sizeof(text), "call:%s==", code);
            cr_expect(stopped(text), "%s", text);
            for (size_t glued = 1; glued <= 4 && strlen(spoken[i]) > 12; glued++) {
                snprintf(text, sizeof(text), "%.*s%s", (int)glued, "xQz9", code);
                cr_expect(stopped(text), "%s", text);
            }
        }
    }
}

Test(scan, text_in_hex_is_found_in_both_cases)
{
    char text[256];
    for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++) {
        for (int upper = 0; upper < 2; upper++) {
            size_t len = 0;
            for (const char *c = spoken[i]; *c; c++) {
                len += (size_t)snprintf(text + len, sizeof(text) - len, upper ? "%02X" : "%02x",
                                        (unsigned)(uint8_t)*c);
            }
            cr_expect(stopped(text), "%s", text);
        }
    }
}

/* 32 hex digits are an id's shape, but not these. */
Test(scan, text_does_not_hide_in_the_shape_of_an_id)
{
    cr_expect_eq(pt_scan(patter_text("6a6f6c6c6f6e6a6f6c6c6f6e6a6f6c6c")), PT_SCAN_ENCODED);
    cr_expect_eq(pt_scan(patter_text("6a6f6c6c6f6e6a6f")), PT_SCAN_ENCODED);
    cr_expect_eq(pt_scan(patter_text("CA6a6f6c6c6f6e6a6f6c6c6f6e6a6f6c6c")), PT_SCAN_ENCODED);
}

/* ---- what a text may be ----------------------------------------------------------------- */

Test(scan, takes_any_bytes)
{
    uint64_t state = 5;
    char bytes[64];
    for (int i = 0; i < IDS; i++) {
        size_t len = next_random(&state) % sizeof(bytes);
        for (size_t k = 0; k < len; k++) {
            bytes[k] = (char)next_random(&state);
        }
        /* An exact copy, so that a sanitizer sees a step beyond the end. */
        char *copy = malloc(len ? len : 1);
        memcpy(copy, bytes, len);
        pt_scan((struct patter_str){ copy, len });
        free(copy);
    }
    cr_assert_eq(pt_scan((struct patter_str){ NULL, 0 }), PT_SCAN_CLEAN);
}

/* The bytes that scanners look for, in any order. */
Test(scan, takes_any_mixture_of_its_own_bytes)
{
    static const char alphabet[] = "0129afzAIZx-._/:@+= ip-arn:at";
    uint64_t state = 6;
    char text[49];
    for (int i = 0; i < 10 * IDS; i++) {
        size_t len = next_random(&state) % sizeof(text);
        fill(&state, alphabet, sizeof(alphabet) - 1, len, text);
        char *copy = malloc(len ? len : 1);
        memcpy(copy, text, len);
        pt_scan((struct patter_str){ copy, len });
        free(copy);
    }
}

Test(scan, blanks_join_words_and_digits_too)
{
    cr_expect_eq(pt_scan(patter_text("my name is alice smith")), PT_SCAN_SENTENCE);
    cr_expect_eq(pt_scan(patter_text("+1 (555) 123-4567")), PT_SCAN_PHONE);
    cr_expect_eq(pt_scan(patter_text("write to alice@example.com")), PT_SCAN_EMAIL);
    cr_expect_eq(pt_scan(patter_text("DE89 3704 0044 0532 0130 00")), PT_SCAN_IBAN);
    cr_expect_eq(pt_scan(patter_text("Front Desk Bot")), PT_SCAN_CLEAN);
}
