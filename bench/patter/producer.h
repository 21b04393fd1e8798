/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PATTER_PRODUCER_H
#define BENCH_PATTER_PRODUCER_H

/* Threads that make calls in bursts, and what the making cost them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/patter/arguments.h"

/* Between two bursts of a thread, outside its timing. Returns false to give up. */
typedef bool(pause_fn)(void);

/* Of all threads together. Zeroed: nothing was made. */
struct produced {
    uint64_t span_count;
    uint64_t busy_ns;   /* inside bursts, all threads' added up */
    uint64_t *burst_ns; /* all bursts are of one size */
    size_t burst_count;
    uint64_t *sample_ticks; /* of single spans; NULL unless asked for */
    size_t sample_count;
};

/* Makes `span_count` spans (whole bursts) on each of the threads that `arguments` wants. With a
 * rate a burst is what 10 ms ask for, and the pause ends when the next is due. Returns false when a
 * pause gave up, memory is short or a thread is refused. */
bool produce(const struct arguments *arguments, uint64_t span_count, bool sampled, pause_fn *pause,
             struct produced *ret_produced);

void produced_clean(struct produced *produced);

#endif /* BENCH_PATTER_PRODUCER_H */
