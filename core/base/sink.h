/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SINK_H
#define PT_BASE_SINK_H

/* Where log lines go. A thread of the sink's own writes them, and lives while there are some: a log
 * function that does not return, or a full pipe, holds up nobody who has something to say. Where
 * the system refuses a thread the lines wait for the next one, or for who waits for them anyway. */

#include <stdbool.h>
#include <stdint.h>

#include <patter/patter.h>

enum { PT_SINK_LINE_MAX = 4096, PT_SINK_BYTES = 64 * 1024 };

/* NULL: standard error. The earlier one gets what was said before, and is not called any more after
 * that; one that does not return is left to itself after five seconds. [any] */
void pt_sink_set(patter_log_fn *write, void *data);

/* Has the line written, and waits for nothing; while PT_SINK_BYTES wait already it is lost, and
 * counted. [any] */
void pt_sink_put(int32_t level, const char *line);

/* Waits until all that was put is written; false when the deadline (CLOCK_MONOTONIC) passes first.
 * Where the system refuses a thread it writes the lines itself: a full pipe is left at the
 * deadline, a log function of the program's when it returns. [control] */
bool pt_sink_drain(uint64_t deadline_ns);

#endif /* PT_BASE_SINK_H */
