/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/patter/measure.h"
#include "bench/patter/modes.h"
#include "bench/patter/tracing.h"
#include "bench/patter/workload.h"

/* The stack of a thread that carries one call; the usual 8 MiB are only reserved, not resident. */
enum { STACK_BYTES = 64 * 1024 };

struct caller {
    pthread_t thread;
    pthread_barrier_t *all_open;
    pthread_barrier_t *all_done;
    struct workload workload;
};

/* All calls are open before the first goes on, and all threads live until the last is done. */
static void *carry(void *data)
{
    struct caller *caller = data;
    workload_begin(&caller->workload);
    pthread_barrier_wait(caller->all_open);
    workload_turns(&caller->workload);
    workload_end(&caller->workload);
    pthread_barrier_wait(caller->all_done);
    return NULL;
}

/* A thread that is refused would leave the others at the barrier, so it ends the program. */
static void start_all(struct caller *callers, unsigned int count)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (unsigned int i = 0; i < count; i++) {
        if (pthread_create(&callers[i].thread, &attributes, carry, &callers[i]) != 0) {
            perror("patter-bench: a thread");
            exit(EXIT_FAILURE);
        }
    }
    pthread_attr_destroy(&attributes);
}

static bool run_all(struct caller *callers, const struct arguments *arguments)
{
    pthread_barrier_t all_open;
    pthread_barrier_t all_done;
    pthread_barrier_init(&all_open, NULL, arguments->thread_count);
    pthread_barrier_init(&all_done, NULL, arguments->thread_count);
    for (unsigned int i = 0; i < arguments->thread_count; i++) {
        callers[i].all_open = &all_open;
        callers[i].all_done = &all_done;
        workload_init(&callers[i].workload, i + 1, arguments->attribute_count);
    }
    start_all(callers, arguments->thread_count);
    for (unsigned int i = 0; i < arguments->thread_count; i++) {
        pthread_join(callers[i].thread, NULL);
    }
    pthread_barrier_destroy(&all_open);
    pthread_barrier_destroy(&all_done);
    return tracing_flush();
}

bool mode_crowd(const struct arguments *arguments)
{
    struct caller *callers = calloc(arguments->thread_count, sizeof(*callers));
    struct tracing_counts counts;
    bool good = callers && tracing_start(arguments, "discard");
    if (!good) {
        free(callers);
        return false;
    }
    good = run_all(callers, arguments);
    counts = tracing_counts();
    if (good) {
        printf("{\"peer\":\"patter\",\"mode\":\"crowd\",\"threads\":%u,\"spans\":%u"
               ",\"exported\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"max_rss_kb\":%ld}\n",
               arguments->thread_count, arguments->thread_count * WORKLOAD_CALL_SPANS,
               counts.exported, counts.dropped, measure_max_rss_kb());
    }
    tracing_stop();
    free(callers);
    return good;
}
