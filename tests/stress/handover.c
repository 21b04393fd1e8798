/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "stress.h"

/* Eight pairs of threads: one begins spans, the other ends them. No span is lost or doubled. */

enum { PAIRS = 8, SPANS = 100000, BOX = 256, ROUND = 2000 };

struct pair {
    struct patter_call call;
    struct patter_span box[BOX];
    _Atomic uint64_t put;   /* the beginner writes */
    _Atomic uint64_t taken; /* the ender writes */
};

static struct patter_recorder *recorder;

static void *begin_spans(void *pair_)
{
    struct pair *pair = pair_;
    for (uint64_t i = 0; i < SPANS; i++) {
        while (i - atomic_load(&pair->taken) == BOX) {
            sched_yield();
        }
        pair->box[i % BOX] = patter_tts_begin(pair->call, 20);
        atomic_store(&pair->put, i + 1);
    }
    return NULL;
}

static void *end_spans(void *pair_)
{
    struct pair *pair = pair_;
    for (uint64_t i = 0; i < SPANS; i++) {
        while (atomic_load(&pair->put) == i) {
            sched_yield();
        }
        struct patter_span span = pair->box[i % BOX];
        atomic_store(&pair->taken, i + 1);
        patter_span_set_int_key(span, patter_key_known(PATTER_KEY_TTS_TEXT_LEN), (int64_t)i);
        patter_span_end(span);
        if (i % ROUND == 0) {
            patter_flush(60000); /* keeps what waits within the budget: nothing may be dropped */
            patter_recorder_clear(recorder);
        }
    }
    return NULL;
}

int main(void)
{
    static struct pair pairs[PAIRS];
    pthread_t threads[2 * PAIRS];
    recorder = patter_recorder_new();
    stress_start(recorder);
    for (int i = 0; i < PAIRS; i++) {
        pairs[i].call = patter_call_begin(NULL);
        pthread_create(&threads[2 * i], NULL, begin_spans, &pairs[i]);
        pthread_create(&threads[2 * i + 1], NULL, end_spans, &pairs[i]);
    }
    for (int i = 0; i < 2 * PAIRS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < PAIRS; i++) {
        patter_call_end(pairs[i].call);
    }
    CHECK(patter_flush(60000) == PATTER_OK, "the flush timed out");
    struct patter_exporter_stats stats = stress_check_books();
    CHECK(stats.exported == PAIRS * (SPANS + 1), "exported %llu",
          (unsigned long long)stats.exported);
    CHECK(stats.dropped == 0, "dropped %llu", (unsigned long long)stats.dropped);
    patter_shutdown_tracing();
    patter_recorder_destroy(recorder);
    printf("%d pairs of threads, %d spans each: all exported, once\n", PAIRS, SPANS);
    return 0;
}
