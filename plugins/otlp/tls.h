/* SPDX-License-Identifier: MIT */
#ifndef OTLP_TLS_H
#define OTLP_TLS_H

/* The `tls:` section of an exporter, read and checked. */

#include <stdbool.h>

#include "plugins/otlp/options.h"

/* Zeroed is valid. All texts are NUL-terminated, owned, and NULL where not given. */
struct otlp_tls {
    char *ca_pem; /* with the system's authorities where they are to count too */
    char *cert_pem;
    char *key_pem;     /* of the first certificate in cert_pem */
    char *server_name; /* instead of the endpoint's host */
    bool insecure;
    bool skip_verify;
    int min_version; /* 12 or 13 */
    int max_version; /* 12 or 13 */
};

/* Fills `*ret_tls`, which the caller cleans in any case. Every fault goes to `options`, which tell
 * whether there was one. */
void otlp_tls_read(struct otlp_options *options, struct otlp_tls *ret_tls);
void otlp_tls_clean(struct otlp_tls *tls);

/* Whether the section says anything that has no meaning without TLS. */
bool otlp_tls_is_given(const struct otlp_tls *tls);

#endif /* OTLP_TLS_H */
