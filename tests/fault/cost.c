/* SPDX-License-Identifier: MIT */
#include "cost.h"

#include "bench/patter/measure.h"
#include "bench/patter/workload.h"

enum { CALLS = 250, PACE_NS = 2000000, SAMPLES_MAX = CALLS * WORKLOAD_CALL_SPANS, ROUNDS_MAX = 10 };

void cost_sample(struct cost *cost, bool is_faulty)
{
    static uint64_t ticks[SAMPLES_MAX];
    struct samples samples = { .ticks = ticks, .capacity = SAMPLES_MAX };
    struct workload workload;
    workload_init(&workload, 1, 0);
    uint64_t next_ns = measure_now_ns();
    for (int i = 0; i < CALLS; i++) {
        workload_call_sampled(&workload, &samples);
        next_ns += PACE_NS;
        measure_sleep_until_ns(next_ns);
    }
    uint64_t found = measure_quantile(ticks, samples.count, 0.999);
    if (cost->rounds == 0 || found < cost->best[is_faulty]) {
        cost->best[is_faulty] = found;
    }
    cost->rounds += is_faulty;
}

bool cost_is_known(const struct cost *cost)
{
    bool is_alike = cost->best[true] <= cost->best[false] * COST_RATIO_MAX;
    return (is_alike && cost->rounds >= 2) || cost->rounds >= ROUNDS_MAX;
}
