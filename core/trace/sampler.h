/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_SAMPLER_H
#define PT_TRACE_SAMPLER_H

/* Whether a call is traced: decided once, at its beginning. */

#include <stdbool.h>
#include <stdint.h>

enum pt_sampler_root { PT_SAMPLE_ALL, PT_SAMPLE_NONE, PT_SAMPLE_RATIO };

struct pt_sampler {
    enum pt_sampler_root root; /* for calls without a parent, or for all */
    double ratio;              /* 0..1, of PT_SAMPLE_RATIO */
    bool parent_based;         /* a parent's decision is honoured */
};

/* By OpenTelemetry's ParentBased and TraceIdRatioBased: a higher ratio samples a superset. [any] */
bool pt_sampler_decide(const struct pt_sampler *sampler, const uint8_t trace_id[16],
                       bool has_parent, bool parent_sampled);

#endif /* PT_TRACE_SAMPLER_H */
