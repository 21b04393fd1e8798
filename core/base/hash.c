/* SPDX-License-Identifier: MIT */
#include "core/base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/base/scan.h"

enum { RANDOM_KEY = 32, DIGEST = 32, SHOWN = 16 /* bytes: 128 bits do not collide */ };

struct pt_hash {
    size_t len;
    unsigned char key[];
};

struct pt_hash *pt_hash_new(const void *key, size_t len)
{
    struct pt_hash *hash = len >= PT_HASH_KEY_MIN ? malloc(sizeof(*hash) + len) : NULL;
    if (hash) {
        hash->len = len;
        memcpy(hash->key, key, len);
    }
    return hash;
}

struct pt_hash *pt_hash_new_random(void)
{
    unsigned char key[RANDOM_KEY];
    if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
        return NULL;
    }
    return pt_hash_new(key, sizeof(key));
}

void pt_hash_destroy(struct pt_hash *hash)
{
    if (hash) {
        explicit_bzero(hash->key, hash->len);
        free(hash);
    }
}

/* A phone number's spellings are one number: `+` and digits alone. */
static struct patter_str reduce_phone(struct patter_str text, char buffer[32])
{
    size_t len = 0;
    if (pt_scan(text) != PT_SCAN_PHONE) {
        return text;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_kept = (c >= '0' && c <= '9') || (c == '+' && len == 0);
        if (is_kept && len == 31) {
            return text;
        }
        if (is_kept) {
            buffer[len++] = c;
        }
    }
    return (struct patter_str){ buffer, len };
}

void pt_hash_text(const struct pt_hash *hash, struct patter_str text, char ret_text[PT_HASH_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
    unsigned int digest_len = DIGEST;
    char phone[32];

    text = reduce_phone(text, phone);
    HMAC(EVP_sha256(), hash->key, (int)hash->len, (const unsigned char *)text.data, text.len,
         digest, &digest_len);
    ret_text[0] = 'h';
    ret_text[1] = '-';
    for (size_t i = 0; i < SHOWN; i++) {
        ret_text[2 + 2 * i] = digits[digest[i] >> 4];
        ret_text[3 + 2 * i] = digits[digest[i] & 15];
    }
    ret_text[2 + 2 * SHOWN] = '\0';
}
