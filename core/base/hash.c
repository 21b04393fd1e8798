/* SPDX-License-Identifier: MIT */
#include "core/base/hash.h"

/* Of libcrypto only this allocates nothing and takes no lock: HMAC() and EVP look their algorithm
 * up at each use, and the first one reads openssl.cnf. OpenSSL 3 has it, but calls it deprecated.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "core/base/scan/ascii.h"

enum { RANDOM_KEY = 32, SHOWN = 16 /* bytes: 128 bits do not collide */ };
enum { PHONE_MIN = 7, PHONE_MAX = 15 }; /* digits, as ITU-T E.164 has them */

/* RFC 2104: the states of SHA-256 once each has taken its block of the key, to go on from. */
struct pt_hash {
    SHA256_CTX inner;
    SHA256_CTX outer;
};

static bool begin_with(SHA256_CTX *state, const unsigned char key[SHA256_CBLOCK], int pad)
{
    unsigned char block[SHA256_CBLOCK];
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] = (unsigned char)(key[i] ^ pad);
    }
    bool begun = SHA256_Init(state) && SHA256_Update(state, block, sizeof(block));
    explicit_bzero(block, sizeof(block));
    return begun;
}

static bool set_key(struct pt_hash *hash, const void *key, size_t len)
{
    enum { INNER_PAD = 0x36, OUTER_PAD = 0x5c };
    unsigned char block[SHA256_CBLOCK] = { 0 };
    bool taken = true;
    if (len > sizeof(block)) {
        taken = SHA256(key, len, block) != NULL;
    } else {
        memcpy(block, key, len);
    }
    taken = taken && begin_with(&hash->inner, block, INNER_PAD) &&
            begin_with(&hash->outer, block, OUTER_PAD);
    explicit_bzero(block, sizeof(block));
    return taken;
}

struct pt_hash *pt_hash_new(const void *key, size_t len)
{
    struct pt_hash *hash = len >= PT_HASH_KEY_MIN ? malloc(sizeof(*hash)) : NULL;
    if (hash && !set_key(hash, key, len)) {
        pt_hash_destroy(hash);
        return NULL;
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
    struct pt_hash *copy = malloc(sizeof(*copy));
    if (copy) {
        *copy = *hash;
    }
    return copy;
}

void pt_hash_destroy(struct pt_hash *hash)
{
    if (hash) {
        explicit_bzero(hash, sizeof(*hash));
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

static bool digest_of(const struct pt_hash *hash, struct patter_str text,
                      unsigned char ret_digest[SHA256_DIGEST_LENGTH])
{
    SHA256_CTX inner = hash->inner;
    SHA256_CTX outer = hash->outer;
    return SHA256_Update(&inner, text.data, text.len) && SHA256_Final(ret_digest, &inner) &&
           SHA256_Update(&outer, ret_digest, SHA256_DIGEST_LENGTH) &&
           SHA256_Final(ret_digest, &outer);
}

bool pt_hash_text(const struct pt_hash *hash, struct patter_str text, char ret_text[PT_HASH_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char phone[PHONE_MAX + 1];

    if (!digest_of(hash, reduce_phone(text, phone), digest)) {
        return false;
    }
    ret_text[0] = 'h';
    ret_text[1] = '-';
    for (size_t i = 0; i < SHOWN; i++) {
        ret_text[2 + 2 * i] = digits[digest[i] >> 4];
        ret_text[3 + 2 * i] = digits[digest[i] & 15];
    }
    ret_text[2 + 2 * SHOWN] = '\0';
    return true;
}
