/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_FLIGHT_H
#define OTLP_GRPC_FLIGHT_H

/* One Export call, and all that core writes to until it has given back what it took. */

#include "plugins/otlp-grpc/channel.h"
#include "plugins/otlp-grpc/core.h"

struct flight {
    grpc_call *call;
    grpc_byte_buffer *request;
    grpc_byte_buffer *response;
    grpc_metadata_array initial_metadata;
    grpc_metadata_array trailing_metadata;
    grpc_status_code status;
    grpc_slice status_details;
    bool has_status;
    bool is_left;      /* by its worker: whoever takes the last batch back frees it */
    int pending_count; /* batches of operations that core has */
    struct flight_tag {
        struct flight *flight;
        bool receives;
    } send_tag, receive_tag;
};

/* How each call begins. */
struct flight_head {
    grpc_metadata *metadata;
    size_t metadata_count;
    bool wait_for_ready;
};

/* Takes `call`; keeps a reference to `payload` until core has no more use for it. NULL, and `call`
 * freed, when memory is short. */
struct flight *flight_new(grpc_call *call, struct payload *payload, bool gzip);
/* Only with no batch pending. */
void flight_destroy(struct flight *flight);

/* Hands core as many batches as `pending_count` then says; 0 when it takes none. */
void flight_start(struct flight *flight, const struct flight_head *head);

/* Notes that core has given back the batch of this tag. */
void flight_take_back(struct flight_tag *tag);

/* Both once `has_status`. The status's code, or CHANNEL_ODD_CODE. */
int flight_code(const struct flight *flight);
/* What came with it. */
void flight_read(const struct flight *flight, struct channel_answer *ret_answer);

#endif /* OTLP_GRPC_FLIGHT_H */
