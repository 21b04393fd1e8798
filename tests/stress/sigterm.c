/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "stress.h"

/* The README's two lines for SIGTERM: under load, every span that has ended is exported. */

enum { THREADS = 4 };

static atomic_bool done;

static void *talk(void *nothing)
{
    while (!atomic_load(&done)) {
        struct patter_call call = patter_call_begin(NULL);
        patter_span_end(patter_llm_begin(call, 1, 4));
        patter_call_end(call);
        usleep(50);
    }
    return nothing;
}

static void *terminate(void *nothing)
{
    usleep(300000);
    kill(getpid(), SIGTERM);
    return nothing;
}

int main(void)
{
    pthread_t threads[THREADS + 1];
    sigset_t ends;
    int signal_number = 0;
    alarm(120);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before any thread: they inherit it */
    struct patter_recorder *recorder = patter_recorder_new();
    stress_start(recorder);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, talk, NULL);
    }
    pthread_create(&threads[THREADS], NULL, terminate, NULL);
    sigwait(&ends, &signal_number);
    CHECK(patter_shutdown_tracing_within(60000) == PATTER_OK, "shutdown");
    atomic_store(&done, true);
    for (int i = 0; i <= THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    struct patter_exporter_stats stats = stress_check_books();
    CHECK(stats.exported > 0 && stats.dropped == 0 && stats.waiting == 0, "%d lost",
          (int)(stats.dropped + stats.waiting));
    CHECK(patter_recorder_count(recorder) == stats.exported, "%zu arrived",
          patter_recorder_count(recorder));
    printf("SIGTERM under load: %zu spans, none lost\n", patter_recorder_count(recorder));
    patter_recorder_destroy(recorder);
    return 0;
}
