/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OTLP_GRPC_PEER_H
#define TESTS_OTLP_GRPC_PEER_H

/* Who is at the other end when it is no gRPC receiver, or one that hangs. */

#include <pthread.h>

enum peer_act {
    PEER_SILENT, /* accepts and reads, and never says a word */
    PEER_CLOSE,  /* accepts and closes */
    PEER_HTTP1,  /* answers whatever comes as an HTTP/1.1 server */
    PEER_STALL,  /* opens its HTTP/2 windows wide, and then reads no more */
    PEER_CODE,   /* answers the first call of each connection with `code` as its grpc-status */
};

struct peer {
    enum peer_act act;
    int listener;
    unsigned port;
    pthread_t thread;
    const char *code; /* written by the test before it connects */
};

/* Listens on 127.0.0.1, one connection after the other, but for PEER_SILENT and PEER_STALL, which
 * keep all. Aborts on failure. */
void peer_start(struct peer *peer, enum peer_act act);
void peer_stop(struct peer *peer);

#endif /* TESTS_OTLP_GRPC_PEER_H */
