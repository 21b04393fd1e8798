/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_LOG_H
#define PT_BASE_LOG_H

/* patter's own log lines: never a secret, never a caller's words. */

#include <stdatomic.h>
#include <stdint.h>

#include <patter/patter.h>

/* Lines above `level` are left out; PATTER_LOG_INFO at the start. [any] */
void pt_log_set_level(int32_t level);

/* Has one line written, prefixed "patter: " (and "warning: " / "error: "); waits for nothing. [any]
 */
void pt_log(int32_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Lets one line a minute through; the next says how many were held back. Zeroed is open. */
struct pt_log_gate {
    _Atomic uint64_t next_ns;   /* CLOCK_MONOTONIC; written by the thread that logs */
    _Atomic uint64_t held_back; /* since the last line */
};

void pt_log_limited(struct pt_log_gate *gate, int32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* PT_BASE_LOG_H */
