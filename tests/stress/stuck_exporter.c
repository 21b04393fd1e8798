/* SPDX-License-Identifier: MIT */
#include <libgen.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

/* A plugin that never comes back from flush(), destroy() or create(): the shutdown keeps its
 * deadline, the books balance, and while create() hangs no other function does. */

enum { DEADLINE_MS = 500, SLACK = 10 /* times the deadline: the machine may be busy */ };

static char folder[] = "/tmp/patter-stuck-XXXXXX";
static char plugins[4096];

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void configure(const char *where)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/patter.yaml", folder);
    FILE *file = fopen(path, "w");
    CHECK(file, "%s", path);
    fprintf(file, "plugin_path: [%s/plugins]\nexporters:\n  stuck: {in: %s}\n", plugins, where);
    fclose(file);
    CHECK(chmod(path, 0600) == 0, "%s", path);
    setenv("PATTER_CONFIG", path, 1);
}

static void run(const char *where, patter_status expected)
{
    configure(where);
    patter_status status = patter_init_tracing(NULL);
    CHECK(status == PATTER_OK, "%s: init said %d", where, status);
    patter_call_end(patter_call_begin(NULL));
    uint64_t begin = now_ms();
    status = patter_shutdown_tracing_within(DEADLINE_MS);
    uint64_t took = now_ms() - begin;
    CHECK(status == expected, "%s: shutdown said %d", where, status);
    CHECK(took < DEADLINE_MS * SLACK, "%s: the shutdown took %d ms", where, (int)took);
    CHECK(stress_check_books().exported == 1, "%s: not exported", where);
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
    run("flush", PATTER_TIMEOUT);
    run("destroy", PATTER_OK);
    run_beside_create();
    printf("a plugin stuck in flush, destroy or create delays nobody\n");
    fflush(stdout);
    _exit(0); /* what hangs would be in a leak checker's way */
}
