/* SPDX-License-Identifier: MIT */
#include "core/trace/sampler.h"

/* The last 56 bits: W3C's random part of a trace id, which any tracer fills at random, and the part
 * that OpenTelemetry's consistent sampling compares. */
static uint64_t random_part(const uint8_t trace_id[16])
{
    uint64_t bits = 0;
    for (int i = 9; i < 16; i++) {
        bits = bits << 8 | trace_id[i];
    }
    return bits;
}

/* Ids below it are rejected: counted from the top, as consistent sampling does. */
static uint64_t threshold(double ratio)
{
    return (UINT64_C(1) << 56) - (uint64_t)(ratio * 0x1p56 + 0.5);
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
        return random_part(trace_id) >= threshold(sampler->ratio);
    default:
        return false;
    }
}
