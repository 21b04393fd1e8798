/* SPDX-License-Identifier: MIT */
/*
 * A bot whose spans come in one of several shapes; prints its books as one line of JSON. Usage:
 *   steady-shapes burst SPANS             by one thread, without a pause
 *   steady-shapes lossless SPANS          by one thread, which waits where an exporter is behind
 *   steady-shapes rate SPANS SECONDS      SPANS a second, whatever becomes of them
 *   steady-shapes threads COUNT           a call on each, all alive at once; then one after another
 *   steady-shapes idle SECONDS            a call on each of two threads, then nothing
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/patter/workload.h"
#include "bot.h"

enum { STACK_BYTES = 64 * 1024, BURST_CALLS = 25, TICKS_A_SECOND = 100, FLUSH_THREADS = 50 };

static void print(const char *more)
{
    printf("{%s", more);
    bot_print_books();
    printf(",\"peak_kib\":%ld}\n", bot_memory_kib("VmHWM:"));
}

static void make_calls(struct workload *workload, uint64_t span_count, void (*between)(void))
{
    for (uint64_t made = 0; made < span_count; made += WORKLOAD_CALL_SPANS) {
        workload_call(workload);
        if (between && workload->call_count % BURST_CALLS == 0) {
            between();
        }
    }
}

static void at_rate(struct workload *workload, uint64_t span_count, unsigned int seconds)
{
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (unsigned int tick = 1; tick <= seconds * TICKS_A_SECOND; tick++) {
        uint64_t wanted = span_count * tick / TICKS_A_SECOND;
        make_calls(workload, wanted - workload->call_count * WORKLOAD_CALL_SPANS, NULL);
        next.tv_nsec += 1000000000 / TICKS_A_SECOND;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}

/* ---- threads ------------------------------------------------------------------------- */

static pthread_barrier_t all_open;

static void *call_at_once(void *nothing)
{
    struct workload workload;
    workload_init(&workload, (uint64_t)pthread_self(), 0);
    workload_begin(&workload);
    pthread_barrier_wait(&all_open);
    workload_turns(&workload);
    workload_end(&workload);
    pthread_barrier_wait(&all_open);
    return nothing;
}

static void *call_alone(void *nothing)
{
    struct workload workload;
    workload_init(&workload, (uint64_t)pthread_self(), 0);
    workload_call(&workload);
    return nothing;
}

static pthread_t start(void *(*run)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    bot_check(pthread_create(&thread, &attributes, run, NULL) == 0, "no thread");
    pthread_attr_destroy(&attributes);
    return thread;
}

static void one_after_another(unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        pthread_join(start(call_alone), NULL);
        if (i % FLUSH_THREADS == FLUSH_THREADS - 1) {
            bot_flush(); /* what waits for an exporter is another matter */
        }
    }
    bot_flush();
}

static void threads(unsigned int count)
{
    char more[128];
    pthread_t *all = calloc(count, sizeof(*all));
    bot_check(all && pthread_barrier_init(&all_open, NULL, count) == 0, "no memory");
    for (unsigned int i = 0; i < count; i++) {
        all[i] = start(call_at_once);
    }
    for (unsigned int i = 0; i < count; i++) {
        pthread_join(all[i], NULL);
    }
    bot_flush();
    free(all);
    one_after_another(count);
    long before = bot_memory_kib("VmRSS:");
    one_after_another(3 * count);
    snprintf(more, sizeof(more), "\"before_kib\":%ld,\"after_kib\":%ld,", before,
             bot_memory_kib("VmRSS:"));
    print(more);
}

/* ---- idle ---------------------------------------------------------------------------- */

static void mark(const char *name)
{
    bot_check(write(-1, name, strlen(name)) < 0, "a mark was written to a file");
}

/* strace sees the marks. */
static void idle(unsigned int seconds)
{
    one_after_another(2);
    sleep(3); /* the pump lingers for a while, in case that more comes */
    mark("idle-begin");
    sleep(seconds);
    mark("idle-end");
    print("");
}

int main(int argc, char **argv)
{
    struct workload workload;
    bot_check(argc > 2, "usage: see shapes.c");
    uint64_t number = strtoull(argv[2], NULL, 10);
    bot_start();
    workload_init(&workload, 1, 0);
    if (!strcmp(argv[1], "burst")) {
        make_calls(&workload, number, NULL);
    } else if (!strcmp(argv[1], "lossless")) {
        make_calls(&workload, number, bot_wait_for_room);
    } else if (!strcmp(argv[1], "rate") && argc > 3) {
        at_rate(&workload, number, (unsigned int)strtoul(argv[3], NULL, 10));
    } else if (!strcmp(argv[1], "threads")) {
        threads((unsigned int)number);
    } else if (!strcmp(argv[1], "idle")) {
        idle((unsigned int)number);
    } else {
        bot_check(0, "usage: see shapes.c");
    }
    if (workload.call_count > 0) {
        bot_flush();
        print("");
    }
    return patter_shutdown_tracing() != PATTER_OK;
}
