/* SPDX-License-Identifier: MIT */
#include "core/trace/tracer.h"

#include <stdlib.h>

static const struct pt_tracer none;

_Atomic(const struct pt_tracer *) pt_tracer_in_force = &none;

void pt_tracer_set(const struct pt_tracer *tracer)
{
    atomic_store_explicit(&pt_tracer_in_force, tracer ? tracer : &none, memory_order_release);
}

void pt_tracer_destroy(struct pt_tracer *tracer)
{
    if (tracer) {
        pt_hash_destroy(tracer->hash);
        free(tracer);
    }
}
