/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <libgen.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

/* A plugin that never comes back from one of its functions, or a log function that does not: the
 * shutdown keeps its deadline, the books balance, and while create() hangs no other function does.
 */

enum { DEADLINE_MS = 500, SLACK = 10 /* times the deadline: the machine may be busy */ };

static char folder[] = "/tmp/patter-stuck-XXXXXX";
static char plugins[4096];

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool has_storage;

static void configure(const char *where)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/patter.yaml", folder);
    FILE *file = fopen(path, "w");
    CHECK(file, "%s", path);
    fprintf(file, "plugin_path: [%s/plugins]\nexporters:\n  stuck: {in: %s, mark: %s/mark}\n",
            plugins, where, folder);
    if (has_storage) {
        fprintf(file, "storage: {directory: %s/spool, max_size: 4MiB}\n", folder);
    }
    fclose(file);
    CHECK(chmod(path, 0600) == 0, "%s", path);
    setenv("PATTER_CONFIG", path, 1);
}

static void run(const char *where, patter_status expected)
{
    bool is_lost = strcmp(where, "send") == 0;
    configure(where);
    patter_status status = patter_init_tracing(NULL);
    CHECK(status == PATTER_OK, "%s: init said %d", where, status);
    patter_call_end(patter_call_begin(NULL));
    uint64_t begin = now_ms();
    status = patter_shutdown_tracing_within(DEADLINE_MS);
    uint64_t took = now_ms() - begin;
    CHECK(status == expected, "%s: shutdown said %d", where, status);
    CHECK(took < DEADLINE_MS * SLACK, "%s: the shutdown took %d ms", where, (int)took);
    CHECK(stress_check_books().exported == !is_lost, "%s: wrong books", where);
}

static void stay(void *nothing, int32_t level, const char *line)
{
    (void)nothing;
    (void)level;
    (void)line;
    for (;;) {
        pause();
    }
}

/* Neither a bot's thread that sets what may not leave, nor the shutdown. */
static void run_with_a_log_that_hangs(void)
{
    configure("nowhere");
    CHECK(patter_init_tracing(NULL) == PATTER_OK, "init");
    patter_set_log(stay, NULL);
    uint64_t begin = now_ms();
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_llm_begin(call, 1, 4);
    patter_span_set_int(span, "app.not.allowed", 1);
    patter_span_set_int(span, "app.not.allowed.either", 1);
    patter_call_end(call); /* the span is still open, which is told */
    CHECK(patter_shutdown_tracing_within(DEADLINE_MS) == PATTER_OK, "shutdown");
    uint64_t took = now_ms() - begin;
    CHECK(took < DEADLINE_MS * SLACK, "a log that hangs: %d ms", (int)took);
    patter_set_log(NULL, NULL);
}

static size_t count_threads(void)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (readdir(tasks)) {
        count++;
    }
    closedir(tasks);
    return count;
}

/* Where nothing hangs nothing is left behind, however short the time. */
static void run_without_time(void)
{
    char mark[128];
    size_t threads = count_threads();
    uint64_t begin = now_ms();
    snprintf(mark, sizeof(mark), "%s/mark", folder);
    for (int i = 0; i < 20; i++) {
        configure("nowhere");
        unlink(mark);
        CHECK(patter_init_tracing(NULL) == PATTER_OK, "init");
        patter_call_end(patter_call_begin(NULL));
        patter_shutdown_tracing_within(0);
        while (access(mark, F_OK) != 0 || count_threads() > threads) {
            CHECK(now_ms() - begin < 60000, "not destroyed, or %zu threads", count_threads());
            usleep(1000);
        }
        stress_check_books();
    }
}

/* How many journals have that file. */
static size_t count_files(const char *name)
{
    char path[512];
    size_t count = 0;
    snprintf(path, sizeof(path), "%s/spool", folder);
    DIR *spool = opendir(path);
    for (struct dirent *entry; (entry = readdir(spool));) {
        snprintf(path, sizeof(path), "%s/spool/%s/%s", folder, entry->d_name, name);
        count += access(path, F_OK) == 0;
    }
    closedir(spool);
    return count;
}

/* What one leaves behind keeps its journal; the next run has one with all that a crash must not
 * lose. */
static void run_with_storage(void)
{
    has_storage = true;
    configure("send");
    CHECK(patter_init_tracing(NULL) == PATTER_OK, "init");
    patter_call_end(patter_call_begin(NULL));
    CHECK(patter_shutdown_tracing_within(DEADLINE_MS) == PATTER_TIMEOUT, "shutdown");
    CHECK(count_files("keys") == 1, "%zu keys", count_files("keys"));
    configure("nowhere");
    CHECK(patter_init_tracing(NULL) == PATTER_OK, "init after one that hangs");
    CHECK(count_files("keys") == 2, "%zu keys", count_files("keys"));
    CHECK(count_files("rings.0000") == 2, "%zu rings", count_files("rings.0000"));
    CHECK(count_files("slots.0000") == 2, "%zu slots", count_files("slots.0000"));
    patter_call_end(patter_call_begin(NULL));
    CHECK(patter_shutdown_tracing_within(DEADLINE_MS) == PATTER_OK, "shutdown");
    CHECK(count_files("keys") == 1, "%zu keys", count_files("keys"));
    has_storage = false;
}

static void *reload(void *nothing)
{
    patter_reload(); /* does not come back */
    return nothing;
}

/* Reloads of the run wait for it, and those of the next do not. */
static void run_beside_a_reload(void)
{
    pthread_t thread;
    configure("nowhere");
    CHECK(patter_init_tracing(NULL) == PATTER_OK, "init");
    configure("create");
    pthread_create(&thread, NULL, reload, NULL);
    usleep(300000);
    configure("nowhere");
    CHECK(patter_shutdown_tracing_within(DEADLINE_MS) == PATTER_OK, "shutdown");
    CHECK(patter_init_tracing(NULL) == PATTER_OK, "init");
    patter_status status = patter_reload();
    CHECK(status == PATTER_OK, "reload said %d", status);
    CHECK(patter_shutdown_tracing_within(DEADLINE_MS) == PATTER_OK, "shutdown");
}

static void *start(void *nothing)
{
    patter_init_tracing(NULL); /* does not come back */
    return nothing;
}

static void run_beside_create(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    pthread_t thread;
    int child = -1;
    configure("create");
    pthread_create(&thread, NULL, start, NULL);
    usleep(300000);
    uint64_t begin = now_ms();
    CHECK(patter_get_stats(&stats) == PATTER_OK, "get_stats");
    CHECK(patter_flush(100) == PATTER_DISABLED, "flush");
    CHECK(patter_shutdown_tracing_within(DEADLINE_MS) == PATTER_TIMEOUT, "shutdown");
    pid_t pid = fork();
    if (pid == 0) {
        _exit(patter_shutdown_tracing() == PATTER_DISABLED ? 0 : 1);
    }
    waitpid(pid, &child, 0);
    CHECK(child == 0, "the child said %x", child);
    uint64_t took = now_ms() - begin;
    CHECK(took < DEADLINE_MS * SLACK, "all that took %d ms", (int)took);
}

int main(void)
{
    alarm(120);
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    CHECK(mkdtemp(folder), "%s", folder);
    ssize_t len = readlink("/proc/self/exe", plugins, sizeof(plugins) - 1);
    CHECK(len > 0, "no /proc/self/exe");
    dirname(plugins);
    run("nowhere", PATTER_OK);
    run_without_time();
    run("send", PATTER_TIMEOUT);
    run("interrupt", PATTER_TIMEOUT);
    run("flush", PATTER_TIMEOUT);
    run("destroy", PATTER_OK);
    run_with_storage();
    run_with_a_log_that_hangs();
    run_beside_a_reload();
    run_beside_create();
    printf("a plugin or a log function that hangs delays nobody\n");
    fflush(stdout);
    _exit(0); /* what hangs would be in a leak checker's way */
}
