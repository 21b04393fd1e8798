/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OTLP_GRPC_RECEIVER_H
#define TESTS_OTLP_GRPC_RECEIVER_H

/* A gRPC receiver in a process of its own (server.c), and what it says it was sent. */

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "tests/support/identity.h"

enum { RECEIVER_LINE_MAX = 4096 };

struct receiver {
    pid_t pid;
    FILE *said;
    unsigned port;
    char line[RECEIVER_LINE_MAX]; /* the last that receiver_next_call() read */
};

/* `port` 0: any. `identity` not NULL: TLS; `client_authority` not NULL: a client certificate of
 * that authority is demanded. Aborts on failure. */
void receiver_start(struct receiver *receiver, unsigned port, const struct identity *identity,
                    const struct identity *client_authority);
void receiver_stop(struct receiver *receiver);

/* What came with the next call: "call peer=... gzip=1 bytes=93 ..."; waits for it. */
const char *receiver_next_call(struct receiver *receiver);

#endif /* TESTS_OTLP_GRPC_RECEIVER_H */
