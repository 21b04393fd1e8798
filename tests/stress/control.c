/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress.h"

/*
 * Everything that controls tracing at once: many threads read the configuration again, others start
 * and stop, flush, ask and trace, the file changes and is watched, and the process forks. Nobody
 * hangs, each answer is one that may be given, no exporter has a span too many or too few; a child
 * traces, or does not, as it says it will.
 */

enum { SECONDS = 4, CONTENTS = 4, PATIENCE_S = 250, CHILD_S = 60 };

/* A sanitizer's allocator is not made for a fork beside other threads. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CHILDREN_CALL = 0 };
#else
enum { CHILDREN_CALL = 1 };
#endif

static atomic_bool done;
static atomic_int changes; /* that came into force */
static char folder[] = "/tmp/patter-control-XXXXXX";
static char config[64];

static void note(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    CHECK(!strstr(line, "memory is short"), "%s", line);
}

static void write_config(int i)
{
    static const char *const contents[CONTENTS] = {
        "exporters: {one: {plugin: %s, file: /dev/null}}\n",
        "reload: watch\nexporters: {two: {plugin: %s, file: /dev/null, delay: 300us}}\n",
        "limits: {links: many}\n# %s\n",
        "reload: watch\nexporters: {one: {plugin: %s, file: /dev/null}, two: {plugin: %s, file: "
        "/dev/null}}\n",
    };
    char new_config[80];
    snprintf(new_config, sizeof(new_config), "%s.new", config);
    FILE *file = fopen(new_config, "w");
    CHECK(file, "%s", new_config);
    for (const char *at = contents[i % CONTENTS]; *at; at++) {
        if (strncmp(at, "%s", 2) == 0) {
            fputs(getenv("LEDGER"), file);
            at++;
        } else {
            fputc(*at, file);
        }
    }
    CHECK(fclose(file) == 0 && rename(new_config, config) == 0, "%s", config);
}

/* PATTER_FAILED: too many exporters are on their way out. */
static bool may_say(patter_status status)
{
    return status == PATTER_OK || status == PATTER_INVALID || status == PATTER_FAILED;
}

/* ---- the threads --------------------------------------------------------------------- */

static void *change_file(void *nothing)
{
    for (int i = 0; !atomic_load(&done); i++) {
        write_config(i);
        usleep(3000);
    }
    return nothing;
}

static void *reload(void *nothing)
{
    while (!atomic_load(&done)) {
        patter_status status = patter_reload();
        CHECK(may_say(status) || status == PATTER_DISABLED, "reload said %d", status);
        atomic_fetch_add(&changes, status == PATTER_OK);
    }
    return nothing;
}

static void *start(void *nothing)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = config };
    while (!atomic_load(&done)) {
        patter_status status = patter_init_tracing(&options);
        CHECK(status == PATTER_OK || status == PATTER_ALREADY || status == PATTER_INVALID,
              "init said %d", status);
        usleep(2000);
    }
    return nothing;
}

static void *stop(void *nothing)
{
    while (!atomic_load(&done)) {
        usleep(20000);
        patter_status status = patter_shutdown_tracing_within(60000);
        CHECK(status == PATTER_OK || status == PATTER_DISABLED, "shutdown said %d", status);
    }
    return nothing;
}

static void *ask(void *nothing)
{
    while (!atomic_load(&done)) {
        struct patter_stats stats = { .struct_size = sizeof(stats) };
        struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
        patter_status status = patter_flush(60000);
        CHECK(status == PATTER_OK || status == PATTER_DISABLED, "flush said %d", status);
        patter_get_stats(&stats);
        patter_get_exporter_stats(0, &exporter);
        usleep(1000);
    }
    return nothing;
}

static void call_once(void)
{
    struct patter_call call = patter_call_begin(NULL);
    patter_stt_end(patter_stt_begin(call), 22, 0.9);
    patter_call_end(call);
}

static void *trace(void *nothing)
{
    while (!atomic_load(&done)) {
        call_once();
        usleep(100);
    }
    return nothing;
}

/* ---- a child ------------------------------------------------------------------------- */

static int child(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    alarm(CHILD_S);
    patter_get_stats(&stats);
    patter_flush(0);
    int is_enabled = patter_is_enabled();
    if (!CHILDREN_CALL) {
        return 0;
    }
    call_once();
    CHECK(patter_is_enabled() == is_enabled, "enabled: %d, then %d", is_enabled, !is_enabled);
    patter_status status = patter_reload();
    CHECK(is_enabled ? may_say(status) : status == PATTER_DISABLED, "reload said %d", status);
    status = patter_shutdown_tracing_within(60000);
    CHECK(status == (is_enabled ? PATTER_OK : PATTER_DISABLED), "shutdown said %d", status);
    patter_get_stats(&stats);
    CHECK(stats.spans_ended == (is_enabled ? 2u : 0u), "%d spans", (int)stats.spans_ended);
    return 0;
}

static int fork_for_a_while(void)
{
    int count = 0;
    for (int i = 0; i < SECONDS * 100; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            _exit(child());
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0, "child %d: status %x", i, status);
        count++;
        usleep(10000);
    }
    return count;
}

/* ---- in the end ---------------------------------------------------------------------- */

static void check_books(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    patter_get_stats(&stats);
    for (uint32_t i = 0; i < stats.exporter_count; i++) {
        CHECK(patter_get_exporter_stats(i, &exporter) == PATTER_OK, "exporter %u", i);
        CHECK(exporter.waiting == 0 && exporter.entered == exporter.exported + exporter.dropped,
              "%s: entered %llu, exported %llu, dropped %llu", exporter.name,
              (unsigned long long)exporter.entered, (unsigned long long)exporter.exported,
              (unsigned long long)exporter.dropped);
    }
}

int main(void)
{
    void *(*const bodies[])(void *) = { change_file, reload, reload, reload, start,
                                        stop,        ask,    ask,    trace,  trace };
    enum { THREADS = sizeof(bodies) / sizeof(bodies[0]) };
    pthread_t threads[THREADS];
    alarm(PATIENCE_S);
    CHECK(getenv("LEDGER") && mkdtemp(folder), "LEDGER names the plugin");
    snprintf(config, sizeof(config), "%s/patter.yaml", folder);
    write_config(0);
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(note, NULL);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, bodies[i], NULL);
    }
    int children = fork_for_a_while();
    atomic_store(&done, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    patter_shutdown_tracing_within(60000);
    check_books();
    CHECK(setenv("PATTER_TEST_FOLDER", folder, 1) == 0 &&
              system("rm -r \"$PATTER_TEST_FOLDER\"") == 0,
          "rm");
    printf("%d changes and %d children, while tracing started and stopped\n", atomic_load(&changes),
           children);
    return 0;
}
