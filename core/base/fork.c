/* SPDX-License-Identifier: MIT */
#include "core/base/fork.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { GUARDS_MAX = 16 };

static struct guard {
    pthread_mutex_t *lock;
    int rank;
} guards[GUARDS_MAX]; /* by rank; under guards_lock */

static size_t guard_count; /* under guards_lock */
static pthread_mutex_t guards_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static _Atomic(const struct pt_fork_hooks *) wanted_hooks;
static const struct pt_fork_hooks *hooks; /* under forking: of the fork under way, or NULL */
static uint64_t fork_count;               /* written with every guarded lock held */
static pthread_mutex_t forking = PTHREAD_MUTEX_INITIALIZER; /* held during a fork */

/* Takes those that are known now; true, with guards_lock held too, when there are no more yet.
 * guards_lock comes last: a thread that holds a guarded lock may be waiting to guard another. */
static bool try_take_all(void)
{
    struct guard known[GUARDS_MAX];
    pthread_mutex_lock(&guards_lock);
    size_t count = guard_count;
    memcpy(known, guards, sizeof(known));
    pthread_mutex_unlock(&guards_lock);

    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(known[i].lock);
    }
    pthread_mutex_lock(&guards_lock);
    if (guard_count == count) {
        return true;
    }
    pthread_mutex_unlock(&guards_lock);
    for (size_t i = count; i > 0; i--) {
        pthread_mutex_unlock(known[i - 1].lock);
    }
    return false;
}

static void prepare(void)
{
    pthread_mutex_lock(&forking);
    hooks = atomic_load_explicit(&wanted_hooks, memory_order_acquire);
    if (hooks) {
        hooks->prepare();
    }
    while (!try_take_all()) {
    }
    fork_count++;
}

static void release_all(void)
{
    for (size_t i = guard_count; i > 0; i--) {
        pthread_mutex_unlock(guards[i - 1].lock);
    }
    pthread_mutex_unlock(&guards_lock);
}

static void parent(void)
{
    release_all();
    if (hooks) {
        hooks->parent();
    }
    pthread_mutex_unlock(&forking);
}

static void child(void)
{
    release_all();
    if (hooks) {
        hooks->child();
    }
    pthread_mutex_unlock(&forking);
}

static void watch(void)
{
    pthread_atfork(prepare, parent, child);
}

void pt_fork_set_hooks(const struct pt_fork_hooks *new_hooks)
{
    pthread_once(&once, watch);
    atomic_store_explicit(&wanted_hooks, new_hooks, memory_order_release);
}

uint64_t pt_fork_count(void)
{
    return fork_count;
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
