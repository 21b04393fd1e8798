/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_HASH_H
#define PT_BASE_HASH_H

/* The keyed hash that stands for a value which must not leave (HMAC-SHA-256, RFC 2104). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <patter/types.h>

enum { PT_HASH_KEY_MIN = 16, PT_HASH_TEXT = 35 };

struct pt_hash; /* a key, ready for use; read-only after it was made */

/* NULL when memory is short, `len` is under PT_HASH_KEY_MIN, or libcrypto refuses. The key itself
 * is not kept. */
struct pt_hash *pt_hash_new(const void *key, size_t len);
/* A key of 32 random bytes: hashes mean something in this process alone. */
struct pt_hash *pt_hash_new_random(void);
struct pt_hash *pt_hash_copy(const struct pt_hash *hash);
void pt_hash_destroy(struct pt_hash *hash);

/* "h-" and 32 hex digits, NUL-terminated. A text that is a phone number and nothing else (7 to 15
 * digits, with or without `+`, `00`, `tel:` and separators) is reduced to `+` and digits first, so
 * that its spellings give one hash; a national spelling stays another than the international one.
 * No allocation, no lock. False when libcrypto refuses, and then `ret_text` is not set: nothing may
 * leave in its place. [any] */
bool pt_hash_text(const struct pt_hash *hash, struct patter_str text, char ret_text[PT_HASH_TEXT]);

#endif /* PT_BASE_HASH_H */
