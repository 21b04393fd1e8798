/* SPDX-License-Identifier: MIT */
#ifndef OTLP_PEM_H
#define OTLP_PEM_H

/* PEM texts, looked at before the first connection: the transports find a fault in one only when
 * they connect, and report it as a receiver that is not there. */

#include <stdbool.h>
#include <stddef.h>

enum { OTLP_WHY_MAX = 320 };

/* Each: false, and what is wrong in words, when the text cannot serve. `pem` is NUL-terminated. A
 * forked child looks at the first lines alone, which takes none of OpenSSL's locks: its first call
 * must not wait, and what it is given is what its parent has looked at. */
bool otlp_pem_check_certificates(const char *pem, char ret_why[OTLP_WHY_MAX]);
bool otlp_pem_check_key(const char *pem, char ret_why[OTLP_WHY_MAX]);
/* Of two texts that passed: whether the key belongs to the first certificate. */
bool otlp_pem_check_pair(const char *certificate_pem, const char *key_pem,
                         char ret_why[OTLP_WHY_MAX]);

/* Reads a file as NUL-terminated text; the caller frees it. NULL, and the system's words, when it
 * cannot be read. */
char *otlp_pem_read_file(const char *path, char ret_why[OTLP_WHY_MAX]);

/* All authorities that the system trusts, or NULL where it has no bundle of them. The caller frees
 * it. */
char *otlp_pem_read_system(void);

#endif /* OTLP_PEM_H */
