/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

/* A thread of patter's own stands still, as it does when a disk or a file server no longer answers:
 * the shutdown keeps its deadline, the books balance, and tracing starts anew once it moves on. A
 * child of this process holds the thread, as a debugger would. */

enum { DEADLINE_MS = 500, SLACK = 10, SPANS = 1000, NOT_ALLOWED = 77 };

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* 0 when there is none such. */
static pid_t find_thread(const char *wanted)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    pid_t found = 0;
    while ((task = readdir(tasks))) {
        char path[300];
        char name[32] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        if (file && fgets(name, sizeof(name), file) && strncmp(name, wanted, strlen(wanted)) == 0) {
            found = (pid_t)atoi(task->d_name);
        }
        if (file) {
            fclose(file);
        }
    }
    closedir(tasks);
    return found;
}

struct freezer {
    pid_t child;
    int from; /* one byte once the thread stands still */
    int to;   /* closed: let it go */
};

/* False where the system allows nobody to hold a thread. */
static bool freeze(struct freezer *freezer, pid_t thread)
{
    int there[2], back[2];
    char answer = 'n';
    CHECK(thread != 0 && pipe(there) == 0 && pipe(back) == 0, "no thread, or no pipe");
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    freezer->child = fork();
    if (freezer->child == 0) {
        close(back[1]);
        bool held = ptrace(PTRACE_SEIZE, thread, NULL, NULL) == 0 &&
                    ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) == 0 &&
                    waitpid(thread, NULL, __WALL) == thread;
        if (write(there[1], held ? "y" : "n", 1) == 1) {
            while (read(back[0], &answer, 1) > 0) {
            }
        }
        _exit(0); /* which lets it go */
    }
    close(there[1]);
    close(back[0]);
    freezer->from = there[0];
    freezer->to = back[1];
    return read(freezer->from, &answer, 1) == 1 && answer == 'y';
}

static void thaw(struct freezer *freezer)
{
    close(freezer->to);
    close(freezer->from);
    waitpid(freezer->child, NULL, 0);
}

static void look_for_loss(void *found, const char *line, size_t len)
{
    static const char wanted[] = "otel.sdk.exporter.span.exported{otel.component.name=\"recorder\","
                                 "error.type=\"shutdown\"} 1000\n";
    *(bool *)found |= len == sizeof(wanted) - 1 && memcmp(line, wanted, len) == 0;
}

static void run(const char *thread, patter_status init_meanwhile)
{
    struct patter_recorder *recorder = patter_recorder_new();
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    struct freezer freezer;
    stress_start(recorder);
    usleep(100000); /* it sleeps */
    if (!freeze(&freezer, find_thread(thread))) {
        printf("SKIPPED: no thread may be held here (ptrace)\n");
        exit(NOT_ALLOWED);
    }
    for (int i = 0; i < SPANS; i++) {
        patter_call_end(patter_call_begin(NULL));
    }
    uint64_t begin = now_ms();
    patter_status status = patter_shutdown_tracing_within(DEADLINE_MS);
    uint64_t took = now_ms() - begin;
    CHECK(status == PATTER_TIMEOUT, "%s: shutdown said %d", thread, status);
    CHECK(took < DEADLINE_MS * SLACK, "%s: the shutdown took %d ms", thread, (int)took);
    struct patter_exporter_stats stats = stress_check_books();
    CHECK(stats.exported == 0 && stats.dropped == SPANS && stats.waiting == 0,
          "%s: %d exported, %d dropped", thread, (int)stats.exported, (int)stats.dropped);
    bool is_told = false;
    CHECK(patter_dump_stats(look_for_loss, &is_told) == PATTER_OK && is_told, "%s: no line of it",
          thread);
    status = patter_init_tracing(&options);
    CHECK(status == init_meanwhile, "%s: init said %d meanwhile", thread, status);
    patter_shutdown_tracing();

    thaw(&freezer);
    usleep(100000);
    stress_start(recorder);
    patter_call_end(patter_call_begin(NULL));
    CHECK(patter_shutdown_tracing_within(60000) == PATTER_OK, "%s: later", thread);
    stats = stress_check_books();
    CHECK(stats.exported == 1, "%s: %d exported later", thread, (int)stats.exported);
    printf("%s stands still: the shutdown took %d ms\n", thread, (int)took);
}

int main(void)
{
    alarm(120);
    run("patter-send", PATTER_OK);
    run("patter-pump", PATTER_FAILED);
    fflush(stdout);
    _exit(0); /* what was left behind stays */
}
