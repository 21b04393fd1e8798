/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_TICKS_H
#define PT_BASE_TICKS_H

/*
 * The fastest clock there is, for the beginning and end of spans: the processor's time stamp
 * counter where it is invariant, else CLOCK_MONOTONIC. A read costs 8 ns instead of 22.
 *
 * A tick becomes unix time by way of an anchor, a pair of both times, which each thread keeps for
 * itself and renews once a second: no thread waits for another, and an error of the calibration
 * never grows beyond what it does in a second. The anchor has CLOCK_MONOTONIC too, by which what
 * takes longer is measured: unix time may be set meanwhile.
 */

#include <stdbool.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "core/base/branch.h"
#include "core/base/clock.h"

struct pt_ticks {
    bool use_counter;
    uint64_t per_second;
    uint64_t ns_per_tick_q32; /* times 2^32 */
};

/* Written by pt_ticks_calibrate alone, before any thread reads it. */
extern struct pt_ticks pt_ticks;

/* A thread's own. Zeroed is none yet. */
struct pt_anchor {
    uint64_t ticks;
    uint64_t unix_ns;
    uint64_t monotonic_ns;
};

/* One tick in both times. */
struct pt_instant {
    uint64_t unix_ns;
    uint64_t monotonic_ns;
};

/* Finds out what the processor has; takes 2 ms the first time. [control] */
void pt_ticks_calibrate(void);

/* Takes a new anchor: both times now. */
void pt_anchor_renew(struct pt_anchor *anchor, uint64_t now_ticks);

static inline uint64_t pt_ticks_now(void)
{
#if defined(__x86_64__)
    if (pt_ticks.use_counter) {
        return __rdtsc();
    }
#endif
    return pt_clock_monotonic_ns();
}

/* Of a difference of at most a second. */
static inline uint64_t pt_ticks_to_ns(uint64_t ticks)
{
    return (ticks * pt_ticks.ns_per_tick_q32) >> 32;
}

/* A tick that pt_ticks_now has just returned. */
static inline struct pt_instant pt_ticks_instant(struct pt_anchor *anchor, uint64_t now_ticks)
{
    uint64_t since = now_ticks - anchor->ticks; /* huge where counters of two cores disagree */
    if (PT_UNLIKELY(since > pt_ticks.per_second)) {
        pt_anchor_renew(anchor, now_ticks);
        since = 0;
    }
    uint64_t since_ns = pt_ticks_to_ns(since);
    return (struct pt_instant){ anchor->unix_ns + since_ns, anchor->monotonic_ns + since_ns };
}

/* The same, where unix time alone is asked for. */
static inline uint64_t pt_ticks_unix_ns(struct pt_anchor *anchor, uint64_t now_ticks)
{
    return pt_ticks_instant(anchor, now_ticks).unix_ns;
}

#endif /* PT_BASE_TICKS_H */
