/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "stress.h"

/* Tracing is shut down and started again and again while threads use it: nothing crashes, nothing
 * hangs, and the books balance after every run. */

enum { THREADS = 4, ROUNDS = 20 };

static atomic_bool done;

static void *talk(void *nothing)
{
    (void)nothing;
    while (!atomic_load(&done)) {
        struct patter_call call = patter_call_begin(NULL);
        for (int i = 0; i < 5; i++) {
            struct patter_span span = patter_llm_begin(call, i, 4);
            patter_llm_first_token(span);
            patter_span_event(span, "token");
            patter_span_end(span);
        }
        patter_call_end(call);
        usleep(100);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    struct patter_recorder *recorder = patter_recorder_new();
    uint64_t exported = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, talk, NULL);
    }
    for (int round = 0; round < ROUNDS; round++) {
        stress_start(recorder);
        usleep(20000);
        if (round % 2) {
            patter_flush(1000);
        }
        CHECK(patter_shutdown_tracing_within(60000) == PATTER_OK, "round %d", round);
        CHECK(!patter_is_enabled(), "still enabled");
        exported += stress_check_books().exported;
        CHECK(patter_recorder_count(recorder) == exported, "%zu in the recorder, %llu counted",
              patter_recorder_count(recorder), (unsigned long long)exported);
    }
    atomic_store(&done, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    patter_recorder_destroy(recorder);
    printf("%d runs under load: %llu spans, the books balance\n", ROUNDS,
           (unsigned long long)exported);
    return 0;
}
