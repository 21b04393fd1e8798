/* SPDX-License-Identifier: MIT */
/*
 * A server that forks while it traces; each process says on standard error how many spans it has
 * ended, and how many of them were lost. Usage: preforked workers|forks
 * workers: 8 children that each serve calls. forks: 200 short-lived ones under load; each fourth
 * runs another program.
 */

#include <patter/patter.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 8, CALLS_OF_WORKER = 40, FORKS = 200, THREADS = 2, PATIENCE_S = 100 };

static atomic_bool done;

static void serve_call(void)
{
    struct patter_call call = patter_call_begin(NULL);
    patter_stt_end(patter_stt_begin(call), 22, 0.9);
    patter_span_end(patter_llm_begin(call, 0, 1));
    patter_call_end(call);
}

static void *serve(void *nothing)
{
    while (!atomic_load(&done)) {
        serve_call();
        usleep(5000);
    }
    return nothing;
}

/* 0 when all went well. */
static int end(void)
{
    struct patter_stats stats = { .struct_size = sizeof(stats) };
    struct patter_exporter_stats exporter = { .struct_size = sizeof(exporter) };
    int faults = patter_shutdown_tracing() != PATTER_OK;
    faults += patter_get_stats(&stats) != PATTER_OK;
    faults += patter_get_exporter_stats(0, &exporter) != PATTER_OK;
    char line[96];
    snprintf(line, sizeof(line), "ended %llu lost %llu\n", (unsigned long long)stats.spans_ended,
             (unsigned long long)exporter.dropped);
    return faults || write(STDERR_FILENO, line, strlen(line)) < 0;
}

/* In a child. */
static void work(int calls)
{
    alarm(PATIENCE_S);
    for (int i = 0; i < calls; i++) {
        serve_call();
        usleep(calls > 1 ? 5000 : 0);
    }
    _exit(end());
}

static pid_t fork_one(int calls)
{
    pid_t pid = fork();
    if (pid == 0 && calls > 0) {
        work(calls);
    }
    if (pid == 0) {
        execlp("true", "true", (char *)NULL);
        _exit(1);
    }
    return pid;
}

static int wait_for(pid_t pid)
{
    int status = -1;
    return pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
}

static int fork_workers(void)
{
    int faults = 0;
    pid_t pids[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        pids[i] = fork_one(CALLS_OF_WORKER);
    }
    for (int i = 0; i < WORKERS; i++) {
        faults += wait_for(pids[i]);
    }
    return faults;
}

static int fork_often(void)
{
    int faults = 0;
    for (int i = 0; i < FORKS; i++) {
        faults += wait_for(fork_one(i % 4 != 0));
    }
    return faults;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    alarm(PATIENCE_S);
    if (argc != 2 || patter_init_tracing(NULL) != PATTER_OK) {
        return 2;
    }
    serve_call();
    if (patter_flush(5000) != PATTER_OK) { /* the exporter has connected */
        return 3;
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, serve, NULL);
    }
    int faults = strcmp(argv[1], "workers") == 0 ? fork_workers() : fork_often();
    atomic_store(&done, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    serve_call();
    faults += end();
    return faults != 0;
}
