/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <patter/patter.h>

#include "core/base/apart.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/sink.h"
#include "core/control.h"
#include "core/forking.h"
#include "core/record/thread.h"

/* The public functions that start, watch and end tracing. */

enum { SHUTDOWN_MS = 5000, WATCH_MS = 1000, FLUSH_LOG_MS = 100 };

static uint64_t deadline_in_ms(uint32_t timeout_ms)
{
    return pt_clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000u;
}

/* ---- start ------------------------------------------------------------------ */

static patter_status start(const struct patter_init_options *options,
                           struct pt_runtime *ret_runtime)
{
    struct pt_problems problems = { 0 };
    struct pt_runtime runtime = { 0 };

    patter_status status = pt_runtime_start(&runtime, options, &problems);
    uint64_t log_ns = deadline_in_ms(PT_CONTROL_LOG_MS);
    pt_control_log_problems(&problems, log_ns);
    pt_problems_clean(&problems);
    if (status == PATTER_OK) {
        *ret_runtime = runtime;
    } else if (status < 0) {
        pt_log(PATTER_LOG_ERROR, "tracing stays off; `patter check` shows the whole configuration");
    }
    pt_sink_drain(log_ns);
    return status;
}

/* Under lock. Waits for a start under way, and for the rest of a shutdown, within reason. */
static void wait_for_others(void)
{
    uint64_t deadline_ns = deadline_in_ms(SHUTDOWN_MS);
    bool in_time = true;
    while (pt_control.state == PT_STARTING || (in_time && !pt_control_is_settled())) {
        if (pt_control.state == PT_STARTING) {
            pthread_cond_wait(&pt_control.changed, &pt_control.lock);
        } else {
            in_time = pt_control_wait(deadline_ns);
        }
    }
}

/* Under lock, which is let go meanwhile. */
static patter_status start_unlocked(const struct patter_init_options *options)
{
    struct pt_runtime runtime;
    pt_control_set_state(PT_STARTING);
    pthread_mutex_unlock(&pt_control.lock);
    patter_status status = start(options, &runtime);
    pthread_mutex_lock(&pt_control.lock);
    pt_control_started(status, &runtime);
    return status;
}

patter_status patter_init_tracing(const struct patter_init_options *options)
{
    patter_status status = PATTER_FAILED;
    if (!pt_switch_is_on() && !pt_threads_are_on()) {
        return PATTER_DISABLED;
    }
    pt_forking_watch();
    pthread_mutex_lock(&pt_control.lock);
    wait_for_others();
    if (pt_control.state == PT_OFF || pt_control.state == PT_FORKED) {
        status = start_unlocked(options);
    } else if (pt_control.state == PT_RUNNING) {
        status = PATTER_ALREADY;
    } else if (pt_control.state == PT_OVER) {
        pt_log(PATTER_LOG_ERROR, "tracing stays off in this forked child: memory was too short to "
                                 "replace what it shares with its parent");
    } else {
        pt_log(PATTER_LOG_ERROR, "tracing stays off: the last shutdown has not come to its end; a "
                                 "plugin hangs, or the disk of storage.directory");
    }
    pthread_mutex_unlock(&pt_control.lock);
    return status;
}

int patter_is_enabled(void)
{
    return pt_threads_are_on() ||
           atomic_load_explicit(&pt_threads_state.starter, memory_order_relaxed) != NULL;
}

void patter_set_log(patter_log_fn *write, void *data)
{
    pt_sink_set(write, data);
}

/* ---- users of a running runtime ---------------------------------------------- */

/* The pipeline, which stays until pt_control_let_go(); NULL with tracing off. */
static struct pt_pipeline *hold(void)
{
    pthread_mutex_lock(&pt_control.lock);
    struct pt_pipeline *pipeline = pt_control_hold() ? pt_control.runtime.pipeline : NULL;
    pthread_mutex_unlock(&pt_control.lock);
    return pipeline;
}

patter_status patter_flush(uint32_t timeout_ms)
{
    uint64_t deadline_ns = deadline_in_ms(timeout_ms);
    struct pt_pipeline *pipeline = hold();
    if (!pipeline) {
        return patter_is_enabled() ? PATTER_OK : PATTER_DISABLED; /* in a child that has no span */
    }
    patter_status status = pt_pipeline_flush(pipeline, deadline_ns);
    pt_control_let_go();
    uint64_t log_ns = deadline_in_ms(FLUSH_LOG_MS); /* spans are what is waited for */
    pt_sink_drain(log_ns < deadline_ns ? log_ns : deadline_ns);
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

static bool read_exporter_stats(struct pt_pipeline *pipeline, size_t index,
                                struct patter_exporter_stats *ret_stats)
{
    struct patter_exporter_stats stats = { .struct_size = sizeof(stats) };
    if (!pt_pipeline_stats(pipeline, index, &stats)) {
        return false;
    }
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
    if (!stats) {
        return PATTER_INVALID;
    }
    pthread_mutex_lock(&pt_control.lock);
    if (pt_control.state == PT_RUNNING || pt_control.state == PT_DRAINING) {
        read_stats(&now, pt_pipeline_stats_count(pt_control.runtime.pipeline));
    } else {
        now = pt_control.last;
    }
    bool ever = pt_control.was_running;
    pthread_mutex_unlock(&pt_control.lock);
    hand_out(stats, stats->struct_size, &now, sizeof(now));
    return ever ? PATTER_OK : PATTER_DISABLED;
}

patter_status patter_get_exporter_stats(size_t index, struct patter_exporter_stats *stats)
{
    struct patter_exporter_stats now = { 0 };
    bool there;
    if (!stats) {
        return PATTER_INVALID;
    }
    pthread_mutex_lock(&pt_control.lock);
    if (pt_control.state == PT_RUNNING || pt_control.state == PT_DRAINING) {
        there = read_exporter_stats(pt_control.runtime.pipeline, index, &now);
    } else {
        there = index < pt_control.last.exporter_count;
        if (there) {
            now = pt_control.last_exporters[index];
        }
    }
    pthread_mutex_unlock(&pt_control.lock);
    if (there) {
        hand_out(stats, stats->struct_size, &now, sizeof(now));
    }
    return there ? PATTER_OK : PATTER_INVALID;
}

/* ---- end ------------------------------------------------------------------------- */

/* Under lock. */
static void keep_last_stats(const struct pt_runtime *runtime)
{
    size_t count = pt_pipeline_stats_count(runtime->pipeline);
    read_stats(&pt_control.last, count);
    for (size_t i = 0; i < count; i++) {
        read_exporter_stats(runtime->pipeline, i, &pt_control.last_exporters[i]);
    }
    if (pt_control.last.spans_live > 0) {
        pt_log(PATTER_LOG_WARNING, "%llu spans were still open at the shutdown and are not sent",
               (unsigned long long)pt_control.last.spans_live);
    }
}

/* Ends the run, without regard to who waits for it: whatever hangs has hung this thread alone. */
static void end_run(void *nothing)
{
    (void)nothing;
    pthread_mutex_lock(&pt_control.lock);
    struct pt_runtime runtime = pt_control.runtime;
    uint64_t deadline_ns = pt_control.end_deadline_ns;
    struct pt_watch *watch = pt_control.watch;
    pt_control.watch = NULL;
    pt_watch_stop(watch);
    pthread_mutex_unlock(&pt_control.lock);
    patter_status status = pt_runtime_drain(&runtime, deadline_ns);

    pthread_mutex_lock(&pt_control.lock);
    while (pt_control.users > 0) { /* the pipeline has ended: flushes return at once */
        pthread_cond_wait(&pt_control.changed, &pt_control.lock);
    }
    runtime.given = pt_control.runtime.given;
    runtime.settings = pt_control.runtime.settings; /* a reload may have changed them meanwhile */
    runtime.tracer = pt_control.runtime.tracer;
    keep_last_stats(&runtime);
    pt_control.end_status = status;
    pt_control.runtime = (struct pt_runtime){ 0 };
    pt_control_set_state(PT_CLEANING);
    pthread_mutex_unlock(&pt_control.lock);
    pt_runtime_clean(&runtime);
    pt_watch_leave(watch, deadline_in_ms(WATCH_MS));
    pt_sink_drain(deadline_ns);

    pthread_mutex_lock(&pt_control.lock);
    pt_control_set_state(PT_OFF);
    pthread_mutex_unlock(&pt_control.lock);
}

patter_status patter_shutdown_tracing_within(uint32_t timeout_ms)
{
    uint64_t deadline_ns = deadline_in_ms(timeout_ms);
    struct pt_task ending = { .run = end_run };
    pthread_mutex_lock(&pt_control.lock);
    for (bool in_time = true; in_time && !pt_control_is_settled();) {
        in_time = pt_control_wait(deadline_ns);
    }
    if (pt_control.state == PT_FORKED) {
        pt_control_give_up();
        pthread_mutex_unlock(&pt_control.lock);
        return PATTER_OK;
    }
    bool is_mine = pt_control.state == PT_RUNNING;
    patter_status status = pt_control_is_settled() ? PATTER_DISABLED : PATTER_TIMEOUT;
    if (is_mine) {
        pt_control_set_state(PT_DRAINING); /* nobody new comes in */
        pt_control.end_deadline_ns = deadline_ns;
        pt_control.end_status = PATTER_TIMEOUT;
    }
    pthread_mutex_unlock(&pt_control.lock);
    if (is_mine) {
        pt_apart_end(pt_apart_begin(&ending, 1), &ending, deadline_ns);
        pthread_mutex_lock(&pt_control.lock);
        status = pt_control.end_status;
        pthread_mutex_unlock(&pt_control.lock);
    }
    return status;
}

patter_status patter_shutdown_tracing(void)
{
    return patter_shutdown_tracing_within(SHUTDOWN_MS);
}
