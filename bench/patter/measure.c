/* SPDX-License-Identifier: MIT */
#include "bench/patter/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

uint64_t measure_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t ns_of(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
}

uint64_t measure_cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
}

long measure_max_rss_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

void measure_sleep_until_ns(uint64_t instant_ns)
{
    struct timespec until = { .tv_sec = (time_t)(instant_ns / 1000000000),
                              .tv_nsec = (long)(instant_ns % 1000000000) };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

uint64_t measure_quantile(uint64_t *values, size_t count, double quantile)
{
    if (count == 0) {
        return 0;
    }
    qsort(values, count, sizeof(*values), compare);
    return values[(size_t)((double)(count - 1) * quantile)];
}

double measure_ns_per_tick(void)
{
    uint64_t begin_ns = measure_now_ns();
    uint64_t begin = measure_ticks();
    uint64_t end_ns = begin_ns;
    while (end_ns - begin_ns < 50000000) {
        end_ns = measure_now_ns();
    }
    return (double)(end_ns - begin_ns) / (double)(measure_ticks() - begin);
}
