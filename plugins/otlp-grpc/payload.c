/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/payload.h"

#include <stdatomic.h>
#include <stdlib.h>

struct payload *payload_new(void)
{
    struct payload *payload = calloc(1, sizeof(*payload));
    if (payload) {
        atomic_init(&payload->ref_count, 1);
    }
    return payload;
}

void payload_ref(struct payload *payload)
{
    atomic_fetch_add_explicit(&payload->ref_count, 1, memory_order_relaxed);
}

void payload_unref(struct payload *payload)
{
    if (payload && atomic_fetch_sub_explicit(&payload->ref_count, 1, memory_order_acq_rel) == 1) {
        otlp_buffer_clean(&payload->buffer);
        free(payload);
    }
}

bool payload_is_mine(const struct payload *payload)
{
    return atomic_load_explicit(&payload->ref_count, memory_order_acquire) == 1;
}
