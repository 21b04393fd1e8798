/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_FORK_H
#define PT_BASE_FORK_H

/* Locks that a forked child must find free, whatever the parent's other threads were doing. */

#include <pthread.h>

/* Holds `lock` across every later fork(). Locks are taken in the order of `rank`, which is the
 * order in which the code nests them: smaller ones are held while larger ones are taken. Static
 * memory. [any] */
void pt_fork_guard(pthread_mutex_t *lock, int rank);

enum { PT_RANK_CONTROL = 1, PT_RANK_THREADS, PT_RANK_POOL, PT_RANK_KEYS, PT_RANK_LOG };

#endif /* PT_BASE_FORK_H */
