/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PATTER_WORKLOAD_H
#define BENCH_PATTER_WORKLOAD_H

/* The voice call that every peer records: a root span and ten turns of stt, llm, tts and tool. */

#include <patter/patter.h>

enum {
    WORKLOAD_TURNS = 10,
    WORKLOAD_CALL_SPANS = 1 + 4 * WORKLOAD_TURNS,
    WORKLOAD_MORE_ATTRIBUTES = 16
};

/* Of one thread. */
struct workload {
    uint64_t random;
    uint64_t call_count;
    struct patter_call call; /* zero between two calls */
    unsigned int attribute_count;
    struct patter_key keys[WORKLOAD_MORE_ATTRIBUTES];
};

/* Where the durations of single spans go. */
struct samples {
    uint64_t *ticks;
    size_t count;
    size_t capacity;
};

/* Every span gets `attribute_count` attributes more, named by workload_key(). */
void workload_init(struct workload *workload, uint64_t seed, unsigned int attribute_count);

/* A call in three steps; and the three at once. */
void workload_begin(struct workload *workload);
void workload_turns(struct workload *workload);
void workload_end(struct workload *workload);
void workload_call(struct workload *workload);

/* As workload_call, and times each span but the root, as far as `samples` has room. */
void workload_call_sampled(struct workload *workload, struct samples *samples);

/* The name of additional attribute `index`, valid until the thread's next call. */
const char *workload_key(unsigned int index);

#endif /* BENCH_PATTER_WORKLOAD_H */
