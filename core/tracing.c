/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <patter/patter.h>

#include "core/base/clock.h"
#include "core/base/fork.h"
#include "core/base/log.h"
#include "core/base/sink.h"
#include "core/base/text.h"
#include "core/record/slot.h"
#include "core/record/thread.h"
#include "core/runtime.h"
#include "core/trace/call.h"

/* The public functions that start, watch and end tracing. */

enum { SHUTDOWN_MS = 5000, LOG_MS = 1000 };

/* A plugin may hang where it is created or destroyed: then no lock is held. */
enum state { OFF, STARTING, RUNNING, DRAINING, CLEANING };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;    /* of the state and of users */
    enum state state;          /* under lock, as all that follows */
    uint32_t users;            /* flushes under way */
    struct pt_runtime runtime; /* while RUNNING or DRAINING */
    bool was_running;          /* ever: the two below hold the last run's counts */
    struct patter_stats last;
    struct patter_exporter_stats last_exporters[PT_SENDERS_MAX];
    struct pt_runtime left_behind; /* in a child: the parent's, unreachable but for leak checkers */
    pthread_once_t once;
} control = { .lock = PTHREAD_MUTEX_INITIALIZER,
              .changed = PTHREAD_COND_INITIALIZER,
              .once = PTHREAD_ONCE_INIT };

/* A child has none of its parent's threads: its tracing is off until it starts its own. What the
 * parent's runtime holds stays untouched, and is the parent's to send. */
static void on_fork_child(void)
{
    if (control.state == OFF) {
        return;
    }
    for (size_t i = 0; i < control.runtime.instance_count; i++) {
        const struct pt_instance *instance = control.runtime.instances[i];
        if (instance->exporter->fork_child) {
            instance->exporter->fork_child(instance->self);
        }
    }
    pt_threads_forget();
    pt_calls_abandon_all();
    pt_slots_forget();
    control.state = OFF;
    control.users = 0;
    pthread_cond_init(&control.changed, NULL); /* the parent's may count threads that wait */
    control.left_behind = control.runtime;
    control.runtime = (struct pt_runtime){ 0 };
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, on_fork_child);
    pt_fork_guard(&control.lock, PT_RANK_CONTROL);
}

static uint64_t deadline_in_ms(uint32_t timeout_ms)
{
    return pt_clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000u;
}

/* ---- start ------------------------------------------------------------------ */

/* Each is written before the next: there may be more than the sink holds. */
static void log_problems(struct pt_problems *problems, uint64_t deadline_ns)
{
    pt_problems_sort(problems);
    for (size_t i = 0; i < problems->count; i++) {
        struct pt_text line = { 0 };
        pt_problem_write(&problems->items[i], &line);
        pt_log(problems->items[i].level, "%s", pt_text_get(&line));
        pt_text_clean(&line);
        pt_sink_drain(deadline_ns);
    }
}

/* Under lock. */
static void set_state(enum state state)
{
    control.state = state;
    pthread_cond_broadcast(&control.changed);
}

static patter_status start(const struct patter_init_options *options,
                           struct pt_runtime *ret_runtime)
{
    struct pt_problems problems = { 0 };
    struct pt_runtime runtime = { 0 };

    patter_status status = pt_runtime_start(&runtime, options, &problems);
    uint64_t log_ns = deadline_in_ms(LOG_MS);
    log_problems(&problems, log_ns);
    pt_problems_clean(&problems);
    if (status == PATTER_OK) {
        *ret_runtime = runtime;
    } else if (status < 0) {
        pt_log(PATTER_LOG_ERROR, "tracing stays off; `patter check` shows the whole configuration");
    }
    pt_sink_drain(log_ns);
    return status;
}

patter_status patter_init_tracing(const struct patter_init_options *options)
{
    patter_status status = PATTER_ALREADY;
    struct pt_runtime runtime;
    if (!pt_switch_is_on() && !pt_threads_are_on()) {
        return PATTER_DISABLED;
    }
    pthread_once(&control.once, watch_forks);
    pthread_mutex_lock(&control.lock);
    while (control.state == STARTING) {
        pthread_cond_wait(&control.changed, &control.lock);
    }
    if (control.state == OFF) {
        set_state(STARTING);
        pthread_mutex_unlock(&control.lock);
        status = start(options, &runtime);
        pthread_mutex_lock(&control.lock);
        if (status == PATTER_OK) {
            control.runtime = runtime;
            control.was_running = true;
            pt_threads_start(); /* last: who finds tracing on can flush */
        }
        set_state(status == PATTER_OK ? RUNNING : OFF);
    }
    pthread_mutex_unlock(&control.lock);
    return status;
}

int patter_is_enabled(void)
{
    return pt_threads_are_on();
}

void patter_set_log(patter_log_fn *write, void *data)
{
    pt_sink_set(write, data);
}

/* ---- users of a running runtime ---------------------------------------------- */

/* The pipeline, which stays until let_go(); NULL with tracing off. */
static struct pt_pipeline *hold(void)
{
    struct pt_pipeline *pipeline = NULL;
    pthread_mutex_lock(&control.lock);
    if (control.state == RUNNING) {
        pipeline = control.runtime.pipeline;
        control.users++;
    }
    pthread_mutex_unlock(&control.lock);
    return pipeline;
}

static void let_go(void)
{
    pthread_mutex_lock(&control.lock);
    if (--control.users == 0) {
        pthread_cond_broadcast(&control.changed);
    }
    pthread_mutex_unlock(&control.lock);
}

patter_status patter_flush(uint32_t timeout_ms)
{
    uint64_t deadline_ns = deadline_in_ms(timeout_ms);
    struct pt_pipeline *pipeline = hold();
    if (!pipeline) {
        return PATTER_DISABLED;
    }
    patter_status status = pt_pipeline_flush(pipeline, deadline_ns);
    let_go();
    pt_sink_drain(deadline_ns);
    return status;
}

/* ---- counters ------------------------------------------------------------------- */

static void read_stats(struct patter_stats *stats, size_t exporter_count)
{
    *stats = (struct patter_stats){
        .struct_size = sizeof(*stats),
        .exporter_count = (uint32_t)exporter_count,
        .spans_started = pt_threads_sum(PT_STARTED),
        .spans_unsampled = pt_threads_sum(PT_UNSAMPLED),
        .spans_live = pt_threads_sum(PT_LIVE),
        .spans_ended = pt_threads_sum(PT_ENDED),
        .misuses = pt_threads_sum(PT_MISUSES),
        .attributes_denied = pt_threads_sum(PT_ATTRIBUTES_DENIED),
        .attributes_invalid = pt_threads_sum(PT_ATTRIBUTES_INVALID),
        .attributes_scanned = pt_threads_sum(PT_ATTRIBUTES_SCANNED),
        .attributes_over_limit = pt_threads_sum(PT_ATTRIBUTES_OVER_LIMIT),
        .events_over_limit = pt_threads_sum(PT_EVENTS_OVER_LIMIT),
        .links_over_limit = pt_threads_sum(PT_LINKS_OVER_LIMIT),
        .names_replaced = pt_threads_sum(PT_NAMES_REPLACED),
        .call_ids_hashed = pt_threads_sum(PT_CALL_IDS_HASHED),
    };
}

/* What found no room in a ring is lost for every exporter alike. */
static void add_refused(struct patter_exporter_stats *stats)
{
    uint64_t refused = pt_threads_sum(PT_BUFFER_FULL);
    size_t i = 0;
    if (refused == 0) {
        return;
    }
    while (i < stats->drop_reason_count && strcmp(stats->drops[i].reason, "buffer_full") != 0) {
        i++;
    }
    if (i == stats->drop_reason_count) {
        i = i < PT_DROP_REASONS ? i : PT_DROP_REASONS - 1;
        if (i == stats->drop_reason_count) {
            stats->drop_reason_count++;
            snprintf(stats->drops[i].reason, sizeof(stats->drops[i].reason), "buffer_full");
        }
    }
    stats->drops[i].spans += refused;
    stats->dropped += refused;
}

static bool read_exporter_stats(struct pt_pipeline *pipeline, size_t index,
                                struct patter_exporter_stats *ret_stats)
{
    struct patter_exporter_stats stats = { .struct_size = sizeof(stats) };
    if (!pt_pipeline_stats(pipeline, index, &stats)) {
        return false;
    }
    add_refused(&stats);
    *ret_stats = stats;
    return true;
}

/* Copies as much as a caller of an older header has room for. */
static void hand_out(void *to, uint32_t to_size, const void *from, size_t from_size)
{
    memcpy(to, from, to_size < from_size ? to_size : from_size);
    memcpy(to, &to_size, sizeof(to_size)); /* struct_size comes first and stays the caller's */
}

patter_status patter_get_stats(struct patter_stats *stats)
{
    struct patter_stats now;
    pthread_mutex_lock(&control.lock);
    if (control.state == RUNNING || control.state == DRAINING) {
        read_stats(&now, control.runtime.pipeline->sender_count);
    } else {
        now = control.last;
    }
    bool ever = control.was_running;
    pthread_mutex_unlock(&control.lock);
    hand_out(stats, stats->struct_size, &now, sizeof(now));
    return ever ? PATTER_OK : PATTER_DISABLED;
}

patter_status patter_get_exporter_stats(size_t index, struct patter_exporter_stats *stats)
{
    struct patter_exporter_stats now = { 0 };
    bool there;
    pthread_mutex_lock(&control.lock);
    if (control.state == RUNNING || control.state == DRAINING) {
        there = read_exporter_stats(control.runtime.pipeline, index, &now);
    } else {
        there = index < control.last.exporter_count;
        if (there) {
            now = control.last_exporters[index];
        }
    }
    pthread_mutex_unlock(&control.lock);
    if (there) {
        hand_out(stats, stats->struct_size, &now, sizeof(now));
    }
    return there ? PATTER_OK : PATTER_INVALID;
}

/* ---- end ------------------------------------------------------------------------- */

/* Under lock. */
static void keep_last_stats(const struct pt_runtime *runtime)
{
    size_t count = runtime->pipeline->sender_count;
    read_stats(&control.last, count);
    for (size_t i = 0; i < count; i++) {
        read_exporter_stats(runtime->pipeline, i, &control.last_exporters[i]);
    }
    if (control.last.spans_live > 0) {
        pt_log(PATTER_LOG_WARNING, "%llu spans were still open at the shutdown and are not sent",
               (unsigned long long)control.last.spans_live);
    }
}

/* Under lock. Waits for a start under way; false when the deadline passed first. */
static bool wait_for_start(uint64_t deadline_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(deadline_ns / 1000000000u),
        .tv_nsec = (long)(deadline_ns % 1000000000u),
    };
    bool in_time = true;
    while (in_time && control.state == STARTING) {
        in_time =
            pthread_cond_clockwait(&control.changed, &control.lock, CLOCK_MONOTONIC, &until) == 0;
    }
    return control.state != STARTING;
}

/* Under lock, which is let go meanwhile. */
static patter_status shut_down(uint64_t deadline_ns)
{
    struct pt_runtime runtime = control.runtime;
    set_state(DRAINING); /* nobody new comes in */
    pthread_mutex_unlock(&control.lock);
    patter_status status = pt_runtime_drain(&runtime, deadline_ns);

    pthread_mutex_lock(&control.lock);
    while (control.users > 0) { /* the pipeline has ended: flushes return at once */
        pthread_cond_wait(&control.changed, &control.lock);
    }
    keep_last_stats(&runtime);
    control.runtime = (struct pt_runtime){ 0 };
    set_state(CLEANING);
    pthread_mutex_unlock(&control.lock);
    pt_runtime_clean(&runtime, deadline_ns);
    pt_sink_drain(deadline_ns);

    pthread_mutex_lock(&control.lock);
    set_state(OFF);
    return status;
}

patter_status patter_shutdown_tracing_within(uint32_t timeout_ms)
{
    uint64_t deadline_ns = deadline_in_ms(timeout_ms);
    patter_status status = PATTER_DISABLED;
    pthread_mutex_lock(&control.lock);
    if (!wait_for_start(deadline_ns)) {
        status = PATTER_TIMEOUT;
    } else if (control.state == RUNNING) {
        status = shut_down(deadline_ns);
    }
    pthread_mutex_unlock(&control.lock);
    return status;
}

patter_status patter_shutdown_tracing(void)
{
    return patter_shutdown_tracing_within(SHUTDOWN_MS);
}
