/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/base/class.h"
#include "core/base/hash.h"

/* The HMAC-SHA-256 of RFC 4231, cut to the 128 bits that are shown. Its second case has a key of
 * four bytes, which is refused here. */
static void check_vector(const void *key, size_t key_len, const void *data, size_t len,
                         const char *expected)
{
    char text[PT_HASH_TEXT];
    struct pt_hash *hash = pt_hash_new(key, key_len);
    cr_assert(hash);
    pt_hash_text(hash, (struct patter_str){ data, len }, text);
    cr_expect_str_eq(text, expected);
    pt_hash_destroy(hash);
}

Test(hash, rfc_4231_case_1)
{
    unsigned char key[20];
    memset(key, 0x0b, sizeof(key));
    check_vector(key, sizeof(key), "Hi There", 8, "h-b0344c61d8db38535ca8afceaf0bf12b");
}

Test(hash, rfc_4231_case_2_has_too_short_a_key)
{
    cr_assert_null(pt_hash_new("Jefe", 4));
    cr_assert_null(pt_hash_new("fifteen bytes..", 15));
}

Test(hash, rfc_4231_case_3)
{
    unsigned char key[20];
    unsigned char data[50];
    memset(key, 0xaa, sizeof(key));
    memset(data, 0xdd, sizeof(data));
    check_vector(key, sizeof(key), data, sizeof(data), "h-773ea91e36800e46854db8ebd09181a7");
}

Test(hash, rfc_4231_case_4)
{
    unsigned char key[25];
    unsigned char data[50];
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (unsigned char)(i + 1);
    }
    memset(data, 0xcd, sizeof(data));
    check_vector(key, sizeof(key), data, sizeof(data), "h-82558a389a443c0ea4cc819899f2083a");
}

/* The case that RFC 4231 itself cuts to 128 bits. */
Test(hash, rfc_4231_case_5)
{
    unsigned char key[20];
    memset(key, 0x0c, sizeof(key));
    check_vector(key, sizeof(key), "Test With Truncation", 20,
                 "h-a3b6167473100ee06e0c796c2955552b");
}

Test(hash, rfc_4231_case_6)
{
    unsigned char key[131];
    const char *data = "Test Using Larger Than Block-Size Key - Hash Key First";
    memset(key, 0xaa, sizeof(key));
    check_vector(key, sizeof(key), data, strlen(data), "h-60e431591ee0b67f0d8a26aacbf5b77f");
}

Test(hash, rfc_4231_case_7)
{
    unsigned char key[131];
    const char *data = "This is a test using a larger than block-size key and a larger than "
                       "block-size data. The key needs to be hashed before being used by the HMAC "
                       "algorithm.";
    memset(key, 0xaa, sizeof(key));
    check_vector(key, sizeof(key), data, strlen(data), "h-9b09ffa71b942fcb27635fbcd5b0e944");
}

static bool are_one(const char *a, const char *b)
{
    char text_a[PT_HASH_TEXT];
    char text_b[PT_HASH_TEXT];
    struct pt_hash *hash = pt_hash_new("a key of 16 bytes", 16);
    pt_hash_text(hash, patter_text(a), text_a);
    pt_hash_text(hash, patter_text(b), text_b);
    pt_hash_destroy(hash);
    return strcmp(text_a, text_b) == 0;
}

Test(hash, the_spellings_of_a_phone_number_are_one)
{
    static const char *const spellings[] = { "15551234567",      "+1 555 123 4567",
                                             "+1-555-123-4567",  "+1 (555) 123-4567",
                                             "tel:+15551234567", "TEL:+1.555.123.4567",
                                             "0015551234567",    "1/555/123/4567" };
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        cr_expect(are_one("+15551234567", spellings[i]), "%s", spellings[i]);
    }
}

Test(hash, other_texts_are_taken_as_they_are)
{
    cr_expect_not(are_one("+15551234567", "+15551234568"));
    cr_expect_not(are_one("agent-15551234567", "+15551234567"));
    cr_expect_not(are_one("call-1716239022.1234", "chan-1716239022.1234"));
    cr_expect_not(are_one("123-456", "123456"));                     /* too short for a phone */
    cr_expect_not(are_one("12345678-12345678", "1234567812345678")); /* too long for one */
    cr_expect_not(are_one("a84b4c@example.com", "A84B4C@example.com"));
}

Test(hash, another_key_gives_another_hash)
{
    char a[PT_HASH_TEXT];
    char b[PT_HASH_TEXT];
    struct pt_hash *first = pt_hash_new_random();
    struct pt_hash *second = pt_hash_new_random();
    pt_hash_text(first, patter_text("+15551234567"), a);
    pt_hash_text(second, patter_text("+15551234567"), b);
    cr_expect_str_neq(a, b);
    pt_hash_destroy(first);
    pt_hash_destroy(second);
    pt_hash_destroy(NULL);
}

/* Else it would be hashed again in the next process. */
Test(hash, a_hash_passes_as_an_identifier)
{
    char text[PT_HASH_TEXT];
    char digits[16];
    struct pt_hash *hash = pt_hash_new("a key of 16 bytes", 16);
    for (int i = 0; i < 10000; i++) {
        snprintf(digits, sizeof(digits), "+1555%07d", i);
        pt_hash_text(hash, patter_text(digits), text);
        cr_expect_eq(pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, patter_text(text)), PT_PASS,
                     "%s", text);
    }
    pt_hash_destroy(hash);
}
