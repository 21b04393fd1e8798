/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_TRACER_H
#define PT_TRACE_TRACER_H

/* What calls and spans go by while tracing is on. */

#include <stdint.h>

#include "core/base/hash.h"
#include "core/trace/sampler.h"

struct pt_tracer {
    struct pt_sampler sampler;
    const struct pt_hash *hash; /* never NULL while tracing is on; owned by the runtime */
    uint32_t attribute_value_length;
    uint32_t attributes;
    uint32_t events;
    uint32_t links;
};

/* Written by [control] while no section is under way; read inside sections. */
extern struct pt_tracer pt_tracer;

#endif /* PT_TRACE_TRACER_H */
