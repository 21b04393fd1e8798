/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OTLP_HTTP_CLIENT_H
#define TESTS_OTLP_HTTP_CLIENT_H

/* The built otlp-http plugin, loaded and driven as a host does, without the core. */

#include "tests/support/http_server.h"
#include "tests/support/plugin_host.h"

struct http_client {
    struct plugin_host host;
    const struct patter_exporter *exporter;
    void *self;
    char endpoint[64];           /* "http://127.0.0.1:PORT" */
    char url[96];                /* the endpoint with /v1/traces */
    struct patter_result result; /* of the last send */
    double took_ms;
};

/* Loads the plugin and sets `endpoint` to `server`'s; the test may set further options. */
void http_client_init(struct http_client *client, struct http_server *server, const char *scheme);
/* create(); false when it failed. */
bool http_client_create(struct http_client *client);
/* send() of one plain span as `worker`. */
patter_status http_client_send(struct http_client *client, uint32_t worker, uint64_t timeout_ms);
/* send() of `batch`, whose deadline it sets. */
patter_status http_client_send_batch(struct http_client *client, struct patter_batch *batch,
                                     uint64_t timeout_ms);
void http_client_clean(struct http_client *client);

#endif /* TESTS_OTLP_HTTP_CLIENT_H */
