/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PATTER_MEASURE_H
#define BENCH_PATTER_MEASURE_H

/* Clocks, processor time, memory, and what a list of numbers says. */

#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

/* CLOCK_MONOTONIC. */
uint64_t measure_now_ns(void);

/* User and system time of all threads since the start. */
uint64_t measure_cpu_ns(void);

/* The largest resident size so far. */
long measure_max_rss_kb(void);

void measure_sleep_until_ns(uint64_t instant_ns);

/* Sorts `values`; 0 when there are none. */
uint64_t measure_quantile(uint64_t *values, size_t count, double quantile);

/* The cheapest clock that there is, in ticks: a span lasts tens of nanoseconds. */
static inline uint64_t measure_ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    return measure_now_ns();
#endif
}

/* Takes 50 ms. */
double measure_ns_per_tick(void);

#endif /* BENCH_PATTER_MEASURE_H */
