/* SPDX-License-Identifier: MIT */
#include "bench/micro/measure.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"

volatile uint64_t micro_sink;

static bool run_batch(const struct micro_case *measured, double *ret_ns)
{
    if (measured->prepare) {
        measured->prepare(measured->count);
    }
    uint64_t begin_ns = pt_clock_monotonic_ns();
    measured->run(measured->count);
    uint64_t end_ns = pt_clock_monotonic_ns();
    *ret_ns = (double)(end_ns - begin_ns) / measured->count;
    if (!measured->check(measured->count)) {
        fprintf(stderr, "%s: what it has done is not what it should do\n", measured->name);
        return false;
    }
    return true;
}

/* One batch more than is kept: the first finds other cases' data in the caches. */
static bool run_round(struct micro_result *result, uint32_t batches)
{
    double cold;
    bool is_well = run_batch(result->measured, &cold);
    for (uint32_t i = 0; i < batches && is_well; i++) {
        is_well = run_batch(result->measured, &result->samples[result->sample_count++]);
    }
    return is_well;
}

static int compare(const void *a_, const void *b_)
{
    const double *a = a_;
    const double *b = b_;
    return (*a > *b) - (*a < *b);
}

static void summarize(struct micro_result *result)
{
    qsort(result->samples, result->sample_count, sizeof(*result->samples), compare);
    result->min_ns = result->samples[0];
    result->median_ns = result->samples[result->sample_count / 2];
}

bool micro_measure(struct micro_result *results, uint32_t count, uint32_t rounds, uint32_t batches)
{
    for (uint32_t i = 0; i < count; i++) {
        results[i].samples = calloc((size_t)rounds * batches, sizeof(*results[i].samples));
        if (!results[i].samples) {
            fprintf(stderr, "memory is short\n");
            return false;
        }
    }
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < count; i++) {
            if (!run_round(&results[i], batches)) {
                return false;
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        summarize(&results[i]);
    }
    return true;
}

void micro_result_clean(struct micro_result *result)
{
    free(result->samples);
    *result = (struct micro_result){ 0 };
}
