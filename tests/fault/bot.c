/* SPDX-License-Identifier: MIT */
/*
 * A bot that does one step after another and prints a line of JSON after those that say so. Usage:
 *   fault-bot STEP...
 *     ledger FILE SPANS     notes every span from here on
 *     threads COUNT         for what follows; at first 1
 *     init YAML             starts tracing
 *     burst SPANS           as fast as each thread can
 *     rate SPANS SECONDS    SPANS a second, all threads together, whatever becomes of them; prints
 *                           the longest that one span took
 *     sleep SECONDS
 *     say WORD              prints {"step":WORD}
 *     drain SECONDS         until nothing waits, at most so long
 *     flush MS, shutdown MS print the status and how long it took
 *     books                 prints the counters
 *     cost YAML YAML        prints what a span costs with each: the 99.9th percentile, in ticks
 *     die SIGNAL            as if by a mistake of its own
 *     leave SECONDS         exit() after that, in the midst of all threads' spans
 *     sigterm               from here on SIGTERM only ends the next step:
 *     serve SPANS           SPANS a second, until SIGTERM; then a shutdown and the books, and the
 * end hup                   from here on patter_reload() at each SIGHUP, and prints its status
 */

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "caller.h"
#include "cost.h"

enum { THREADS_MAX = 16, TICK_NS = 10000000 };

struct work {
    struct caller caller;
    pthread_t thread;
    double spans; /* of this thread, in all or a second */
    double seconds;
    uint64_t slowest_ns; /* the longest that one span took */
};

static unsigned int thread_count = 1;

static _Noreturn void fail(const char *words)
{
    fprintf(stderr, "fault-bot: %s\n", words);
    exit(2);
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* ---- calls ------------------------------------------------------------------- */

static void *run_burst(void *work_)
{
    struct work *work = work_;
    for (uint64_t i = 0; i < (uint64_t)work->spans; i++) {
        caller_step(&work->caller);
    }
    caller_finish(&work->caller);
    return NULL;
}

static void *run_rate(void *work_)
{
    struct work *work = work_;
    uint64_t begin_ns = now_ns();
    uint64_t made = 0;
    double passed = 0;
    while (passed < work->seconds) {
        passed = (double)(now_ns() - begin_ns) / 1e9;
        while ((double)made < work->spans * passed) {
            uint64_t before_ns = now_ns();
            caller_step(&work->caller);
            uint64_t took_ns = now_ns() - before_ns;
            work->slowest_ns = took_ns > work->slowest_ns ? took_ns : work->slowest_ns;
            made++;
        }
        nanosleep(&(struct timespec){ .tv_nsec = TICK_NS }, NULL);
    }
    caller_finish(&work->caller);
    return NULL;
}

/* Nobody waits for them: `spans` a second, all threads together. */
static void run_on(double spans)
{
    static struct work works[THREADS_MAX];
    for (unsigned int i = 0; i < thread_count; i++) {
        works[i] = (struct work){ .spans = spans / thread_count, .seconds = 3600 };
        if (pthread_create(&works[i].thread, NULL, run_rate, &works[i]) != 0) {
            fail("no thread");
        }
    }
}

static _Noreturn void leave(double seconds)
{
    run_on(8000);
    usleep((useconds_t)(seconds * 1e6));
    exit(0);
}

/* Returns the longest that one span took, where that is measured. */
static uint64_t run(void *(*what)(void *), double spans, double seconds)
{
    uint64_t slowest_ns = 0;
    struct work works[THREADS_MAX] = { 0 };
    for (unsigned int i = 0; i < thread_count; i++) {
        works[i] = (struct work){ .spans = spans / thread_count, .seconds = seconds };
        if (pthread_create(&works[i].thread, NULL, what, &works[i]) != 0) {
            fail("no thread");
        }
    }
    for (unsigned int i = 0; i < thread_count; i++) {
        pthread_join(works[i].thread, NULL);
        slowest_ns = works[i].slowest_ns > slowest_ns ? works[i].slowest_ns : slowest_ns;
    }
    return slowest_ns;
}

/* ---- the other steps ----------------------------------------------------------- */

static void init(const char *yaml)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = yaml };
    if (patter_init_tracing(&options) != PATTER_OK) {
        fail("tracing does not start");
    }
}

static void print_books(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    patter_get_stats(&stats);
    printf("{\"step\":\"books\",\"started\":%" PRIu64 ",\"live\":%" PRIu64 ",\"ended\":%" PRIu64
           ",\"exporters\":[",
           stats.spans_started, stats.spans_live, stats.spans_ended);
    for (size_t i = 0; patter_get_exporter_stats(i, &exporter) == PATTER_OK; i++) {
        printf("%s{\"name\":\"%s\",\"entered\":%" PRIu64 ",\"recovered\":%" PRIu64
               ",\"waiting\":%" PRIu64 ",\"exported\":%" PRIu64 ",\"dropped\":%" PRIu64
               ",\"requests\":%" PRIu64 ",\"retries\":%" PRIu64 ",\"reasons\":{",
               i > 0 ? "," : "", exporter.name, exporter.entered, exporter.recovered,
               exporter.waiting, exporter.exported, exporter.dropped, exporter.requests,
               exporter.retries);
        for (uint32_t k = 0; k < exporter.drop_reason_count; k++) {
            printf("%s\"%s\":%" PRIu64, k > 0 ? "," : "", exporter.drops[k].reason,
                   exporter.drops[k].spans);
        }
        printf("}}");
    }
    printf("]}\n");
}

static void end(const char *step, patter_status (*ends)(uint32_t timeout_ms), uint32_t timeout_ms)
{
    uint64_t begin_ns = now_ns();
    patter_status status = ends(timeout_ms);
    printf("{\"step\":\"%s\",\"status\":%d,\"took_ms\":%" PRIu64 "}\n", step, status,
           (now_ns() - begin_ns) / 1000000);
}

static sigset_t termination;

static _Noreturn void serve(double spans)
{
    int signal;
    run_on(spans);
    sigwait(&termination, &signal);
    end("shutdown", patter_shutdown_tracing_within, 5000);
    print_books();
    _exit(0);
}

static void *reload_at_each(void *signals)
{
    for (;;) {
        int signal;
        sigwait(signals, &signal);
        printf("{\"step\":\"reload\",\"status\":%d}\n", patter_reload());
    }
    return NULL;
}

/* Before any other thread, which would not block it. */
static void reload_at_hup(void)
{
    static sigset_t signals;
    pthread_t thread;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&thread, NULL, reload_at_each, &signals) != 0) {
        fail("no thread");
    }
    pthread_detach(thread);
}

static void print_cost(const char *healthy, const char *faulty)
{
    struct cost cost = { 0 };
    do {
        init(healthy);
        cost_sample(&cost, false);
        patter_shutdown_tracing_within(COST_SHUTDOWN_MS);
        init(faulty);
        cost_sample(&cost, true);
        patter_shutdown_tracing_within(COST_SHUTDOWN_MS);
    } while (!cost_is_known(&cost));
    printf("{\"step\":\"cost\",\"rounds\":%u,\"healthy\":%" PRIu64 ",\"faulty\":%" PRIu64 "}\n",
           cost.rounds, cost.best[false], cost.best[true]);
}

static bool is_waiting(void)
{
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    for (size_t i = 0; patter_get_exporter_stats(i, &exporter) == PATTER_OK; i++) {
        if (exporter.waiting > 0) {
            return true;
        }
    }
    return false;
}

static void drain(double seconds)
{
    uint64_t end_ns = now_ns() + (uint64_t)(seconds * 1e9);
    do {
        nanosleep(&(struct timespec){ .tv_nsec = TICK_NS }, NULL);
    } while (is_waiting() && now_ns() < end_ns);
}

/* How many arguments it has taken; 0: there is no such step. */
static int step(char **args, int left)
{
    const char *name = args[0];
    const char *first = left > 1 ? args[1] : "0";
    const char *second = left > 2 ? args[2] : "0";
    if (!strcmp(name, "books")) {
        print_books();
        return 1;
    }
    if (!strcmp(name, "hup")) {
        reload_at_hup();
        return 1;
    }
    if (!strcmp(name, "sigterm")) {
        sigaddset(&termination, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &termination, NULL);
        return 1;
    }
    if (!strcmp(name, "ledger")) {
        ledger_open(first, strtoul(second, NULL, 10));
    } else if (!strcmp(name, "rate")) {
        uint64_t slowest_ns = run(run_rate, strtod(first, NULL), strtod(second, NULL));
        printf("{\"step\":\"rate\",\"slowest_ms\":%" PRIu64 "}\n", slowest_ns / 1000000);
    } else if (!strcmp(name, "cost")) {
        print_cost(first, second);
    } else {
        second = NULL;
    }
    if (second) {
        return 3;
    }
    if (!strcmp(name, "threads")) {
        thread_count = (unsigned int)strtoul(first, NULL, 10);
    } else if (!strcmp(name, "init")) {
        init(first);
    } else if (!strcmp(name, "burst")) {
        run(run_burst, strtod(first, NULL), 0);
    } else if (!strcmp(name, "sleep")) {
        usleep((useconds_t)(strtod(first, NULL) * 1e6));
    } else if (!strcmp(name, "drain")) {
        drain(strtod(first, NULL));
    } else if (!strcmp(name, "say")) {
        printf("{\"step\":\"%s\"}\n", first);
    } else if (!strcmp(name, "flush")) {
        end("flush", patter_flush, (uint32_t)strtoul(first, NULL, 10));
    } else if (!strcmp(name, "shutdown")) {
        end("shutdown", patter_shutdown_tracing_within, (uint32_t)strtoul(first, NULL, 10));
    } else if (!strcmp(name, "serve")) {
        serve(strtod(first, NULL));
    } else if (!strcmp(name, "leave")) {
        leave(strtod(first, NULL));
    } else if (!strcmp(name, "die")) {
        raise((int)strtol(first, NULL, 10));
    } else {
        return 0;
    }
    return 2;
}

int main(int argc, char **argv)
{
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int taken;
    for (int i = 1; i < argc; i += taken) {
        taken = step(argv + i, argc - i);
        if (taken == 0 || thread_count < 1 || thread_count > THREADS_MAX) {
            fail("usage: see bot.c");
        }
    }
    return 0;
}
