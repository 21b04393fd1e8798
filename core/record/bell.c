/* SPDX-License-Identifier: MIT */
#include "core/record/bell.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/record/thread.h"

enum { AWAKE, NAPPING, ASLEEP };

static _Atomic uint32_t state; /* the pump writes NAPPING and ASLEEP, whoever rings writes AWAKE */

void pt_bell_ring(bool urgent)
{
    /* The record's release store must not pass this load: pt_bell_wait does the heavy half. */
    pt_barrier_light();
    uint32_t seen = atomic_load_explicit(&state, memory_order_relaxed);
    if (seen == AWAKE || (seen == NAPPING && !urgent)) {
        return;
    }
    if (atomic_exchange_explicit(&state, AWAKE, memory_order_acq_rel) != AWAKE) {
        syscall(SYS_futex, &state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

static void sleep_on(uint32_t mood, uint64_t until_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(until_ns / 1000000000u),
        .tv_nsec = (long)(until_ns % 1000000000u),
    };
    /* FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time. */
    syscall(SYS_futex, &state, FUTEX_WAIT_BITSET_PRIVATE, mood, until_ns ? &until : NULL, NULL,
            FUTEX_BITSET_MATCH_ANY);
}

void pt_bell_wait(uint64_t until_ns, bool (*look)(void *data), void *data)
{
    uint32_t mood = until_ns ? NAPPING : ASLEEP;
    atomic_store_explicit(&state, mood, memory_order_relaxed);
    pt_barrier_everywhere();
    while (atomic_load_explicit(&state, memory_order_acquire) == mood && !look(data) &&
           (until_ns == 0 || pt_clock_monotonic_ns() < until_ns)) {
        sleep_on(mood, until_ns);
    }
    atomic_store_explicit(&state, AWAKE, memory_order_relaxed);
}
