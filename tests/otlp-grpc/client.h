/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OTLP_GRPC_CLIENT_H
#define TESTS_OTLP_GRPC_CLIENT_H

/* The built plugin, loaded and driven as a host does, without the core. */

#include <stdbool.h>

#include "tests/support/plugin_host.h"

enum { CLIENT_WORKERS = 4 };

struct client {
    struct plugin_host host;
    const struct patter_exporter *exporter;
    void *self;
    char endpoint[64];
    struct patter_result result; /* of the last send by client_send() */
    double took_ms;
};

/* Loads the plugin and sets `endpoint` to 127.0.0.1:`port`, which is plain text unless the test
 * says otherwise; the test may set further options. */
void client_init(struct client *client, const char *scheme, unsigned port);
/* create(); false when it failed. */
bool client_create(struct client *client);
/* send() of one plain span as worker 0. */
patter_status client_send(struct client *client, uint64_t timeout_ms);
/* As client_send(), of a span with an attribute of `size` characters, as `worker`. Threads may
 * call at once, each with its own worker and result. */
patter_status client_send_large(struct client *client, uint32_t worker, size_t size,
                                uint64_t timeout_ms, struct patter_result *result);
/* destroy(), timed as send() is. */
void client_clean(struct client *client);

/* Milliseconds on a clock of no particular begin. */
double client_now_ms(void);

#endif /* TESTS_OTLP_GRPC_CLIENT_H */
