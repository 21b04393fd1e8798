/* SPDX-License-Identifier: MIT */
#ifndef OTLP_HTTP_URL_H
#define OTLP_HTTP_URL_H

/* From the endpoint in patter.yaml to the URL that requests go to. */

#include <stdbool.h>

#include "plugins/otlp/options.h"

enum { URL_DESCRIPTION_MAX = 256 };

/* Zeroed is valid. */
struct url {
    char *text;        /* in full: may hold secrets */
    char *connect_to;  /* "NAME:PORT:HOST:PORT" where the certificate has another name; else NULL */
    char *host_header; /* of that case; else NULL */
    unsigned int port;
    bool is_tls;
    struct patter_str userinfo;            /* "user:password", the host's; may be empty */
    struct patter_str query;               /* from its "?", the host's: may hold a token */
    bool is_loopback;                      /* the host is this machine, by its name or address */
    char description[URL_DESCRIPTION_MAX]; /* without secrets */
};

/*
 * By OTLP's rules: /v1/traces is appended to `endpoint`, once, and `traces_endpoint` is taken as it
 * is. `server_name` is that of the certificate, or NULL. Every fault goes to `options`; the caller
 * cleans `*ret_url` in any case.
 */
void url_read(struct otlp_options *options, const char *server_name, struct url *ret_url);
void url_clean(struct url *url);

#endif /* OTLP_HTTP_URL_H */
