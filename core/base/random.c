/* SPDX-License-Identifier: MIT */
#include "core/base/random.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/random.h>

#include "core/base/clock.h"

/* Each thread's generator: xoshiro256++ (Blackman and Vigna 2019). */
struct generator {
    uint64_t state[4];
    uint64_t epoch; /* the process's when it was seeded; 0: never */
};

static _Thread_local struct generator generator __attribute__((tls_model("initial-exec")));

/* Counts the forks above this process, from 1: a child must not repeat its parent's ids. */
static _Atomic uint64_t process_epoch = 1; /* written by the child's only thread */
static pthread_once_t fork_watch = PTHREAD_ONCE_INIT;

static void on_fork_child(void)
{
    atomic_fetch_add_explicit(&process_epoch, 1, memory_order_relaxed);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, on_fork_child);
}

static void seed(struct generator *self, uint64_t epoch)
{
    pthread_once(&fork_watch, watch_forks);
    if (getrandom(self->state, sizeof(self->state), 0) != (ssize_t)sizeof(self->state)) {
        /* Without the kernel's help (an old sandbox): distinct by time and address at least. */
        self->state[0] = pt_clock_unix_ns();
        self->state[1] = pt_clock_monotonic_ns();
        self->state[2] = (uint64_t)(uintptr_t)self;
        self->state[3] = 0x9e3779b97f4a7c15u * epoch;
    }
    self->state[0] |= 1; /* the all-zero state is the one that must not be */
    self->epoch = epoch;
}

static uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static uint64_t next(uint64_t *s)
{
    uint64_t result = rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t pt_random(void)
{
    uint64_t epoch = atomic_load_explicit(&process_epoch, memory_order_relaxed);
    uint64_t value;

    if (generator.epoch != epoch) {
        seed(&generator, epoch);
    }
    do {
        value = next(generator.state);
    } while (value == 0);
    return value;
}

void pt_random_uuid(char ret_text[37])
{
    uint64_t high = (pt_random() & ~0xf000ull) | 0x4000u;
    uint64_t low = (pt_random() & ~(3ull << 62)) | (2ull << 62);
    snprintf(ret_text, 37, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
             (unsigned)(high >> 16) & 0xffffu, (unsigned)high & 0xffffu, (unsigned)(low >> 48),
             (unsigned long long)(low & 0xffffffffffffull));
}
