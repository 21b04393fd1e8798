/* SPDX-License-Identifier: MIT */
#include "core/runtime.h"

#include <stdlib.h>
#include <string.h>

#include <patter/testing.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/ending.h"
#include "core/pipeline/recorder.h"
#include "core/record/key.h"
#include "core/record/slot.h"
#include "core/record/survival.h"
#include "core/record/thread.h"
#include "core/storing.h"
#include "core/terms.h"
#include "core/trace/call.h"

/* For threads to end and memory to be freed; no caller has to wait for it. */
enum { PATIENCE_NS = 1000000000 };

/* ---- what it is made of ------------------------------------------------------------ */

static bool apply_privacy(const struct pt_settings *settings, struct pt_problems *problems)
{
    struct pt_key_permission *permissions = pt_terms_permissions(settings, problems);
    bool applied = permissions && pt_keys_permit(permissions, settings->allowed_key_count);
    free(permissions);
    return applied;
}

static bool apply_resource(struct pt_runtime *runtime)
{
    const struct pt_settings *settings = runtime->settings;
    runtime->resource = pt_resource_new();
    bool added = runtime->resource != NULL;
    for (size_t i = 0; added && i < settings->resource_count; i++) {
        const struct pt_resource_entry *entry = &settings->resource[i];
        added = entry->from_code
                    ? pt_resource_add_from_code(runtime->resource, entry->key, &entry->value)
                    : pt_resource_add(runtime->resource, entry->key, &entry->value);
    }
    unsigned detectors = (settings->detect_host ? PT_DETECT_HOST : 0u) |
                         (settings->detect_process ? PT_DETECT_PROCESS : 0u);
    return added && pt_resource_complete(runtime->resource, detectors);
}

/* ---- exporters -------------------------------------------------------------------- */

static bool add_instance(struct pt_runtime *runtime, struct pt_instance *instance,
                         const struct pt_exporter_settings *settings)
{
    struct pt_sender_config config = pt_terms_sender(instance, settings);
    if (!pt_pipeline_add(runtime->pipeline, &config)) {
        pt_instance_destroy(instance);
        return false;
    }
    return true;
}

/* For tests of the user's own bot: small batches at once, and no retry to wait for. */
static bool add_recorder(struct pt_runtime *runtime, struct patter_recorder *recorder)
{
    struct pt_exporter_settings settings = {
        .timeout_ns = 1000000000u,
        .batching = runtime->settings->batching,
    };
    struct pt_instance *instance =
        pt_instance_new_builtin(&pt_recorder_exporter, recorder, "recorder");
    return instance && add_instance(runtime, instance, &settings);
}

/* Loads every exporter, so that all faults are told at once. */
static bool add_exporters(struct pt_runtime *runtime, struct pt_problems *problems)
{
    struct pt_settings *settings = runtime->settings;
    bool all_added = true;
    for (size_t i = 0; i < settings->exporter_count; i++) {
        const struct pt_exporter_settings *wanted = &settings->exporters[i];
        struct pt_instance *instance = pt_instance_new(settings, wanted, problems);
        if (instance) {
            all_added &= add_instance(runtime, instance, wanted);
        }
    }
    return all_added && problems->error_count == 0;
}

/* ---- what was left behind ------------------------------------------------------------ */

struct left {
    struct left *next;
    struct pt_runtime runtime;
    bool has_hung; /* patter's own threads, which may come back at any time; or it is a parent's */
};

static struct left *all_left; /* one caller at a time: none starts while another ends */

/* Keeps what a thread that hangs may still come back to: all but the instances that do not hang. */
static void leave_behind(const struct pt_runtime *runtime, bool has_hung)
{
    struct left *left = malloc(sizeof(*left));
    if (left) {
        *left = (struct left){ all_left, *runtime, has_hung };
        all_left = left;
    }
}

static void free_tracer(struct pt_runtime *runtime)
{
    if (pt_tracer() == runtime->tracer) { /* an earlier run's may still be in use */
        pt_tracer_set(NULL);
    }
    pt_tracer_destroy(runtime->tracer);
    runtime->tracer = NULL;
}

static void free_rest(struct pt_runtime *runtime)
{
    pt_pipeline_destroy(runtime->pipeline);
    pt_resource_destroy(runtime->resource);
    pt_settings_destroy(runtime->settings);
    pt_given_destroy(runtime->given);
}

/* With no thread inside: frees what was left behind because one was. */
static void free_left(void)
{
    struct left **at = &all_left;
    while (*at) {
        struct left *left = *at;
        if (left->has_hung) {
            at = &left->next;
            continue;
        }
        *at = left->next;
        free_tracer(&left->runtime);
        free_rest(&left->runtime);
        free(left);
    }
}

void pt_runtime_forget(void)
{
    for (struct left *left = all_left; left; left = left->next) {
        left->has_hung = true;
    }
}

/* ---- life ----------------------------------------------------------------------------- */

static bool prepare(struct pt_runtime *runtime, const struct patter_init_options *options,
                    struct pt_problems *problems)
{
    runtime->settings = pt_settings_read(options, problems);
    runtime->given = runtime->settings ? pt_given_new(options, runtime->settings->file) : NULL;
    if (!runtime->given) {
        return false;
    }
    runtime->tracer = pt_terms_tracer(runtime->settings, NULL);
    if (!runtime->tracer || !apply_privacy(runtime->settings, problems) ||
        !apply_resource(runtime)) {
        return false;
    }
    runtime->pipeline =
        pt_pipeline_new(runtime->resource->attributes, runtime->resource->attribute_count);
    if (!runtime->pipeline) {
        return false;
    }
    bool has_exporters = options && options->recorder ? add_recorder(runtime, options->recorder)
                                                      : add_exporters(runtime, problems);
    return has_exporters && problems->error_count == 0;
}

static const struct pt_place no_place = { .source = "patter_init_tracing" };

/* True once no thread is left inside from before an earlier shutdown, and its spans are void. */
static bool leave_earlier_run(struct pt_problems *problems)
{
    if (!pt_threads_quiesce(pt_clock_monotonic_ns() + PATIENCE_NS)) {
        pt_problem_add(problems, no_place, PATTER_LOG_ERROR,
                       "a thread is still inside patter since before the last shutdown; does a "
                       "signal handler that has interrupted it not return?");
        return false;
    }
    free_left();
    if (!pt_pipeline_is_alone()) {
        pt_problem_add(problems, no_place, PATTER_LOG_ERROR,
                       "a thread of patter hangs since the last shutdown; does the disk of "
                       "storage.directory answer?");
        return false;
    }
    pt_calls_abandon_all();
    pt_slots_abandon_all();
    pt_threads_zero();
    pt_survival_end(); /* a pump that hung has come back since: nobody writes to its files now */
    return true;
}

/* With the earlier run left behind: its storage begins, then its threads. */
static patter_status start_threads(struct pt_runtime *runtime, struct pt_problems *problems)
{
    pt_terms_apply_limits(runtime->settings);
    if (!pt_storing_begin(runtime, problems)) {
        return problems->error_count > 0 ? PATTER_INVALID : PATTER_NO_MEMORY;
    }
    if (!pt_pipeline_start(runtime->pipeline)) {
        pt_problem_add(problems, no_place, PATTER_LOG_ERROR,
                       "the system refuses a thread; see `ulimit -u` and the memory that is free");
        uint64_t deadline_ns = pt_clock_monotonic_ns() + PATIENCE_NS;
        pt_pipeline_stop(runtime->pipeline, deadline_ns, deadline_ns, runtime->hung);
        return PATTER_FAILED;
    }
    return PATTER_OK;
}

/* The rest of a start, once it was prepared or was not. */
static patter_status go(struct pt_runtime *runtime, bool is_prepared, struct pt_problems *problems)
{
    patter_status status = PATTER_OK;
    if (!is_prepared) {
        status = problems->error_count > 0 ? PATTER_INVALID : PATTER_NO_MEMORY;
    } else if (runtime->settings->disabled) {
        status = PATTER_DISABLED;
    } else if (!pt_threads_set_up()) {
        pt_problem_add(problems, no_place, PATTER_LOG_ERROR,
                       "no thread-specific key is left (PTHREAD_KEYS_MAX): the bot's libraries "
                       "have taken all");
        status = PATTER_FAILED;
    } else if (!leave_earlier_run(problems)) {
        status = PATTER_FAILED;
    } else {
        status = start_threads(runtime, problems);
    }
    if (status == PATTER_NO_MEMORY) {
        pt_problem_add(problems, no_place, PATTER_LOG_ERROR, "memory is short");
    }
    if (status != PATTER_OK) {
        pt_runtime_clean(runtime);
        return status;
    }
    pt_tracer_set(runtime->tracer);
    return PATTER_OK;
}

patter_status pt_runtime_start(struct pt_runtime *runtime,
                               const struct patter_init_options *options,
                               struct pt_problems *problems)
{
    return go(runtime, prepare(runtime, options, problems), problems);
}

static const struct pt_exporter_settings *find_settings(const struct pt_settings *settings,
                                                        const char *name)
{
    for (size_t i = 0; i < settings->exporter_count; i++) {
        if (pt_str_is(settings->exporters[i].name, name)) {
            return &settings->exporters[i];
        }
    }
    return NULL;
}

/* Each by the settings that it was made of: at the fork a reload may have been between those of the
 * runtime and the exporters. Those that cannot be made anew, for want of a right or a file that the
 * parent had, are told of and left out. */
static bool renew_exporters(struct pt_runtime *runtime, struct pt_instance *const *inherited,
                            size_t count, struct pt_problems *problems)
{
    bool all_added = true;
    for (size_t i = 0; i < count; i++) {
        struct pt_settings *settings = inherited[i]->settings;
        const struct pt_exporter_settings *wanted =
            settings ? find_settings(settings, inherited[i]->name) : NULL;
        struct pt_instance *instance =
            wanted ? pt_instance_renew(inherited[i], settings, wanted, problems) : NULL;
        if (instance) {
            all_added &= add_instance(runtime, instance, wanted);
        }
    }
    return all_added && (count == 0 || runtime->pipeline->sender_count > 0);
}

static bool prepare_child(struct pt_runtime *runtime, const struct pt_runtime *before,
                          struct pt_instance *const *inherited, size_t count,
                          struct pt_problems *problems)
{
    runtime->settings = pt_settings_share(before->settings);
    runtime->given = pt_given_new(pt_given_options(before->given), NULL);
    runtime->tracer = pt_terms_tracer(before->settings, before->tracer->hash);
    /* Keys may have been about to change at the fork, some of them done. */
    if (!runtime->given || !runtime->tracer || !apply_privacy(runtime->settings, problems) ||
        !apply_resource(runtime)) {
        return false;
    }
    runtime->pipeline =
        pt_pipeline_new(runtime->resource->attributes, runtime->resource->attribute_count);
    return runtime->pipeline && renew_exporters(runtime, inherited, count, problems);
}

patter_status pt_runtime_start_child(struct pt_runtime *runtime, const struct pt_runtime *before,
                                     struct pt_instance *const *inherited, size_t count,
                                     struct pt_problems *problems)
{
    return go(runtime, prepare_child(runtime, before, inherited, count, problems), problems);
}

/* The instant when so many tenths of the time until the deadline have passed. */
static uint64_t tenths_until(uint64_t deadline_ns, uint64_t tenths)
{
    uint64_t now_ns = pt_clock_monotonic_ns();
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    return now_ns + left_ns / 10 * tenths;
}

patter_status pt_runtime_drain(struct pt_runtime *runtime, uint64_t deadline_ns)
{
    struct pt_pipeline *pipeline = runtime->pipeline;
    /* The rest is for what must happen after it: interrupting and joining, then destroying. */
    uint64_t flush_ns = tenths_until(deadline_ns, 8);
    uint64_t stop_ns = tenths_until(deadline_ns, 9);
    runtime->entered = !pt_threads_quiesce(flush_ns);
    if (!runtime->entered) {
        pt_calls_abandon_all();
        pt_slots_abandon_all();
    }
    patter_status status = pt_pipeline_flush_last(pipeline, flush_ns);
    pt_pipeline_stop(pipeline, stop_ns, stop_ns + PATIENCE_NS, runtime->hung);
    return status;
}

/* False when some may still be used by a thread that hangs. */
static bool end_instances(struct pt_runtime *runtime, uint64_t deadline_ns)
{
    struct pt_pipeline *pipeline = runtime->pipeline;
    struct pt_instance *instances[PT_SENDERS_MAX] = { 0 };
    size_t count = pipeline ? pipeline->sender_count : 0;
    bool all_ended = true;
    for (size_t i = 0; i < count; i++) {
        instances[i] = pipeline->senders[i]->config.owner;
    }
    pt_instances_end(instances, count, deadline_ns, runtime->hung);
    for (size_t i = 0; i < count; i++) {
        all_ended &= !runtime->hung[i];
        if (!runtime->hung[i]) {
            pipeline->senders[i]->config.owner = NULL;
        }
    }
    return all_ended;
}

void pt_runtime_clean(struct pt_runtime *runtime)
{
    uint64_t deadline_ns = pt_clock_monotonic_ns() + PATIENCE_NS;
    bool has_hung = !end_instances(runtime, deadline_ns) ||
                    (runtime->pipeline && !pt_pipeline_is_free(runtime->pipeline, deadline_ns));
    /* The caller's time may have been too short for a thread that was inside; nobody waits now. */
    runtime->entered = runtime->entered && !pt_threads_quiesce(deadline_ns);
    if (!runtime->entered) {
        free_tracer(runtime);
    }
    pt_storing_end(runtime); /* whoever hangs: the next run has files of its own */
    if (has_hung || runtime->entered) {
        leave_behind(runtime, has_hung);
    } else {
        free_rest(runtime);
    }
    *runtime = (struct pt_runtime){ 0 };
}
