/* SPDX-License-Identifier: MIT */
#include "core/base/random.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/random.h>

#include "core/base/clock.h"

static _Thread_local struct pt_generator own __attribute__((tls_model("initial-exec")));
_Atomic uint64_t pt_random_epoch = 1;

static pthread_once_t fork_watch = PTHREAD_ONCE_INIT;

static void on_fork_child(void)
{
    atomic_fetch_add_explicit(&pt_random_epoch, 1, memory_order_relaxed);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, on_fork_child);
}

PT_COLD void pt_generator_seed(struct pt_generator *generator)
{
    uint64_t *state = generator->state;
    pthread_once(&fork_watch, watch_forks);
    generator->epoch = atomic_load_explicit(&pt_random_epoch, memory_order_relaxed);
    if (getrandom(state, sizeof(generator->state), 0) != (ssize_t)sizeof(generator->state)) {
        /* Without the kernel's help (an old sandbox): distinct by time and address at least. */
        state[0] = pt_clock_unix_ns() ^ ((uint64_t)(uintptr_t)generator << 16);
        state[1] = pt_clock_monotonic_ns() ^ (0x9e3779b97f4a7c15u * generator->epoch);
    }
    state[0] |= 1; /* the all-zero state is the one that must not be */
}

uint64_t pt_random(void)
{
    return pt_generator_next(&own);
}

void pt_random_uuid(char ret_text[37])
{
    uint64_t high = (pt_random() & ~0xf000ull) | 0x4000u;
    uint64_t low = (pt_random() & ~(3ull << 62)) | (2ull << 62);
    snprintf(ret_text, 37, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
             (unsigned)(high >> 16) & 0xffffu, (unsigned)high & 0xffffu, (unsigned)(low >> 48),
             (unsigned long long)(low & 0xffffffffffffull));
}
