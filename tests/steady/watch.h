/* SPDX-License-Identifier: MIT */
#ifndef STEADY_WATCH_H
#define STEADY_WATCH_H

/*
 * What a thread asks of the C library between two marks. The program that links this file replaces
 * malloc, the locks and syscall() for every shared object in the process.
 */

#include <stdint.h>

struct watch_counts {
    uint64_t allocations; /* and frees */
    uint64_t locks;       /* of every kind; waits and signals on conditions, too */
    uint64_t wakes;       /* futex wakes by syscall() */
};

/* Starts counting this thread's calls, from zero; ends it. Both write a mark for strace to see:
 * write(-1, "<name>-begin") and write(-1, "<name>-end"). */
void watch_begin(const char *name);
struct watch_counts watch_end(const char *name);

#endif /* STEADY_WATCH_H */
