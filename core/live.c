/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include <patter/patter.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/sink.h"
#include "core/control.h"
#include "core/forking.h"
#include "core/reload.h"

/* The public function that changes the configuration of tracing that runs. */

/* Under lock. */
static bool is_run(uint32_t run)
{
    return pt_control.state == PT_RUNNING && pt_control.run == run;
}

/* A copy of what init was given, and which run it is; NULL with tracing off. One at a time in a
 * run: a plugin's create() may hang, and hangs the reloads of its run alone. */
static patter_status begin_reload(struct pt_given **ret_given, uint32_t *ret_run)
{
    patter_status status = PATTER_DISABLED;
    pthread_mutex_lock(&pt_control.lock);
    while (pt_control.state == PT_RUNNING && pt_control.reloading == pt_control.run) {
        pthread_cond_wait(&pt_control.changed, &pt_control.lock);
    }
    if (pt_control.state == PT_RUNNING) {
        *ret_given = pt_given_new(pt_given_options(pt_control.runtime.given), NULL);
        *ret_run = pt_control.run;
        pt_control.reloading = *ret_given ? pt_control.run : 0;
        status = *ret_given ? PATTER_OK : PATTER_NO_MEMORY;
    }
    pthread_mutex_unlock(&pt_control.lock);
    return status;
}

static void end_reload(uint32_t run)
{
    pthread_mutex_lock(&pt_control.lock);
    if (pt_control.reloading == run) {
        pt_control.reloading = 0;
        pthread_cond_broadcast(&pt_control.changed);
    }
    pthread_mutex_unlock(&pt_control.lock);
}

static patter_status compare(struct pt_reload *reload, uint32_t run, struct pt_problems *problems)
{
    pthread_mutex_lock(&pt_control.lock);
    patter_status status =
        is_run(run) ? pt_reload_compare(reload, &pt_control.runtime, problems) : PATTER_DISABLED;
    pthread_mutex_unlock(&pt_control.lock);
    return status;
}

/* The pipeline, whose exporters are about to change; NULL: it is not this run's any more. */
static struct pt_pipeline *begin_change(uint32_t run)
{
    pthread_mutex_lock(&pt_control.lock);
    while (pt_control.is_forking) {
        pthread_cond_wait(&pt_control.changed, &pt_control.lock);
    }
    struct pt_pipeline *pipeline =
        is_run(run) && pt_control_hold() ? pt_control.runtime.pipeline : NULL;
    pt_control.is_changing = pipeline != NULL;
    pthread_mutex_unlock(&pt_control.lock);
    return pipeline;
}

/* Before the exporters: a child forked in between has new exporters with the settings they are
 * of, and at no time new ones with a former privacy. */
static void swap(struct pt_reload *reload)
{
    pthread_mutex_lock(&pt_control.lock);
    pt_reload_swap(reload, &pt_control.runtime);
    pthread_mutex_unlock(&pt_control.lock);
}

static patter_status apply(struct pt_reload *reload, uint32_t run, struct pt_problems *problems)
{
    struct pt_watch *before = NULL;
    struct pt_pipeline *pipeline = begin_change(run);
    if (!pipeline) {
        return PATTER_DISABLED;
    }
    patter_status status = pt_reload_prepare(reload, pipeline, problems);
    if (status == PATTER_OK) {
        swap(reload);
        status = pt_reload_change(reload, pipeline);
    }
    pthread_mutex_lock(&pt_control.lock);
    if (status == PATTER_OK && is_run(run)) {
        before = pt_control_follow_file();
    }
    pt_control.is_changing = false;
    pthread_cond_broadcast(&pt_control.changed);
    pthread_mutex_unlock(&pt_control.lock);
    pt_watch_leave(before, pt_clock_monotonic_ns()); /* it may be this very thread */
    pt_control_let_go();
    return status;
}

static void log_outcome(const struct pt_reload *reload, patter_status status)
{
    if (status == PATTER_OK) {
        pt_log(PATTER_LOG_INFO,
               "the configuration was read again; exporters: %zu as before, %zu new, %zu ending",
               reload->staying, reload->count - reload->staying, reload->ending);
    } else if (status < 0) {
        pt_log(PATTER_LOG_ERROR,
               "the configuration stays as it was; `patter check` shows the whole of the new one");
    }
}

patter_status patter_reload(void)
{
    struct pt_reload reload = { 0 };
    struct pt_problems problems = { 0 };
    struct pt_given *given = NULL;
    uint32_t run = 0;
    pt_forking_go_on(); /* what its parent had is what a child changes */
    patter_status status = begin_reload(&given, &run);
    if (status != PATTER_OK) {
        return status;
    }
    status = pt_reload_read(&reload, given, &problems);
    if (status == PATTER_OK) {
        status = compare(&reload, run, &problems);
    }
    if (status == PATTER_OK) {
        status = pt_reload_load(&reload, &problems);
    }
    if (status == PATTER_OK) {
        status = apply(&reload, run, &problems);
    }
    uint64_t log_ns = pt_clock_monotonic_ns() + PT_CONTROL_LOG_MS * UINT64_C(1000000);
    pt_control_log_problems(&problems, log_ns);
    log_outcome(&reload, status);
    pt_sink_drain(log_ns);
    pt_problems_clean(&problems);
    pt_reload_clean(&reload);
    pt_given_destroy(given);
    end_reload(run);
    return status;
}
