/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_RETRY_H
#define PT_PIPELINE_RETRY_H

/* When a batch is offered again: exponential back-off with jitter (the Collector's
 * retry_on_failure), no sooner than the receiver asked for. */

#include <stdbool.h>
#include <stdint.h>

struct pt_retry_policy {
    bool enabled;
    uint64_t initial_interval_ns;
    uint64_t max_interval_ns;
    uint64_t max_elapsed_time_ns; /* 0: for ever */
    double multiplier;
    double randomization_factor; /* 0..1 */
};

/* Zeroed, but for `begun_ns`, before the first failure. */
struct pt_retry_state {
    uint64_t begun_ns;    /* CLOCK_MONOTONIC, of the first attempt */
    uint64_t interval_ns; /* without jitter; 0: no failure yet */
};

/* As much as is honoured of what a receiver asks for: five minutes. */
static inline uint64_t pt_retry_honoured(uint64_t asked_ns)
{
    const uint64_t most_ns = 300u * 1000000000ull;
    return asked_ns < most_ns ? asked_ns : most_ns;
}

/* After a failure at `now_ns`: how long to wait, or false to give up. `asked_ns`: what the receiver
 * asked for, as much as is honoured, 0 for nothing; no more of it than leaves time for a try. */
bool pt_retry_next(const struct pt_retry_policy *policy, struct pt_retry_state *state,
                   uint64_t now_ns, uint64_t asked_ns, uint64_t *ret_delay_ns);

#endif /* PT_PIPELINE_RETRY_H */
