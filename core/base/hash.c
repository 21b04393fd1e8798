/* SPDX-License-Identifier: MIT */
#include "core/base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "core/base/scan/ascii.h"

enum { RANDOM_KEY = 32, DIGEST = 32, SHOWN = 16 /* bytes: 128 bits do not collide */ };
enum { PHONE_MIN = 7, PHONE_MAX = 15 }; /* digits, as ITU-T E.164 has them */

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

struct pt_hash *pt_hash_copy(const struct pt_hash *hash)
{
    return pt_hash_new(hash->key, hash->len);
}

void pt_hash_destroy(struct pt_hash *hash)
{
    if (hash) {
        explicit_bzero(hash->key, hash->len);
        free(hash);
    }
}

/* How many bytes at the head of `text` only say that a phone number follows. */
static size_t phone_prefix_len(struct patter_str text)
{
    size_t len = text.len >= 4 && strncasecmp(text.data, "tel:", 4) == 0 ? 4 : 0;
    if (len < text.len && text.data[len] == '+') {
        return len + 1;
    }
    bool is_international = len + 2 < text.len && text.data[len] == '0' &&
                            text.data[len + 1] == '0' && text.data[len + 2] != '0';
    return is_international ? len + 2 : len;
}

/* A phone number's spellings are one number: `+` and digits alone. Any other text stays as it is.
 */
static struct patter_str reduce_phone(struct patter_str text, char buffer[PHONE_MAX + 1])
{
    size_t len = 0;
    buffer[len++] = '+';
    for (size_t i = phone_prefix_len(text); i < text.len; i++) {
        char byte = text.data[i];
        if (pt_is_digit(byte) && len <= PHONE_MAX) {
            buffer[len++] = byte;
        } else if (byte == '\0' || !strchr(" -.()/_:", byte)) {
            return text;
        }
    }
    return len > PHONE_MIN ? (struct patter_str){ buffer, len } : text;
}

void pt_hash_text(const struct pt_hash *hash, struct patter_str text, char ret_text[PT_HASH_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
    unsigned int digest_len = DIGEST;
    char phone[PHONE_MAX + 1];

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
