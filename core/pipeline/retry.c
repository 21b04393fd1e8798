/* SPDX-License-Identifier: MIT */
#include "core/pipeline/retry.h"

#include "core/base/random.h"

/* `interval` times a factor in [1 - spread, 1 + spread]: clients that failed together must not come
 * back together. */
static uint64_t jitter(uint64_t interval_ns, double spread)
{
    double unit = (double)(pt_random() >> 11) / 9007199254740992.0; /* 2^53: [0, 1) */
    return (uint64_t)((double)interval_ns * (1.0 - spread + 2.0 * spread * unit));
}

static void grow(const struct pt_retry_policy *policy, struct pt_retry_state *state)
{
    double next = state->interval_ns == 0 ? (double)policy->initial_interval_ns
                                          : (double)state->interval_ns * policy->multiplier;
    double most = (double)policy->max_interval_ns;
    state->interval_ns = (uint64_t)(next < most ? next : most);
}

bool pt_retry_next(const struct pt_retry_policy *policy, struct pt_retry_state *state,
                   uint64_t now_ns, uint64_t asked_ns, uint64_t *ret_delay_ns)
{
    if (!policy->enabled) {
        return false;
    }
    grow(policy, state);
    uint64_t delay_ns = jitter(state->interval_ns, policy->randomization_factor);
    uint64_t end_ns = state->begun_ns + policy->max_elapsed_time_ns;
    if (policy->max_elapsed_time_ns > 0 && end_ns > now_ns && asked_ns > end_ns - now_ns) {
        asked_ns = end_ns - now_ns; /* rather one more try than none */
    }
    if (delay_ns < asked_ns) {
        delay_ns = asked_ns;
    }
    if (policy->max_elapsed_time_ns > 0 && now_ns + delay_ns > end_ns) {
        return false;
    }
    *ret_delay_ns = delay_ns;
    return true;
}
