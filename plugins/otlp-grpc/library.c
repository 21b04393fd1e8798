/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/library.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/otlp-grpc/core.h"

static struct {
    pthread_mutex_t mutex;
    int user_count;
    _Atomic pid_t owner; /* the process in which gRPC runs, 0: none; written under the mutex, read
                            by any thread */
} library = { .mutex = PTHREAD_MUTEX_INITIALIZER };

void library_acquire(void)
{
    pthread_mutex_lock(&library.mutex);
    if (library.user_count++ == 0) {
        /* What it would print on standard error comes as the status of calls too. */
        if (!getenv("GRPC_VERBOSITY") && !grpc_is_initialized()) {
            gpr_set_log_verbosity((gpr_log_severity)(GPR_LOG_SEVERITY_ERROR + 1));
        }
        atomic_store(&library.owner, getpid());
    }
    grpc_init();
    pthread_mutex_unlock(&library.mutex);
}

void library_release(void)
{
    pthread_mutex_lock(&library.mutex);
    grpc_shutdown();
    if (--library.user_count == 0) {
        atomic_store(&library.owner, 0);
    }
    pthread_mutex_unlock(&library.mutex);
}

bool library_is_inherited(void)
{
    pid_t owner = atomic_load(&library.owner);
    return owner != 0 && owner != getpid();
}
