/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_APART_H
#define PT_BASE_APART_H

/* Work that may hang, a plugin's above all, each on a thread of its own. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pt_apart;

/* `hung`: is left out, and set by pt_apart_end when it had not returned by then. */
struct pt_task {
    void (*run)(void *data);
    void *data;
    bool hung;
};

/* Begins all tasks; those that find no thread, or no memory, are done here and now. NULL is fine
 * for pt_apart_end. [control] */
struct pt_apart *pt_apart_begin(struct pt_task *tasks, size_t count);

/* Waits for all, at most until the deadline (CLOCK_MONOTONIC), and lets those that hang be.
 * `tasks` are those of the beginning. [control] */
void pt_apart_end(struct pt_apart *apart, struct pt_task *tasks, uint64_t deadline_ns);

#endif /* PT_BASE_APART_H */
