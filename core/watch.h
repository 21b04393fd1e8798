/* SPDX-License-Identifier: MIT */
#ifndef PT_WATCH_H
#define PT_WATCH_H

/* A thread that sleeps until the configuration's file has another content: written in place and
 * closed, moved there, or behind a link that was moved there; gone, too. Of what happens in the
 * folders of file and target it hears at once; whatever else makes the path lead elsewhere it finds
 * by a look every two seconds. */

#include <stdbool.h>
#include <stdint.h>

#include "core/config/settings.h"

struct pt_watch;

/* Calls `changed` on a thread of its own, a moment after the last of several changes, and once for
 * what has changed since `read`; once more after ten seconds where it returns false. `file` is an
 * absolute path. NULL, and errno, when the system refuses it; what it refuses later is told, and
 * the file looked at every second. [control] */
struct pt_watch *pt_watch_new(const char *file, const struct pt_file_version *read,
                              bool (*changed)(void));

const char *pt_watch_file(const struct pt_watch *watch);

/* Asks the thread to end; on the thread itself, too. NULL is allowed. [control] */
void pt_watch_stop(struct pt_watch *watch);

/* After pt_watch_stop: waits for the thread's end until the deadline (CLOCK_MONOTONIC), but not on
 * the thread itself; whoever comes last frees it. NULL is allowed. [control] */
void pt_watch_leave(struct pt_watch *watch, uint64_t deadline_ns);

/* In a forked child, where there is no such thread. NULL is allowed. [control] */
void pt_watch_forget(struct pt_watch *watch);

#endif /* PT_WATCH_H */
