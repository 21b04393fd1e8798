/* SPDX-License-Identifier: MIT */

/*
 * Exporters that hang, lie, are slow, fail always or ask for a retry for ever. Whatever they do:
 * a span costs the bot what it costs beside a healthy exporter, the shutdown keeps its deadline,
 * another exporter gets every span, and the books balance.
 */

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../stress/stress.h"

enum {
    THREADS = 2,
    SPANS = 20000, /* of a thread */
    DEADLINE_MS = 1000,
    SLACK = 4,        /* times the deadline: the machine may be busy */
    COST_FACTOR = 20, /* times a healthy run's: the same */
    ATTEMPTS = 5,     /* a busy neighbour delays one run, not five */
    PATIENCE_MS = 30000
};

struct behaviour {
    const char *name;
    const char *exporters; /* of patter.yaml; the first is the one that misbehaves */
    const char *more;      /* other sections */
    const char *reason;    /* of all its drops; NULL: any */
    bool all_lost;         /* nothing of it is exported */
};

static const struct behaviour healthy = { "healthy", "slow: {delay: 0}", "", NULL, false };

static const struct behaviour behaviours[] = {
    { "hangs until it is interrupted", "hang: {until: interrupt}", "", "shutdown", true },
    { "hangs for ever", "hang: {until: never}", "", "shutdown", true },
    { "hangs for ever with a full buffer", "hang: {until: never}", "buffer: {max_memory: 1MiB}",
      NULL, true },
    { "answers garbage", "garbage: {sending_queue: {num_consumers: 4}}", "", NULL, false },
    { "is slow", "slow: {delay: 20ms}", "", "shutdown", false },
    { "fails always", "fails:", "", "broken", true },
    { "asks for a retry after 49 days", "again: {wait_ms: 4294967295}", "", NULL, true },
    { "asks for a retry for ever",
      "again: {retry_on_failure: {initial_interval: 1ms, max_interval: 1ms}}", "", "shutdown",
      true },
};

static char folder[] = "/tmp/patter-misbehaving-XXXXXX";
static char plugins[4096];
static uint64_t costs_ns[THREADS * SPANS];

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- what patter logs meanwhile ---------------------------------------------------- */

/* A plugin's words must not break the operator's terminal, nor his disk. */
static void check_line(void *data, int32_t level, const char *line)
{
    size_t len = strlen(line);
    (void)data;
    (void)level;
    CHECK(len < 1024, "a log line of %zu bytes", len);
    for (size_t i = 0; i < len; i++) {
        CHECK(line[i] >= ' ' && line[i] <= '~', "byte %d in the log line %s", line[i], line);
    }
}

/* ---- one run ------------------------------------------------------------------------- */

static void start(const struct behaviour *behaviour, const char *other)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/patter.yaml", folder);
    FILE *file = fopen(path, "w");
    CHECK(file, "%s", path);
    fprintf(file, "plugin_path: [%s/plugins]\n%s\nexporters:\n  %s\n  %s\n", plugins,
            behaviour->more, behaviour->exporters, other);
    fclose(file);
    CHECK(chmod(path, 0600) == 0, "%s", path);
    setenv("PATTER_CONFIG", path, 1);
    patter_status status = patter_init_tracing(NULL);
    CHECK(status == PATTER_OK, "%s: init said %d", behaviour->name, status);
}

static void *talk(void *cost_)
{
    uint64_t *cost_ns = cost_;
    struct patter_call call = patter_call_begin(NULL);
    for (int i = 0; i < SPANS; i++) {
        uint64_t begin_ns = now_ns();
        patter_span_end(patter_llm_begin(call, i, 4));
        cost_ns[i] = now_ns() - begin_ns;
    }
    patter_call_end(call);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a;
    uint64_t two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

/* Spans on every thread; returns what the dearest in a hundred cost. */
static uint64_t talk_all(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, talk, costs_ns + (size_t)i * SPANS);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    qsort(costs_ns, THREADS * SPANS, sizeof(costs_ns[0]), compare);
    return costs_ns[THREADS * SPANS / 100 * 99];
}

static void stop(const struct behaviour *behaviour)
{
    uint64_t begin_ns = now_ns();
    patter_shutdown_tracing_within(DEADLINE_MS);
    uint64_t took_ms = (now_ns() - begin_ns) / 1000000u;
    CHECK(took_ms < (uint64_t)DEADLINE_MS * SLACK, "%s: shutdown took %llu ms", behaviour->name,
          (unsigned long long)took_ms);
}

/* ---- the books -------------------------------------------------------------------------- */

static struct patter_exporter_stats check_books(const struct behaviour *behaviour, size_t index)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    uint64_t dropped = 0;
    patter_get_stats(&stats);
    CHECK(patter_get_exporter_stats(index, &exporter) == PATTER_OK, "%s: no exporter %zu",
          behaviour->name, index);
    CHECK(stats.spans_ended == (uint64_t)THREADS * (SPANS + 1) && stats.spans_live == 0,
          "%s: ended %llu, live %llu", behaviour->name, (unsigned long long)stats.spans_ended,
          (unsigned long long)stats.spans_live);
    CHECK(exporter.waiting == 0 && exporter.exported <= stats.spans_ended &&
              exporter.exported + exporter.dropped == stats.spans_ended,
          "%s: waiting %llu, exported %llu, dropped %llu", behaviour->name,
          (unsigned long long)exporter.waiting, (unsigned long long)exporter.exported,
          (unsigned long long)exporter.dropped);
    for (size_t i = 0; i < exporter.drop_reason_count; i++) {
        const char *reason = exporter.drops[i].reason;
        size_t len = strspn(reason, "abcdefghijklmnopqrstuvwxyz0123456789_");
        CHECK(len > 0 && len < 32 && reason[len] == '\0', "%s: the reason %.32s", behaviour->name,
              reason);
        dropped += exporter.drops[i].spans;
    }
    CHECK(dropped == exporter.dropped, "%s: dropped %llu, by reasons %llu", behaviour->name,
          (unsigned long long)exporter.dropped, (unsigned long long)dropped);
    return exporter;
}

static void check_fate(const struct behaviour *behaviour)
{
    struct patter_exporter_stats exporter = check_books(behaviour, 0);
    CHECK(!behaviour->all_lost || exporter.exported == 0, "%s: %llu exported", behaviour->name,
          (unsigned long long)exporter.exported);
    CHECK(!behaviour->reason || exporter.dropped == 0 ||
              (exporter.drop_reason_count == 1 &&
               strcmp(exporter.drops[0].reason, behaviour->reason) == 0),
          "%s: %u reasons, the first %s", behaviour->name, exporter.drop_reason_count,
          exporter.drops[0].reason);
}

/* ---- the claims --------------------------------------------------------------------------- */

static uint64_t run_alone(const struct behaviour *behaviour)
{
    start(behaviour, "");
    uint64_t cost_ns = talk_all();
    stop(behaviour);
    check_fate(behaviour);
    return cost_ns;
}

static void check_cost(const struct behaviour *behaviour)
{
    uint64_t normal_ns = 0;
    uint64_t cost_ns = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        normal_ns = run_alone(&healthy);
        cost_ns = run_alone(behaviour);
        if (cost_ns <= normal_ns * COST_FACTOR) {
            printf("%s: %llu ns, healthy %llu ns\n", behaviour->name, (unsigned long long)cost_ns,
                   (unsigned long long)normal_ns);
            return;
        }
    }
    CHECK(false, "%s: a span costs %llu ns, beside a healthy exporter %llu ns", behaviour->name,
          (unsigned long long)cost_ns, (unsigned long long)normal_ns);
}

/* A healthy exporter beside it is done long before the other one is given up. */
static void check_neighbour(const struct behaviour *behaviour)
{
    struct patter_exporter_stats neighbour = { .struct_size = sizeof(neighbour) };
    uint64_t give_up_ns = now_ns() + PATIENCE_MS * 1000000ull;
    start(behaviour, "slow/neighbour: {delay: 0}");
    talk_all();
    do {
        usleep(10000);
        patter_get_exporter_stats(1, &neighbour);
    } while (neighbour.exported + neighbour.dropped < (uint64_t)THREADS * (SPANS + 1) &&
             now_ns() < give_up_ns);
    stop(behaviour);
    neighbour = check_books(behaviour, 1);
    bool is_full = strstr(behaviour->more, "max_memory") != NULL; /* lost for all alike */
    CHECK(neighbour.dropped == 0 || is_full, "%s: its neighbour lost %llu", behaviour->name,
          (unsigned long long)neighbour.dropped);
    check_books(behaviour, 0);
}

/* What hung held has been given back, but for the spans in its hands: room for later runs. */
static void check_room(void)
{
    struct behaviour later = healthy;
    later.name = "a later run";
    later.more = "buffer: {max_memory: 8MiB}";
    run_alone(&later);
    struct patter_exporter_stats exporter = check_books(&later, 0);
    CHECK(exporter.exported > exporter.dropped, "%llu of %llu spans found no room",
          (unsigned long long)exporter.dropped,
          (unsigned long long)(exporter.exported + exporter.dropped));
}

int main(void)
{
    ssize_t len = readlink("/proc/self/exe", plugins, sizeof(plugins) - 1);
    CHECK(len > 0, "no /proc");
    plugins[len] = '\0';
    *strrchr(plugins, '/') = '\0';
    CHECK(mkdtemp(folder), "no folder");
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(check_line, NULL);

    for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++) {
        check_cost(&behaviours[i]);
        check_neighbour(&behaviours[i]);
    }
    check_room();
    char path[128];
    snprintf(path, sizeof(path), "%s/patter.yaml", folder);
    unlink(path);
    rmdir(folder);
    return 0;
}
