/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "stress.h"

/* Every public function at once, from many threads, starting and stopping among them. */

static atomic_bool done;
static struct patter_recorder *recorder;

static void *make_spans(void *nothing)
{
    (void)nothing;
    while (!atomic_load(&done)) {
        struct patter_ids ids;
        struct patter_call call = patter_call_begin(NULL);
        struct patter_span span = patter_stt_begin(call);
        patter_span_ids(call, span, &ids);
        patter_stt_end(span, 1, 0.5);
        patter_span_end(span);
        patter_call_end(call);
    }
    return NULL;
}

static void *start(void *nothing)
{
    (void)nothing;
    while (!atomic_load(&done)) {
        struct patter_init_options options = { .struct_size = sizeof(options),
                                               .recorder = recorder };
        patter_status status = patter_init_tracing(&options);
        CHECK(status == PATTER_OK || status == PATTER_ALREADY, "init said %d", status);
        usleep(500);
    }
    return NULL;
}

static void *stop(void *nothing)
{
    (void)nothing;
    while (!atomic_load(&done)) {
        patter_status status = patter_shutdown_tracing_within(60000);
        CHECK(status == PATTER_OK || status == PATTER_DISABLED, "shutdown said %d", status);
        usleep(700);
    }
    return NULL;
}

static void *watch(void *nothing)
{
    (void)nothing;
    while (!atomic_load(&done)) {
        struct patter_stats stats = { .struct_size = sizeof(stats) };
        struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
        patter_flush(1000);
        patter_get_stats(&stats);
        patter_get_exporter_stats(0, &exporter);
        patter_key_intern("app.some");
        patter_recorder_clear(recorder);
    }
    return NULL;
}

int main(void)
{
    void *(*const bodies[])(void *) = { make_spans, make_spans, make_spans, start,
                                        start,      stop,       watch,      watch };
    enum { THREADS = sizeof(bodies) / sizeof(bodies[0]) };
    pthread_t threads[THREADS];
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(NULL, NULL);
    recorder = patter_recorder_new();
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, bodies[i], NULL);
    }
    sleep(3);
    atomic_store(&done, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    patter_shutdown_tracing();
    stress_check_books();
    patter_recorder_destroy(recorder);
    printf("every function at once for 3 s: the books balance\n");
    return 0;
}
