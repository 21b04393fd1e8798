/* SPDX-License-Identifier: MIT */
#include "core/record/bell.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"

_Atomic uint32_t pt_bell_state;

void pt_bell_wake(void)
{
    uint32_t seen = atomic_exchange_explicit(&pt_bell_state, PT_BELL_AWAKE, memory_order_acq_rel);
    if (seen != PT_BELL_AWAKE) {
        syscall(SYS_futex, &pt_bell_state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

static void sleep_on(uint32_t mood, uint64_t until_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(until_ns / 1000000000u),
        .tv_nsec = (long)(until_ns % 1000000000u),
    };
    /* FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time. */
    syscall(SYS_futex, &pt_bell_state, FUTEX_WAIT_BITSET_PRIVATE, mood, until_ns ? &until : NULL,
            NULL, FUTEX_BITSET_MATCH_ANY);
}

void pt_bell_wait(uint64_t until_ns, bool (*look)(void *data), void *data)
{
    uint32_t mood = until_ns ? PT_BELL_NAPPING : PT_BELL_ASLEEP;
    atomic_store_explicit(&pt_bell_state, mood, memory_order_relaxed);
    pt_barrier_everywhere();
    while (atomic_load_explicit(&pt_bell_state, memory_order_acquire) == mood && !look(data) &&
           (until_ns == 0 || pt_clock_monotonic_ns() < until_ns)) {
        sleep_on(mood, until_ns);
    }
    atomic_store_explicit(&pt_bell_state, PT_BELL_AWAKE, memory_order_relaxed);
}
