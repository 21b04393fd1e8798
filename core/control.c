/* SPDX-License-Identifier: MIT */
#include "core/control.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/base/fork.h"
#include "core/base/log.h"
#include "core/base/sink.h"
#include "core/record/thread.h"

struct pt_control pt_control = { .lock = PTHREAD_MUTEX_INITIALIZER,
                                 .changed = PTHREAD_COND_INITIALIZER };

/* When the library is loaded, for tracing may never be on: who asks for counters all the same takes
 * the lock, and a child that another thread forks meanwhile must find it free. */
__attribute__((constructor)) static void guard(void)
{
    pt_fork_guard(&pt_control.lock, PT_RANK_CONTROL);
}

void pt_control_set_state(enum pt_control_state state)
{
    pt_control.state = state;
    pthread_cond_broadcast(&pt_control.changed);
}

bool pt_control_is_settled(void)
{
    return pt_control.state == PT_OFF || pt_control.state == PT_FORKED ||
           pt_control.state == PT_RUNNING || pt_control.state == PT_OVER;
}

bool pt_control_wait(uint64_t deadline_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(deadline_ns / 1000000000u),
        .tv_nsec = (long)(deadline_ns % 1000000000u),
    };
    return pthread_cond_clockwait(&pt_control.changed, &pt_control.lock, CLOCK_MONOTONIC, &until) ==
           0;
}

bool pt_control_hold(void)
{
    if (pt_control.state != PT_RUNNING) {
        return false;
    }
    pt_control.users++;
    return true;
}

void pt_control_let_go(void)
{
    pthread_mutex_lock(&pt_control.lock);
    if (--pt_control.users == 0) {
        pthread_cond_broadcast(&pt_control.changed);
    }
    pthread_mutex_unlock(&pt_control.lock);
}

void pt_control_started(patter_status status, const struct pt_runtime *runtime)
{
    while (pt_control.is_forking) {
        pthread_cond_wait(&pt_control.changed, &pt_control.lock);
    }
    if (status == PATTER_OK) {
        pt_control.runtime = *runtime;
        pt_control.run++;
        pt_control.was_running = true;
        pt_threads_start(); /* last: who finds tracing on can flush */
    }
    pt_control_give_up();
    if (status == PATTER_OK) {
        pt_control_set_state(PT_RUNNING);
        pt_control_follow_file();
    }
}

void pt_control_give_up(void)
{
    atomic_store_explicit(&pt_threads_state.starter, NULL, memory_order_release);
    pt_control_set_state(PT_OFF);
}

/* False where it may do later, with the same file. */
static bool reload(void)
{
    patter_status status = patter_reload();
    return status != PATTER_FAILED && status != PATTER_NO_MEMORY;
}

/* NULL: none is to be watched. */
static const char *file_to_watch(const struct pt_settings *settings)
{
    const char *file = settings->watched ? settings->file : NULL;
    return file && file[0] != '/' ? pt_given_options(pt_control.runtime.given)->config_file : file;
}

struct pt_watch *pt_control_follow_file(void)
{
    const struct pt_settings *settings = pt_control.runtime.settings;
    const char *file = file_to_watch(settings);
    struct pt_watch *before = pt_control.watch;
    if (before && file && strcmp(pt_watch_file(before), file) == 0) {
        return NULL;
    }
    pt_control.watch = file ? pt_watch_new(file, &settings->version, reload) : NULL;
    if (file && !pt_control.watch) {
        pt_log(PATTER_LOG_WARNING,
               "%s is not watched: %s; see fs.inotify.max_user_instances, or call patter_reload",
               file, strerror(errno));
    }
    pt_watch_stop(before);
    return before;
}

/* The log says the level itself. */
static void log_problem(const struct pt_problem *problem)
{
    const struct pt_place *place = &problem->place;
    if (place->line > 0) {
        pt_log(problem->level, "%s:%u:%u: %s", place->source, place->line, place->column,
               problem->text);
    } else {
        pt_log(problem->level, "%s: %s", place->source, problem->text);
    }
}

void pt_control_log_problems(struct pt_problems *problems, uint64_t deadline_ns)
{
    pt_problems_sort(problems);
    for (size_t i = 0; i < problems->count; i++) {
        log_problem(&problems->items[i]);
        pt_sink_drain(deadline_ns); /* there may be more than the sink holds */
    }
}
