/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/fork.h"
#include "core/pipeline/change.h"
#include "core/record/key.h"
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

static void rewrite_config(const char *yaml)
{
    FILE *file = fopen(config, "w");
    cr_assert(file && fputs(yaml, file) >= 0 && fclose(file) == 0);
}

static void write_config(const char *yaml)
{
    cr_assert_eq(close(mkstemp(config)), 0);
    rewrite_config(yaml);
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

/* ---- in the midst of a reload ---------------------------------------------------------------- */

static bool forks_around_change;
static pid_t before_change, after_change;

/* Whether its exporters, one or none, are those with that name. */
static int call_once_for(const char *name)
{
    struct patter_exporter_stats stats = { .struct_size = sizeof(stats) };
    alarm(60);
    patter_call_end(patter_call_begin(NULL));
    return patter_is_enabled() && patter_get_exporter_stats(0, &stats) == PATTER_OK &&
                   strcmp(stats.name, name) == 0
               ? 0
               : 1;
}

static pid_t fork_for(const char *name)
{
    pid_t pid = forks_around_change ? fork() : -1;
    if (pid == 0) {
        _exit(call_once_for(name));
    }
    return pid;
}

/* The linker's names (ld --wrap). NOLINTBEGIN(bugprone-reserved-identifier) */
bool __real_pt_pipeline_change(struct pt_pipeline *pipeline, struct pt_sender *const *senders,
                               size_t count);
bool __wrap_pt_pipeline_change(struct pt_pipeline *pipeline, struct pt_sender *const *senders,
                               size_t count);

bool __wrap_pt_pipeline_change(struct pt_pipeline *pipeline, struct pt_sender *const *senders,
                               size_t count)
{
    before_change = fork_for("stdout/one");
    bool changed = __real_pt_pipeline_change(pipeline, senders, count);
    after_change = fork_for("stdout/two");
    return changed;
}
/* NOLINTEND(bugprone-reserved-identifier) */

Test(forking, beside_a_reload_the_child_has_the_exporters_of_before_or_after)
{
    write_config("exporters: {stdout/one: {format: line}}\n");
    cr_assert_eq(patter_init_tracing(NULL), PATTER_OK);
    rewrite_config("exporters: {stdout/two: {format: line}}\n");
    forks_around_change = true;
    cr_assert_eq(patter_reload(), PATTER_OK);
    forks_around_change = false;
    check_child(before_change);
    check_child(after_change);
    patter_shutdown_tracing();
    unlink(config);
}

static int set_queue(void)
{
    alarm(60);
    struct patter_call call = patter_call_begin(NULL);
    patter_span_set_text(patter_call_root(call), "app.queue", patter_text("sales"));
    return (int)tracing_stats().attributes_denied;
}

Test(forking, a_child_has_the_keys_of_its_settings_whatever_was_about_to_change)
{
    write_config("privacy: {allowed_keys: [app.queue]}\nexporters: {nowhere: {optional: true}}\n");
    cr_assert_eq(patter_init_tracing(NULL), PATTER_OK);
    pt_keys_permit(NULL, 0);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(set_queue());
    }
    check_child(pid);
    patter_shutdown_tracing();
    unlink(config);
}
