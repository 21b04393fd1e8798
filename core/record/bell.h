/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_BELL_H
#define PT_RECORD_BELL_H

/*
 * How a bot's thread wakes the pump: the one system call on its way, and only when the pump has
 * said that it sleeps. An idle process has no wake-ups.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/record/thread.h"

enum pt_bell { PT_BELL_AWAKE, PT_BELL_NAPPING, PT_BELL_ASLEEP };

/* The pump writes NAPPING and ASLEEP, whoever rings writes AWAKE. */
extern _Atomic uint32_t pt_bell_state;

/* The system call. */
void pt_bell_wake(void);

/* After a record was published. Wakes a pump that sleeps without a timer; an `urgent` one (a ring
 * fills) also one that naps until its batch is due. [any] */
static inline void pt_bell_ring(bool urgent)
{
    /* The record's release store must not pass this load: pt_bell_wait does the heavy half. */
    pt_barrier_light();
    uint32_t seen = atomic_load_explicit(&pt_bell_state, memory_order_relaxed);
    if (seen == PT_BELL_ASLEEP || (seen == PT_BELL_NAPPING && urgent)) {
        pt_bell_wake();
    }
}

/* Waits until the bell rings or `until_ns` (CLOCK_MONOTONIC; 0: no timer). Returns at once when
 * `look(data)`, asked after the pump has said that it sleeps, finds work. [the pump] */
void pt_bell_wait(uint64_t until_ns, bool (*look)(void *data), void *data);

#endif /* PT_RECORD_BELL_H */
