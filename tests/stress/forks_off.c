/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress.h"

/* A program that never switches tracing on, whose health page asks for counters and flushes all the
 * same, forks meanwhile: a child that asks too gets its answer. */

enum { FORKS = 500, PATIENCE_S = 100, CHILD_S = 20 };

static atomic_bool done;

static void ask(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    CHECK(patter_get_stats(&stats) == PATTER_DISABLED, "stats");
    CHECK(patter_flush(0) == PATTER_DISABLED, "flush");
    CHECK(patter_reload() == PATTER_DISABLED, "reload");
    CHECK(patter_shutdown_tracing() == PATTER_DISABLED, "shutdown");
}

static void *ask_again_and_again(void *nothing)
{
    while (!atomic_load(&done)) {
        ask();
    }
    return nothing;
}

int main(void)
{
    pthread_t threads[2];
    unsetenv("PATTER_OTEL_ENABLED");
    alarm(PATIENCE_S);
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, ask_again_and_again, NULL);
    }
    for (int i = 0; i < FORKS; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            alarm(CHILD_S);
            ask();
            CHECK(patter_init_tracing(NULL) == PATTER_DISABLED, "init");
            _exit(0);
        }
        waitpid(pid, &status, 0);
        CHECK(status == 0, "child %d: status %x", i, status);
    }
    atomic_store(&done, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("%d children of a process that does not trace\n", FORKS);
    return 0;
}
