/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_TRACER_H
#define PT_TRACE_TRACER_H

/* What calls and spans go by while tracing is on. */

#include <stdatomic.h>
#include <stdint.h>

#include "core/base/hash.h"
#include "core/trace/sampler.h"

/* Never changed once it is in force. */
struct pt_tracer {
    struct pt_sampler sampler;
    struct pt_hash *hash; /* owned; never NULL while tracing is on */
    uint32_t attribute_value_length;
    uint32_t attributes;
    uint32_t events;
    uint32_t links;
};

/* Written by [control] (release), never NULL. */
extern _Atomic(const struct pt_tracer *) pt_tracer_in_force;

/* The one in force, which stays until the end of the section that the caller is in. [any] */
static inline const struct pt_tracer *pt_tracer(void)
{
    return atomic_load_explicit(&pt_tracer_in_force, memory_order_acquire);
}

/* Puts `tracer` in force; NULL: one that lets nothing through. Threads may use the one before it
 * until they have left their sections (pt_threads_pass). [control] */
void pt_tracer_set(const struct pt_tracer *tracer);

/* Frees it, and its hash. NULL is allowed. [control] */
void pt_tracer_destroy(struct pt_tracer *tracer);

#endif /* PT_TRACE_TRACER_H */
