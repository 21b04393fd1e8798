/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/library.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "plugins/otlp-grpc/core.h"

enum {
    RELEASE_WAIT_MS = 100, /* what a caller gives the end of gRPC */
    END_POLL_MS = 5,
    END_POLLS = 3000, /* a write to a stalled connection holds it up for ten seconds */
    NS_PER_MS = 1000000
};

static struct {
    pthread_mutex_t mutex;
    int user_count;
    _Atomic pid_t owner; /* the process in which gRPC runs, 0: none; written under the mutex, read
                            by any thread */
} library = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* In a child, which has no other thread: the parent's may have held the mutex. */
static void forget(void)
{
    pthread_mutex_init(&library.mutex, NULL);
    library.user_count = 0;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, forget);
}

void library_acquire(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&library.mutex);
    if (library.user_count++ == 0) {
        /* What it would print on standard error comes as the status of calls too. */
        if (!getenv("GRPC_VERBOSITY") && !grpc_is_initialized()) {
            gpr_set_log_verbosity((gpr_log_severity)(GPR_LOG_SEVERITY_ERROR + 1));
        }
        atomic_store(&library.owner, getpid());
    }
    pthread_mutex_unlock(&library.mutex);
    grpc_init();
}

/* Whether there is nothing more to wait for: gRPC has ended, or has a user again. */
static bool has_ended(void)
{
    pthread_mutex_lock(&library.mutex);
    bool is_over = library.user_count > 0 || !grpc_is_initialized();
    if (library.user_count == 0 && is_over) {
        atomic_store(&library.owner, 0);
    }
    pthread_mutex_unlock(&library.mutex);
    return is_over;
}

static void *end(void *unused)
{
    grpc_shutdown();
    for (int i = 0; i < END_POLLS && !has_ended(); i++) {
        nanosleep(&(struct timespec){ .tv_nsec = END_POLL_MS * NS_PER_MS }, NULL);
    }
    return unused;
}

void library_release(void)
{
    pthread_mutex_lock(&library.mutex);
    bool is_last = --library.user_count == 0;
    pthread_mutex_unlock(&library.mutex);
    pthread_t thread;
    if (!is_last || pthread_create(&thread, NULL, end, NULL) != 0) {
        grpc_shutdown();
        return;
    }
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_nsec += RELEASE_WAIT_MS * NS_PER_MS;
    deadline.tv_sec += deadline.tv_nsec / 1000000000;
    deadline.tv_nsec %= 1000000000;
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &deadline) != 0) {
        pthread_detach(thread);
    }
}

bool library_is_inherited(void)
{
    pid_t owner = atomic_load(&library.owner);
    return owner != 0 && owner != getpid();
}
