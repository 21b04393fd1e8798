/* SPDX-License-Identifier: MIT */
#include "core/forking.h"

#include <pthread.h>

#include "core/base/clock.h"
#include "core/base/fork.h"
#include "core/base/log.h"
#include "core/base/sink.h"
#include "core/control.h"
#include "core/pipeline/change.h"
#include "core/pipeline/spool.h"
#include "core/record/slot.h"
#include "core/record/survival.h"
#include "core/record/thread.h"
#include "core/storage/folder.h"
#include "core/trace/call.h"

enum { CHANGE_MS = 200 }; /* a reload's last step takes as long as a pump takes to wake up */

/* Of the fork under way, which is the only one. */
static struct {
    struct pt_pipeline *pipeline; /* NULL: tracing does not run */
    struct pt_sender *senders[PT_SENDERS_MAX];
    size_t count;
    size_t in_use; /* the first of them */
} pinned;

/* In a child: what it can make anew. */
static struct {
    struct pt_instance *instances[PT_SENDERS_MAX];
    size_t count;
} inherited;

/* ---- in the parent ------------------------------------------------------------- */

/* Under lock. Until prepare() has what it pins and the locks are taken no run begins, and none gets
 * other exporters but where a disk holds the pump: the child goes on with what is pinned, and only
 * that was told of the fork. */
static void hold_changes_back(void)
{
    uint64_t deadline_ns = pt_clock_monotonic_ns() + CHANGE_MS * UINT64_C(1000000);
    pt_control.is_forking = true;
    for (bool in_time = true; in_time && pt_control.is_changing;) {
        in_time = pt_control_wait(deadline_ns);
    }
}

static void prepare(void)
{
    pthread_mutex_lock(&pt_control.lock);
    hold_changes_back();
    pinned.pipeline = pt_control_hold() ? pt_control.runtime.pipeline : NULL;
    pthread_mutex_unlock(&pt_control.lock);
    pinned.count = pinned.in_use = 0;
    if (pinned.pipeline) {
        pinned.count = pt_pipeline_pin(pinned.pipeline, pinned.senders, &pinned.in_use);
    }
    for (size_t i = 0; i < pinned.count; i++) {
        const struct pt_sender_config *config = &pinned.senders[i]->config;
        if (config->exporter->fork_prepare) {
            config->exporter->fork_prepare(config->self);
        }
    }
}

static void go_on_in_parent(void)
{
    for (size_t i = 0; i < pinned.count; i++) {
        const struct pt_sender_config *config = &pinned.senders[i]->config;
        if (config->exporter->fork_parent) {
            config->exporter->fork_parent(config->self);
        }
    }
    if (pinned.pipeline) {
        pt_pipeline_unpin(pinned.pipeline);
        pt_control_let_go();
    }
    pthread_mutex_lock(&pt_control.lock);
    pt_control.is_forking = false;
    pthread_cond_broadcast(&pt_control.changed);
    pthread_mutex_unlock(&pt_control.lock);
}

/* ---- in the child ---------------------------------------------------------------- */

static void leave_to_parent(void)
{
    if (pinned.pipeline) {
        inherited.count = 0;
    }
    for (size_t i = 0; i < pinned.count; i++) {
        const struct pt_sender *sender = pinned.senders[i];
        if (sender->config.exporter->fork_child) {
            sender->config.exporter->fork_child(sender->config.self);
        }
        if (i < pinned.in_use) {
            inherited.instances[inherited.count++] = sender->config.owner;
        }
    }
}

/* A recorder is its parent's: nobody could read it here. */
static bool can_go_on(void)
{
    if (pt_control.state == PT_RUNNING) {
        return !pt_given_options(pt_control.runtime.given)->recorder;
    }
    return pt_control.state == PT_FORKED;
}

static void forget(bool has_own_memory)
{
    pt_folder_locks_forget(); /* those, too, of journals that were being made or given up */
    if (pt_control.runtime.pipeline) {
        pt_sources_disown(pt_control.runtime.pipeline);
    }
    pt_pipeline_forget();
    pt_runtime_forget();
    pt_threads_forget();
    pt_calls_forget();
    if (has_own_memory) {
        pt_slots_forget();
    }
    pt_control.users = 0;
    pt_control.reloading = 0;
    pt_control.is_changing = false;
    pt_control.is_forking = false;
    pt_watch_forget(pt_control.watch);
    pt_control.watch = NULL;
    pthread_cond_init(&pt_control.changed, NULL); /* the parent's may count threads that wait */
    pt_control.last = (struct patter_stats){ 0 };
    if (pt_control.runtime.settings) {
        pt_control.left_behind = pt_control.runtime;
        pt_control.runtime = (struct pt_runtime){ 0 };
    }
}

/* With tracing off, too: what an earlier run left inside, a thread or a pump that hangs, is not
 * here. */
static void begin_child(void)
{
    bool has_own_memory = pt_survival_forget();
    bool goes_on = can_go_on() && has_own_memory;
    leave_to_parent();
    forget(has_own_memory);
    pt_control.state = goes_on ? PT_FORKED : has_own_memory ? PT_OFF : PT_OVER;
    atomic_store_explicit(&pt_threads_state.starter, goes_on ? pt_forking_go_on : NULL,
                          memory_order_release);
}

void pt_forking_go_on(void)
{
    struct pt_problems problems = { 0 };
    struct pt_runtime runtime = { 0 };
    pthread_mutex_lock(&pt_control.lock);
    /* Another thread that has come first is waited for: the call is to be traced. */
    while (pt_control.state == PT_STARTING) {
        pthread_cond_wait(&pt_control.changed, &pt_control.lock);
    }
    bool is_mine = pt_control.state == PT_FORKED;
    if (is_mine) {
        pt_control_set_state(PT_STARTING);
    }
    pthread_mutex_unlock(&pt_control.lock);
    if (!is_mine) {
        return;
    }
    patter_status status = pt_runtime_start_child(&runtime, &pt_control.left_behind,
                                                  inherited.instances, inherited.count, &problems);
    uint64_t log_ns = pt_clock_monotonic_ns() + PT_CONTROL_LOG_MS * UINT64_C(1000000);
    pt_control_log_problems(&problems, log_ns);
    pt_problems_clean(&problems);
    if (status != PATTER_OK) {
        pt_log(PATTER_LOG_ERROR, "tracing is off in this process, a fork of one that traces");
        pt_sink_drain(log_ns);
    }
    pthread_mutex_lock(&pt_control.lock);
    pt_control_started(status, &runtime);
    pthread_mutex_unlock(&pt_control.lock);
}

/* ---- both -------------------------------------------------------------------------- */

static const struct pt_fork_hooks hooks = { prepare, go_on_in_parent, begin_child };

void pt_forking_watch(void)
{
    pt_fork_set_hooks(&hooks);
}
