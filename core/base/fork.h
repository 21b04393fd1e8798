/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_FORK_H
#define PT_BASE_FORK_H

/* Locks that a forked child must find free, whatever the parent's other threads were doing. */

#include <pthread.h>
#include <stdint.h>

/* Holds `lock` across every later fork(). Locks are taken in the order of `rank`, which is the
 * order in which the code nests them: smaller ones are held while larger ones are taken. Static
 * memory. [any] */
void pt_fork_guard(pthread_mutex_t *lock, int rank);

/* What else has to be done around fork(). Static memory. */
struct pt_fork_hooks {
    void (*prepare)(void); /* before any guarded lock is taken */
    void (*parent)(void);  /* with all of them free again, as is the next */
    void (*child)(void);
};

/* From now on around every fork(), one at a time; there is one set of them. [any] */
void pt_fork_set_hooks(const struct pt_fork_hooks *hooks);

/* How many forks have begun so far. With a guarded lock held, so that none is under way. [any] */
uint64_t pt_fork_count(void);

enum {
    PT_RANK_CONTROL = 1,
    PT_RANK_THREADS,
    PT_RANK_POOL,
    PT_RANK_KEYS,
    PT_RANK_STORAGE,
    PT_RANK_LOG
};

#endif /* PT_BASE_FORK_H */
