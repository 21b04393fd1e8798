/* SPDX-License-Identifier: MIT */
#ifndef OTLP_ENDPOINT_H
#define OTLP_ENDPOINT_H

/* An endpoint as an operator writes it, taken apart. */

#include <stdbool.h>

#include <patter/types.h>

enum { OTLP_ENDPOINT_WHY_MAX = 320 };

/* Views into the text; empty where a part is absent. */
struct otlp_endpoint {
    struct patter_str scheme;   /* "https", without "://" */
    struct patter_str userinfo; /* "user:password": secret */
    struct patter_str host;     /* an IPv6 address keeps its brackets */
    struct patter_str port;     /* digits */
    struct patter_str path;     /* from its "/" */
    struct patter_str query;    /* from its "?": may be secret */
};

/* False, and what is wrong in words, when it is no endpoint at all. The scheme may be any or
 * absent. */
bool otlp_endpoint_parse(struct patter_str text, struct otlp_endpoint *ret_endpoint,
                         char ret_why[OTLP_ENDPOINT_WHY_MAX]);

/* 0 when absent. */
unsigned int otlp_endpoint_port(const struct otlp_endpoint *endpoint);

/* Whether the scheme is `name`, in any case. */
bool otlp_endpoint_has_scheme(const struct otlp_endpoint *endpoint, const char *name);

/* Whether the host is this machine, by its name or address. */
bool otlp_endpoint_is_local(const struct otlp_endpoint *endpoint);

/* Writes it without userinfo and without the query's text: "https://host:4318/v1/traces". */
void otlp_endpoint_describe(const struct otlp_endpoint *endpoint, char *text, size_t size);

#endif /* OTLP_ENDPOINT_H */
