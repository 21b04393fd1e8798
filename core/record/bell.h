/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_BELL_H
#define PT_RECORD_BELL_H

/*
 * How a bot's thread wakes the pump: the one system call on its way, and only when the pump has
 * said that it sleeps. An idle process has no wake-ups.
 */

#include <stdbool.h>
#include <stdint.h>

/* After a record was published. Wakes a pump that sleeps without a timer; an `urgent` one (a ring
 * fills) also one that naps until its batch is due. [any] */
void pt_bell_ring(bool urgent);

/* Waits until the bell rings or `until_ns` (CLOCK_MONOTONIC; 0: no timer). Returns at once when
 * `look(data)`, asked after the pump has said that it sleeps, finds work. [the pump] */
void pt_bell_wait(uint64_t until_ns, bool (*look)(void *data), void *data);

#endif /* PT_RECORD_BELL_H */
