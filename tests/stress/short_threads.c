/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "stress.h"

/* A thousand threads that live for one call each: all is exported, and memory does not grow. */

enum { THREADS = 1000, AT_ONCE = 20, TURNS = 10 };

static void *one_call(void *nothing)
{
    (void)nothing;
    struct patter_call call = patter_call_begin(NULL);
    for (int i = 0; i < TURNS; i++) {
        patter_stt_end(patter_stt_begin(call), 22, 0.9);
        patter_span_end(patter_tool_begin(call, "lookup_order", "webhook"));
    }
    patter_call_end(call);
    return NULL;
}

static void run(int threads)
{
    pthread_t running[AT_ONCE];
    for (int done = 0; done < threads; done += AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++) {
            CHECK(pthread_create(&running[i], NULL, one_call, NULL) == 0, "no thread");
        }
        for (int i = 0; i < AT_ONCE; i++) {
            pthread_join(running[i], NULL);
        }
    }
}

int main(void)
{
    struct patter_recorder *recorder = patter_recorder_new();
    stress_start(recorder);
    run(200);
    CHECK(patter_flush(60000) == PATTER_OK, "the flush timed out");
    patter_recorder_clear(recorder);
    long before = stress_resident_kib();
    run(THREADS - 200);
    CHECK(patter_flush(60000) == PATTER_OK, "the flush timed out");
    struct patter_exporter_stats stats = stress_check_books();
    CHECK(stats.exported == THREADS * (2 * TURNS + 1), "exported %llu",
          (unsigned long long)stats.exported);
    patter_recorder_clear(recorder);
    long grown = stress_resident_kib() - before;
    CHECK(grown < 64 * 1024, "memory grew by %ld KiB over 800 threads", grown);
    patter_shutdown_tracing();
    patter_recorder_destroy(recorder);
    printf("%d threads, a call each: all exported; memory grew by %ld KiB\n", THREADS, grown);
    return 0;
}
