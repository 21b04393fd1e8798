/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <patter/patter.h>

#include "stress.h"

/*
 * A server that forks its workers while it traces: each child goes on by itself, and a child of it
 * too, without a word of its own. Every span arrives once: the parent's from the parent, the
 * children's from the children. One that only runs another program starts nothing.
 */

enum { FORKS = 200, THREADS = 3, CALLS = 4, SPANS_OF_CALL = 3, PATIENCE_S = 280 };

/* A sanitizer's allocator is not made for a fork beside other threads: there a child is looked at
 * before its first call, and ends. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CHILDREN_CALL = 0 };
#else
enum { CHILDREN_CALL = 1 };
#endif

static atomic_bool done;
static char folder[] = "/tmp/patter-preforked-XXXXXX";
static char ledger[64], config[64];

static void call_once(void)
{
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_span_begin(call, "app.step");
    patter_stt_end(patter_stt_begin(call), 22, 0.9);
    patter_span_end(span);
    patter_call_end(call);
}

static void *serve(void *nothing)
{
    while (!atomic_load(&done)) {
        call_once();
        usleep(300);
    }
    return nothing;
}

static int count_threads(void)
{
    int count = 0;
    char line[128];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof(line), status)) {
        sscanf(line, "Threads: %d", &count);
    }
    if (status) {
        fclose(status);
    }
    return count;
}

static void check_stats(uint64_t spans)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    CHECK(patter_get_stats(&stats) == PATTER_OK && stats.spans_ended == spans,
          "%llu spans ended, not %llu", (unsigned long long)stats.spans_ended,
          (unsigned long long)spans);
    CHECK(spans == 0 || (patter_get_exporter_stats(0, &exporter) == PATTER_OK &&
                         exporter.exported == spans && exporter.dropped == 0),
          "%llu of %llu exported", (unsigned long long)exporter.exported,
          (unsigned long long)spans);
}

static int wait_for(pid_t pid)
{
    int status = -1;
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid, "no child");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int child(bool has_child, struct patter_call inherited)
{
    alarm(PATIENCE_S);
    CHECK(patter_is_enabled(), "tracing goes on");
    CHECK(count_threads() == 1, "%d threads before the first call", count_threads());
    CHECK(patter_flush(1000) == PATTER_OK && count_threads() == 1, "nothing to flush");
    check_stats(0);
    patter_call_end(inherited); /* the parent's: a no-op here */
    if (!CHILDREN_CALL) {
        return 0;
    }
    for (int i = 0; i < CALLS; i++) {
        call_once();
    }
    if (has_child) {
        pid_t pid = fork();
        if (pid == 0) {
            _exit(child(false, inherited));
        }
        CHECK(wait_for(pid) == 0, "the child's child");
    }
    CHECK(patter_shutdown_tracing() == PATTER_OK, "the child's shutdown");
    check_stats((uint64_t)CALLS * SPANS_OF_CALL);
    return 0;
}

static void run_other_programs(void)
{
    char *const arguments[] = { (char *)"true", NULL };
    extern char **environ;
    pid_t pid = fork();
    if (pid == 0) {
        execlp("true", "true", (char *)NULL);
        _exit(1);
    }
    CHECK(wait_for(pid) == 0, "exec");
    CHECK(posix_spawnp(&pid, "true", NULL, NULL, arguments, environ) == 0 && wait_for(pid) == 0,
          "posix_spawn");
    CHECK(system("true") == 0, "system");
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

static void check_arrived(uint64_t expected)
{
    FILE *file = fopen(ledger, "r");
    char(*ids)[8] = malloc((expected + 1) * sizeof(*ids));
    CHECK(file && ids, "%s", ledger);
    size_t count = fread(ids, sizeof(*ids), expected + 1, file);
    CHECK(count == expected, "%zu spans of %llu", count, (unsigned long long)expected);
    qsort(ids, count, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < count; i++) {
        CHECK(memcmp(ids[i - 1], ids[i], 8) != 0, "a span came twice");
    }
    fclose(file);
    free(ids);
}

static void start(bool is_stored)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = config };
    CHECK(mkdtemp(folder) && getenv("LEDGER"), "LEDGER names the plugin");
    snprintf(ledger, sizeof(ledger), "%s/ledger", folder);
    snprintf(config, sizeof(config), "%s/patter.yaml", folder);
    FILE *file = fopen(config, "w");
    CHECK(file, "%s", config);
    fprintf(file, "exporters: {ledger: {plugin: %s, file: %s}}\n", getenv("LEDGER"), ledger);
    if (is_stored) {
        fprintf(file, "storage: {directory: %s/store}\n", folder);
    }
    fclose(file);
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    CHECK(patter_init_tracing(&options) == PATTER_OK, "init");
    unlink(config); /* a child reads nothing again */
}

/* With an argument: with storage. */
int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    alarm(PATIENCE_S);
    (void)argv;
    start(argc > 1);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, serve, NULL);
    }
    struct patter_call open = patter_call_begin(NULL);
    for (int i = 0; i < FORKS; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            _exit(child(i % 10 == 0, open));
        }
        CHECK(wait_for(pid) == 0, "child %d", i);
    }
    run_other_programs();
    patter_call_end(open);
    atomic_store(&done, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(patter_shutdown_tracing() == PATTER_OK, "shutdown");
    patter_get_stats(&stats);
    check_stats(stats.spans_ended);
    uint64_t of_children = (FORKS + FORKS / 10) * (uint64_t)CALLS * SPANS_OF_CALL * CHILDREN_CALL;
    check_arrived(stats.spans_ended + of_children);
    CHECK(setenv("PATTER_TEST_FOLDER", folder, 1) == 0 &&
              system("rm -r \"$PATTER_TEST_FOLDER\"") == 0,
          "rm");
    printf("%llu spans of the parent, %llu of its %d children and theirs\n",
           (unsigned long long)stats.spans_ended, (unsigned long long)of_children, FORKS);
    return 0;
}
