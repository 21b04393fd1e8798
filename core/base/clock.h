/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_CLOCK_H
#define PT_BASE_CLOCK_H

/* Time: monotonic for measuring and waiting, unix time for spans. All in nanoseconds. */

#include <stdint.h>

/* CLOCK_MONOTONIC. [any] */
uint64_t pt_clock_monotonic_ns(void);

/* CLOCK_REALTIME. [any] */
uint64_t pt_clock_unix_ns(void);

#endif /* PT_BASE_CLOCK_H */
