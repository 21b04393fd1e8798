/* SPDX-License-Identifier: MIT */
#include "core/base/fork.h"

#include <stddef.h>

enum { GUARDS_MAX = 16 };

static struct {
    pthread_mutex_t *lock;
    int rank;
} guards[GUARDS_MAX]; /* by rank; under guards_lock */

static size_t guard_count; /* under guards_lock */
static pthread_mutex_t guards_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void take_all(void)
{
    pthread_mutex_lock(&guards_lock);
    for (size_t i = 0; i < guard_count; i++) {
        pthread_mutex_lock(guards[i].lock);
    }
}

static void release_all(void)
{
    for (size_t i = guard_count; i > 0; i--) {
        pthread_mutex_unlock(guards[i - 1].lock);
    }
    pthread_mutex_unlock(&guards_lock);
}

static void watch(void)
{
    pthread_atfork(take_all, release_all, release_all);
}

void pt_fork_guard(pthread_mutex_t *lock, int rank)
{
    pthread_once(&once, watch);
    pthread_mutex_lock(&guards_lock);
    size_t at = 0;
    while (at < guard_count && guards[at].lock != lock) {
        at++;
    }
    if (at == guard_count && guard_count < GUARDS_MAX) {
        guard_count++;
        for (; at > 0 && guards[at - 1].rank > rank; at--) {
            guards[at] = guards[at - 1];
        }
        guards[at].lock = lock;
        guards[at].rank = rank;
    }
    pthread_mutex_unlock(&guards_lock);
}
