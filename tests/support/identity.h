/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_IDENTITY_H
#define TESTS_SUPPORT_IDENTITY_H

/* Certificates and keys made for one test run. */

#include <stdbool.h>

/* PEM texts, NUL-terminated. */
struct identity {
    char *cert_pem;
    char *key_pem;
};

/* `issuer` NULL: a self-signed authority. Else a certificate for `host`, an IP address or a name;
 * `expired`: since yesterday. Aborts on failure; the caller cleans it. */
struct identity identity_make(const char *host, const struct identity *issuer, bool expired);
void identity_clean(struct identity *identity);

/* Writes `text` to DIRECTORY/NAME and gives the path, valid until the next call but seven. */
const char *identity_write(const char *directory, const char *name, const char *text);

#endif /* TESTS_SUPPORT_IDENTITY_H */
