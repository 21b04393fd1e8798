/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_PAYLOAD_H
#define OTLP_GRPC_PAYLOAD_H

/*
 * The bytes of one request, shared by the worker that made them and the transport, which may hold
 * on to them long after the call has failed (a write to a stalled connection is never cancelled).
 */

#include "plugins/otlp/buffer.h"

struct payload {
    struct otlp_buffer buffer;
    _Atomic int ref_count; /* lowered by the worker's thread and by the transport's: acquire and
                              release, so that the last one may free or write */
};

/* With one reference; NULL when memory is short. */
struct payload *payload_new(void);
void payload_ref(struct payload *payload);
/* NULL is allowed. */
void payload_unref(struct payload *payload);
/* True when nobody but the caller has a reference. */
bool payload_is_mine(const struct payload *payload);

#endif /* OTLP_GRPC_PAYLOAD_H */
