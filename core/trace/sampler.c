/* SPDX-License-Identifier: MIT */
#include "core/trace/sampler.h"

/* The last 56 bits: W3C's random part of a trace id, which any tracer fills at random, and the part
 * that OpenTelemetry's consistent sampling compares. */
static double random_part(const uint8_t trace_id[16])
{
    uint64_t bits = 0;
    for (int i = 9; i < 16; i++) {
        bits = bits << 8 | trace_id[i];
    }
    return (double)bits * 0x1p-56; /* [0, 1] */
}

bool pt_sampler_decide(const struct pt_sampler *sampler, const uint8_t trace_id[16],
                       bool has_parent, bool parent_sampled)
{
    if (has_parent && sampler->parent_based) {
        return parent_sampled;
    }
    switch (sampler->root) {
    case PT_SAMPLE_ALL:
        return true;
    case PT_SAMPLE_RATIO:
        /* Counted from the top, as consistent sampling does: sampled where R >= 1 - ratio. */
        return sampler->ratio >= 1.0 || random_part(trace_id) > 1.0 - sampler->ratio;
    default:
        return false;
    }
}
