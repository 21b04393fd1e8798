/* SPDX-License-Identifier: MIT */
/*
 * Records the common workload on THREADS threads and prints what each asked of the C library while
 * it recorded, after a warm-up. Between bursts, outside of the marks, the pipeline is drained.
 * Usage: steady-record SPANS THREADS [malloc|lock|call]     the last: what the bot does on purpose
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/patter/workload.h"
#include "watch.h"

/* A burst is some 20 chunks of a ring. The crowd, each with a chunk, makes the pool so large that
 * bursts of two threads find room in it, however late the pump gives back what it has read. */
enum { BURST_CALLS = 100, WARM_UP_BURSTS = 2, CROWD = 64, THREADS_MAX = 2 };

struct recorder {
    pthread_t thread;
    uint64_t number;
    uint64_t span_count;
    struct watch_counts warming;
    struct watch_counts steady;
};

static uint64_t spans_wanted;
static const char *fault = "";
static pthread_barrier_t all_warm;

static void check(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "steady-record: %s\n", what);
        exit(1);
    }
}

/* What the path must not do, so that the counters are seen to count. */
static void commit_fault(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static void *volatile memory; /* without it the compiler would leave both calls out */
    if (!strcmp(fault, "malloc")) {
        memory = malloc(1);
        free(memory);
    } else if (!strcmp(fault, "lock")) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
    } else if (!strcmp(fault, "call")) {
        getppid();
    }
}

/* What does not leave as it is, or not at all: an id and a value that are hashed, a key that is
 * denied. */
static void call_with_secrets(void)
{
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .id = patter_text("a84b4c76e66710@pc33.example.com") };
    struct patter_call call = patter_call_begin(&options);
    struct patter_span span = patter_span_begin(call, "app.transfer");
    patter_span_set_text(span, "app.caller.ref", patter_text("+1 555 010 9999"));
    patter_span_set_int(span, "app.not.allowed", 1);
    patter_span_end(span);
    patter_call_end(call);
}

static void burst(struct workload *workload, const char *name, struct watch_counts *counts)
{
    watch_begin(name);
    for (int i = 0; i < BURST_CALLS; i++) {
        workload_call(workload);
    }
    call_with_secrets();
    commit_fault();
    struct watch_counts more = watch_end(name);
    counts->allocations += more.allocations;
    counts->locks += more.locks;
    counts->wakes += more.wakes;
    check(patter_flush(60000) == PATTER_OK, "a flush timed out");
}

static pthread_barrier_t all_open;

static void *call_in_crowd(void *one_)
{
    struct recorder *one = one_;
    struct workload workload;
    workload_init(&workload, one->number, 0);
    watch_begin("warming");
    workload_call(&workload);
    one->warming = watch_end("warming");
    pthread_barrier_wait(&all_open);
    return NULL;
}

/* Returns what they asked of the C library. */
static struct watch_counts let_crowd_call(void)
{
    static struct recorder crowd[CROWD];
    struct watch_counts all = { 0 };
    pthread_barrier_init(&all_open, NULL, CROWD);
    for (int i = 0; i < CROWD; i++) {
        crowd[i].number = THREADS_MAX + 1 + (uint64_t)i;
        check(pthread_create(&crowd[i].thread, NULL, call_in_crowd, &crowd[i]) == 0, "no thread");
    }
    for (int i = 0; i < CROWD; i++) {
        pthread_join(crowd[i].thread, NULL);
        all.allocations += crowd[i].warming.allocations;
        all.locks += crowd[i].warming.locks;
    }
    check(patter_flush(60000) == PATTER_OK, "a flush timed out");
    return all;
}

static void *run(void *recorder_)
{
    struct recorder *recorder = recorder_;
    struct workload workload;
    workload_init(&workload, recorder->number, 0);
    for (int i = 0; i < WARM_UP_BURSTS; i++) {
        burst(&workload, "warming", &recorder->warming);
    }
    pthread_barrier_wait(&all_warm);
    while (recorder->span_count < spans_wanted) {
        burst(&workload, "steady", &recorder->steady);
        recorder->span_count += BURST_CALLS * WORKLOAD_CALL_SPANS;
    }
    return NULL;
}

static void print(const struct recorder *recorders, unsigned int count)
{
    struct patter_exporter_stats stats = { .struct_size = sizeof(stats) };
    struct recorder all = { 0 };
    for (unsigned int i = 0; i < count; i++) {
        all.span_count += recorders[i].span_count;
        all.warming.allocations += recorders[i].warming.allocations;
        all.warming.locks += recorders[i].warming.locks;
        all.steady.allocations += recorders[i].steady.allocations;
        all.steady.locks += recorders[i].steady.locks;
        all.steady.wakes += recorders[i].steady.wakes;
    }
    patter_get_exporter_stats(0, &stats);
    printf("{\"threads\":%u,\"spans\":%" PRIu64 ",\"exported\":%" PRIu64 ",\"dropped\":%" PRIu64
           ",\"warming_allocations\":%" PRIu64 ",\"warming_locks\":%" PRIu64
           ",\"allocations\":%" PRIu64 ",\"locks\":%" PRIu64 ",\"wakes\":%" PRIu64 "}\n",
           count, all.span_count, stats.exported, stats.dropped, all.warming.allocations,
           all.warming.locks, all.steady.allocations, all.steady.locks, all.steady.wakes);
}

int main(int argc, char **argv)
{
    struct recorder recorders[THREADS_MAX] = { 0 };
    check(argc > 2, "usage: steady-record SPANS THREADS [malloc|lock|call]");
    spans_wanted = strtoull(argv[1], NULL, 10);
    unsigned int count = (unsigned int)strtoul(argv[2], NULL, 10);
    fault = argc > 3 ? argv[3] : "";
    check(count > 0 && count <= THREADS_MAX, "one or two threads");
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    check(patter_init_tracing(NULL) == PATTER_OK, "tracing does not start");
    recorders[0].warming = let_crowd_call();
    pthread_barrier_init(&all_warm, NULL, count);
    for (unsigned int i = 0; i < count; i++) {
        recorders[i].number = i + 1;
        check(pthread_create(&recorders[i].thread, NULL, run, &recorders[i]) == 0, "no thread");
    }
    for (unsigned int i = 0; i < count; i++) {
        pthread_join(recorders[i].thread, NULL);
    }
    print(recorders, count);
    return patter_shutdown_tracing() != PATTER_OK;
}
