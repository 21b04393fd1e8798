/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_RANDOM_H
#define PT_BASE_RANDOM_H

/* Random numbers for ids: a generator for each thread, seeded by the kernel, anew after a fork. */

#include <stdatomic.h>
#include <stdint.h>

#include "core/base/branch.h"

static inline uint64_t pt_random_rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

/* xoroshiro128++ (Blackman and Vigna 2019). Zeroed is not seeded yet. For one thread. */
struct pt_generator {
    uint64_t state[2];
    uint64_t epoch; /* the process's when it was seeded; 0: never */
};

/* Counts the forks above this process, from 1: a child must not repeat its parent's ids. Written by
 * the child's only thread. */
extern _Atomic uint64_t pt_random_epoch;

/* Seeds it from the kernel. */
void pt_generator_seed(struct pt_generator *generator);

/* Uniform, never zero. No lock and no system call but for the seeding. */
static inline uint64_t pt_generator_next(struct pt_generator *generator)
{
    uint64_t *s = generator->state;
    uint64_t result;
    if (PT_UNLIKELY(generator->epoch !=
                    atomic_load_explicit(&pt_random_epoch, memory_order_relaxed))) {
        pt_generator_seed(generator);
    }
    do {
        uint64_t mixed = s[0] ^ s[1];
        result = pt_random_rotate(s[0] + s[1], 17) + s[0];
        s[0] = pt_random_rotate(s[0], 49) ^ mixed ^ (mixed << 21);
        s[1] = pt_random_rotate(mixed, 28);
    } while (PT_UNLIKELY(result == 0));
    return result;
}

/* The same of this thread's own. [any] */
uint64_t pt_random(void);

/* A UUID version 4 in lower case, NUL-terminated. [any] */
void pt_random_uuid(char ret_text[37]);

#endif /* PT_BASE_RANDOM_H */
