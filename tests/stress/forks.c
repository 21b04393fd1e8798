/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress.h"

/* Forks while other threads start tracing, log and shut it down: neither parent nor child hangs,
 * and each child can trace. */

enum { FORKS = 300, PATIENCE_S = 60 };

static atomic_bool done;

static void swallow(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    (void)line;
}

static void *start_and_stop(void *recorder)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    while (!atomic_load(&done)) {
        patter_init_tracing(&options);
        patter_tts_begin(patter_call_begin(NULL), 1); /* left open: the shutdown tells of it */
        patter_shutdown_tracing();
    }
    return NULL;
}

/* A sanitizer's allocator is not made for a fork beside other threads: there the child does
 * nothing, and that the parent does not hang is all that is asked. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static int child(void)
{
    return 0;
}
#else
static int child(void)
{
    struct patter_recorder *recorder = patter_recorder_new();
    alarm(PATIENCE_S);
    stress_start(recorder);
    patter_call_end(patter_call_begin(NULL));
    CHECK(patter_shutdown_tracing() == PATTER_OK, "the child's shutdown");
    CHECK(patter_recorder_count(recorder) == 1, "the child's span");
    stress_check_books();
    patter_recorder_destroy(recorder);
    return 0;
}
#endif

int main(void)
{
    pthread_t thread;
    struct patter_recorder *recorder = patter_recorder_new();
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(swallow, NULL);
    pthread_create(&thread, NULL, start_and_stop, recorder);
    alarm(PATIENCE_S);
    for (int i = 0; i < FORKS; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0) {
            _exit(child());
        }
        waitpid(pid, &status, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child %d: status %x", i, status);
    }
    atomic_store(&done, true);
    pthread_join(thread, NULL);
    patter_recorder_destroy(recorder);
    printf("%d children of a process that starts and stops all the while\n", FORKS);
    return 0;
}
