/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/record/thread.h"
#include "tests/support/tracing.h"

/* Forks at moments that no test meets by chance. With threads beside: tests/stress/forks.c. */

static void check_child(pid_t pid)
{
    int status = -1;
    cr_assert(pid > 0 && waitpid(pid, &status, 0) == pid);
    cr_assert(WIFEXITED(status), "status %x", status);
    cr_assert_eq(WEXITSTATUS(status), 0, "the child said %d", WEXITSTATUS(status));
}

static int start_and_stop(void)
{
    struct patter_recorder *recorder = patter_recorder_new();
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    alarm(60);
    if (patter_init_tracing(&options) != PATTER_OK) {
        return 1;
    }
    patter_call_end(patter_call_begin(NULL));
    patter_shutdown_tracing();
    size_t count = patter_recorder_count(recorder);
    patter_recorder_destroy(recorder);
    return count == 1 ? 0 : 2;
}

/* ---- a thread that does not come back -------------------------------------------------- */

static atomic_bool is_inside, may_leave;

static void *stay_inside(void *nothing)
{
    struct pt_thread *self = pt_section_enter();
    atomic_store(&is_inside, true);
    while (!atomic_load(&may_leave)) {
        usleep(1000);
    }
    pt_section_exit(self);
    return nothing;
}

Test(forking, a_thread_that_hangs_in_the_parent_does_not_hang_in_the_child)
{
    pthread_t thread;
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    pthread_create(&thread, NULL, stay_inside, NULL);
    while (!atomic_load(&is_inside)) {
        usleep(1000);
    }
    patter_shutdown_tracing_within(50);
    cr_assert_eq(patter_init_tracing(&options), PATTER_FAILED, "the thread is still inside");
    pid_t pid = fork();
    if (pid == 0) {
        _exit(start_and_stop());
    }
    check_child(pid);
    atomic_store(&may_leave, true);
    pthread_join(thread, NULL);
    patter_recorder_destroy(recorder);
}
