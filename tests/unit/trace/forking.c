/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/fork.h"
#include "core/record/thread.h"
#include "core/trace/call.h"
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

/* ---- beside the end of a start ----------------------------------------------------------- */

static pthread_mutex_t turnstile = PTHREAD_MUTEX_INITIALIZER; /* what a fork waits for first */
static atomic_bool is_telling, may_go_on, has_started;
static char config[] = "/tmp/patter-forking-XXXXXX";

/* Init has something to say before its end, and the log function takes its time. */
static void hold_init_up(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    (void)line;
    atomic_store(&is_telling, true);
    while (!atomic_load(&may_go_on)) {
        usleep(1000);
    }
}

static void write_config(const char *yaml)
{
    int file = mkstemp(config);
    cr_assert(file >= 0 && write(file, yaml, strlen(yaml)) == (ssize_t)strlen(yaml));
    close(file);
    setenv("PATTER_CONFIG", config, 1);
    setenv("PATTER_OTEL_ENABLED", "1", 1);
}

static void *start(void *ret_status)
{
    *(patter_status *)ret_status = patter_init_tracing(NULL);
    atomic_store(&has_started, true);
    return NULL;
}

/* Whether it traces or not, its first call changes nothing about that. */
static int call_once(void)
{
    alarm(60);
    int was_enabled = patter_is_enabled();
    patter_call_end(patter_call_begin(NULL));
    return patter_is_enabled() == was_enabled ? 0 : 1;
}

static void *fork_once(void *ret_pid)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(call_once());
    }
    *(pid_t *)ret_pid = pid;
    return NULL;
}

Test(forking, a_run_that_begins_while_a_fork_is_under_way_is_not_the_childs)
{
    pthread_t starting, forking;
    patter_status status = PATTER_FAILED;
    pid_t pid = -1;
    write_config("exporters: {stdout: {sending_queue: {queue_size: 1}}}\n");
    patter_set_log(hold_init_up, NULL);
    pt_fork_guard(&turnstile, 0);
    pthread_mutex_lock(&turnstile);
    pthread_create(&starting, NULL, start, &status);
    while (!atomic_load(&is_telling)) {
        usleep(1000);
    }
    pthread_create(&forking, NULL, fork_once, &pid);
    usleep(100000); /* it has found that no run is there */
    atomic_store(&may_go_on, true);
    for (int i = 0; i < 200 && !atomic_load(&has_started); i++) {
        usleep(1000);
    }
    pthread_mutex_unlock(&turnstile);
    pthread_join(forking, NULL);
    pthread_join(starting, NULL);
    cr_assert_eq(status, PATTER_OK);
    check_child(pid);
    cr_assert(patter_is_enabled());
    patter_shutdown_tracing();
    unlink(config);
}

Test(forking, a_child_of_one_without_exporters_goes_on_without)
{
    write_config("exporters: {nowhere: {optional: true}}\n");
    cr_assert_eq(patter_init_tracing(NULL), PATTER_OK);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(call_once());
    }
    check_child(pid);
    patter_shutdown_tracing();
    unlink(config);
}

/* ---- in the midst of a call's end ---------------------------------------------------------- */

static int begin_many(void)
{
    enum { MANY = 100 };
    struct patter_call calls[MANY];
    alarm(60);
    for (int i = 0; i < MANY; i++) {
        calls[i] = patter_call_begin(NULL);
        for (int j = 0; j < i; j++) {
            if (calls[i].handle == 0 ||
                pt_call_find(calls[i].handle) == pt_call_find(calls[j].handle)) {
                return 1;
            }
        }
    }
    return 0;
}

/* One that has counted a spare call, and has not stored it: which is there is another thread's. */
Test(forking, a_spare_call_that_is_counted_first_is_nobodys)
{
    write_config("exporters: {nowhere: {optional: true}}\n");
    cr_assert_eq(patter_init_tracing(NULL), PATTER_OK);
    struct patter_call open = patter_call_begin(NULL);
    pt_thread_self->spare_calls[pt_thread_self->spare_call_count++] = pt_call_find(open.handle);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(begin_many());
    }
    pt_thread_self->spare_call_count--;
    check_child(pid);
    patter_call_end(open);
    patter_shutdown_tracing();
    unlink(config);
}
