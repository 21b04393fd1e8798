/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local bool watching;
static _Thread_local struct watch_counts counts;

static void mark(const char *name, const char *what)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%s-%s", name, what);
    if (write(-1, text, (size_t)len) >= 0) {
        abort(); /* there is no such file */
    }
}

void watch_begin(const char *name)
{
    mark(name, "begin");
    counts = (struct watch_counts){ 0 };
    watching = true;
}

struct watch_counts watch_end(const char *name)
{
    watching = false;
    mark(name, "end");
    return counts;
}

/* ---- memory: glibc's own names for what malloc() and its kin do ------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

void *malloc(size_t size)
{
    counts.allocations += watching;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    counts.allocations += watching;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    counts.allocations += watching;
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
    counts.allocations += watching;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
    void *memory = memalign(alignment, size);
    if (!memory) {
        return 12; /* ENOMEM */
    }
    *ret_memory = memory;
    return 0;
}

void free(void *memory)
{
    counts.allocations += watching;
    __libc_free(memory);
}

/* ---- locks --------------------------------------------------------------------------- */

/* Replaces a function, which counts and then does what it always did. */
#define WATCHED_LOCK(name, parameters, arguments)                                                  \
    int name parameters                                                                            \
    {                                                                                              \
        static _Atomic(void *) found;                                                              \
        int(*real) parameters = NULL;                                                              \
        void *known = found;                                                                       \
        if (!known) {                                                                              \
            known = dlsym(RTLD_NEXT, #name);                                                       \
            found = known;                                                                         \
        }                                                                                          \
        memcpy(&real, &known, sizeof(real));                                                       \
        counts.locks += watching;                                                                  \
        return real arguments;                                                                     \
    }

#define TIME const struct timespec *time

WATCHED_LOCK(pthread_mutex_lock, (pthread_mutex_t * lock), (lock))
WATCHED_LOCK(pthread_mutex_trylock, (pthread_mutex_t * lock), (lock))
WATCHED_LOCK(pthread_mutex_timedlock, (pthread_mutex_t * lock, TIME), (lock, time))
WATCHED_LOCK(pthread_mutex_unlock, (pthread_mutex_t * lock), (lock))
WATCHED_LOCK(pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))
WATCHED_LOCK(pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))
WATCHED_LOCK(pthread_rwlock_tryrdlock, (pthread_rwlock_t * lock), (lock))
WATCHED_LOCK(pthread_rwlock_trywrlock, (pthread_rwlock_t * lock), (lock))
WATCHED_LOCK(pthread_rwlock_unlock, (pthread_rwlock_t * lock), (lock))
WATCHED_LOCK(pthread_spin_lock, (pthread_spinlock_t * lock), (lock))
WATCHED_LOCK(pthread_spin_trylock, (pthread_spinlock_t * lock), (lock))
WATCHED_LOCK(pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t *lock),
             (condition, lock))
WATCHED_LOCK(pthread_cond_timedwait, (pthread_cond_t * condition, pthread_mutex_t *lock, TIME),
             (condition, lock, time))
WATCHED_LOCK(pthread_cond_signal, (pthread_cond_t * condition), (condition))
WATCHED_LOCK(pthread_cond_broadcast, (pthread_cond_t * condition), (condition))
WATCHED_LOCK(sem_wait, (sem_t * semaphore), (semaphore))
WATCHED_LOCK(sem_post, (sem_t * semaphore), (semaphore))

/* ---- the wake ------------------------------------------------------------------------ */

long syscall(long number, ...)
{
    static _Atomic(void *) found;
    long (*real)(long number, ...) = NULL;
    long arguments[6];
    va_list list;
    void *known = found;
    if (!known) {
        known = dlsym(RTLD_NEXT, "syscall");
        found = known;
    }
    memcpy(&real, &known, sizeof(real));
    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        arguments[i] = va_arg(list, long);
    }
    va_end(list);
    counts.wakes +=
        watching && number == SYS_futex && (arguments[1] & FUTEX_CMD_MASK) == FUTEX_WAKE;
    return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                arguments[5]);
}
