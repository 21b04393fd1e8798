/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_CHANNEL_H
#define OTLP_GRPC_CHANNEL_H

/* A way to an OTLP receiver over gRPC, and Export calls on it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <patter/types.h>

#include "plugins/otlp-grpc/connection.h"
#include "plugins/otlp-grpc/payload.h"
#include "plugins/otlp/response.h"

struct channel_settings {
    struct connection_settings connection;
    const struct patter_text_pair *headers; /* outlive the channel */
    size_t header_count;
    bool wait_for_ready;
    uint32_t worker_count; /* calls at once */
};

/* What a call came to. Zero and above: gRPC's status code, or that it is none of gRPC's. */
enum {
    CHANNEL_ODD_CODE = 17,    /* a receiver may write any number: gRPC's end at 16 */
    CHANNEL_FORKED = -1,      /* gRPC ran when this process was forked: it cannot be used here */
    CHANNEL_NO_MEMORY = -2,   /* memory is short */
    CHANNEL_INTERRUPTED = -3, /* channel_interrupt() was called */
    CHANNEL_STUCK = -4,       /* core did not even say that the deadline passed */
    CHANNEL_CUT = -5          /* by channel_stop(), for longer than the deadline */
};

enum { CHANNEL_MESSAGE_MAX = 1024 };

struct channel_answer {
    char message[CHANNEL_MESSAGE_MAX]; /* core's or the receiver's words, printable ASCII */
    bool has_response;                 /* the receiver accepted, and its reply could be read */
    struct otlp_response response;
    bool has_status; /* the receiver refused, and said more than a code and a message */
    struct otlp_status status;
};

struct channel;

/* Touches neither the network nor gRPC; NULL when memory is short. */
struct channel *channel_new(const struct channel_settings *settings);

/* False when core still holds on to a stalled connection after a moment, or cannot be used in this
 * process: what it may touch stays then for ever. NULL is allowed. */
bool channel_destroy(struct channel *channel);

/* Exports `payload` and returns by `deadline_ns` (CLOCK_MONOTONIC). Workers may call at once. */
int channel_export(struct channel *channel, uint32_t worker, struct payload *payload,
                   uint64_t deadline_ns, struct channel_answer *ret_answer);

/* Ends the calls under way and refuses later ones. Any thread, at any time. */
void channel_interrupt(struct channel *channel);

/* Lets the next call connect anew; those under way go on. Any worker. */
void channel_reconnect(struct channel *channel);

/* Ends gRPC before a fork, if that can be done within some 300 ms; else it goes on here and is
 * inherited there. Calls wait meanwhile, and those that had to be cut are made again. */
void channel_stop(struct channel *channel);
/* After it, in the parent: what the next call needs begins anew. */
void channel_go_on(struct channel *channel);

#endif /* OTLP_GRPC_CHANNEL_H */
