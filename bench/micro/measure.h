/* SPDX-License-Identifier: MIT */
#ifndef MICRO_MEASURE_H
#define MICRO_MEASURE_H

/* How long the operations of cases take, all measured in one interleaved run. */

#include "bench/micro/micro.h"

struct micro_result {
    const struct micro_case *measured;
    double *samples; /* ns an operation, one for each batch; owned */
    uint32_t sample_count;
    double min_ns; /* of an operation */
    double median_ns;
};

/* Runs `batches` batches of each of the `count` cases in each of `rounds` rounds; the caller
 * cleans every result in any case. False when memory is short or a case has not done its work,
 * which is said on standard error. */
bool micro_measure(struct micro_result *results, uint32_t count, uint32_t rounds, uint32_t batches);

void micro_result_clean(struct micro_result *result);

#endif /* MICRO_MEASURE_H */
