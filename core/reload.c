/* SPDX-License-Identifier: MIT */
#include "core/reload.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/config/compare.h"
#include "core/pipeline/backlog.h"
#include "core/pipeline/change.h"
#include "core/record/thread.h"
#include "core/terms.h"

static const struct pt_place no_place = { .source = "patter_reload" };

static patter_status complain(struct pt_problems *problems, patter_status status, const char *text)
{
    pt_problem_add(problems, no_place, PATTER_LOG_ERROR, "%s", text);
    return status;
}

static patter_status complain_memory(struct pt_problems *problems)
{
    return complain(problems, PATTER_NO_MEMORY, "memory is short");
}

/* ---- what is wanted ----------------------------------------------------------- */

/* It was there, and a slip must not move spans to another backend. */
static bool is_gone(const struct pt_given *given, struct pt_problems *problems)
{
    struct stat stat_;
    const char *file = pt_given_options(given)->config_file;
    bool is_gone =
        file && *file && stat(file, &stat_) != 0 && (errno == ENOENT || errno == ENOTDIR);
    if (is_gone) {
        pt_problem_add(problems, (struct pt_place){ .source = file }, PATTER_LOG_ERROR,
                       "the file is gone; put it back, or restart to do without it");
    }
    return is_gone;
}

patter_status pt_reload_read(struct pt_reload *reload, const struct pt_given *given,
                             struct pt_problems *problems)
{
    if (is_gone(given, problems)) {
        return PATTER_INVALID;
    }
    reload->settings = pt_settings_read(pt_given_options(given), problems);
    if (!reload->settings) {
        return complain_memory(problems);
    }
    reload->given = pt_given_new(pt_given_options(given), reload->settings->file);
    if (!reload->given) {
        return complain_memory(problems);
    }
    if (reload->settings->exporter_count > PT_SENDERS_IN_USE_MAX) {
        pt_problem_add(problems, reload->settings->exporters[PT_SENDERS_IN_USE_MAX].place,
                       PATTER_LOG_ERROR, "there are more than %d exporters", PT_SENDERS_IN_USE_MAX);
    }
    if (problems->error_count == 0) {
        reload->permissions = pt_terms_permissions(reload->settings, problems);
    }
    return problems->error_count > 0 ? PATTER_INVALID
           : reload->permissions     ? PATTER_OK
                                     : complain_memory(problems);
}

/* ---- what is there ------------------------------------------------------------- */

/* Says what was changed in vain. */
static void note_fixed(const struct pt_settings *before, const struct pt_settings *settings,
                       struct pt_problems *problems)
{
    static const char *const words = "takes effect at the next start";
    struct pt_place place = { .source = settings->file ? settings->file : "patter_reload" };
    if (!pt_resources_equal(before, settings)) {
        pt_problem_add(problems, place, PATTER_LOG_WARNING,
                       "what has changed of service, resource and resource_detectors %s", words);
    }
    if (!pt_storages_equal(&before->storage, &settings->storage)) {
        pt_problem_add(problems, place, PATTER_LOG_WARNING, "what has changed of storage %s",
                       words);
    }
    if (settings->disabled) {
        pt_problem_add(problems, place, PATTER_LOG_WARNING, "OTEL_SDK_DISABLED %s", words);
    }
}

static bool names_exporters(const struct pt_settings *settings)
{
    return settings->file && settings->exporter_count > 0 &&
           strcmp(settings->exporters[0].place.source, settings->file) == 0;
}

/* What a file says no more. False when it says nothing. */
static bool check_file(const struct pt_settings *before, const struct pt_settings *settings,
                       bool has_recorder, struct pt_problems *problems)
{
    struct pt_place place = { .source = settings->file };
    bool is_emptied = settings->file && settings->is_blank && !before->is_blank;
    if (is_emptied) {
        pt_problem_add(problems, place, PATTER_LOG_ERROR,
                       "the file is empty; write what is to be in force, or restart to do without "
                       "it");
    } else if (!has_recorder && names_exporters(before) && !names_exporters(settings)) {
        pt_problem_add(problems, place, PATTER_LOG_WARNING,
                       "the file names no exporter any more: the code, OTEL_* variables or the "
                       "default say where spans go from now on");
    }
    return !is_emptied;
}

static const struct pt_exporter_settings *find_settings(const struct pt_settings *settings,
                                                        struct patter_str name)
{
    for (size_t i = 0; i < settings->exporter_count; i++) {
        if (pt_str_equal(settings->exporters[i].name, name)) {
            return &settings->exporters[i];
        }
    }
    return NULL;
}

/* Under the pipeline's lock. */
static struct pt_sender *find_sender(const struct pt_pipeline *pipeline, const char *name)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        if (sender->state == PT_SENDER_IN_USE && strcmp(sender->config.name, name) == 0) {
            return sender;
        }
    }
    return NULL;
}

/* Under the pipeline's lock. */
static void match(struct pt_reload *reload, const struct pt_runtime *runtime)
{
    const struct pt_settings *settings = reload->settings;
    reload->count = settings->exporter_count;
    for (size_t i = 0; i < reload->count; i++) {
        const struct pt_exporter_settings *wanted = &settings->exporters[i];
        const struct pt_exporter_settings *before = find_settings(runtime->settings, wanted->name);
        reload->wanted[i] = wanted;
        if (before && pt_exporters_equal(before, wanted)) {
            reload->senders[i] = find_sender(runtime->pipeline, wanted->name.data);
            reload->staying += reload->senders[i] != NULL;
        }
    }
    for (size_t i = 0; i < runtime->pipeline->sender_count; i++) {
        reload->ending += runtime->pipeline->senders[i]->state == PT_SENDER_IN_USE;
    }
    reload->ending -= reload->staying;
}

patter_status pt_reload_compare(struct pt_reload *reload, const struct pt_runtime *runtime,
                                struct pt_problems *problems)
{
    struct pt_pipeline *pipeline = runtime->pipeline;
    bool has_recorder = pt_given_options(runtime->given)->recorder != NULL;
    if (!check_file(runtime->settings, reload->settings, has_recorder, problems)) {
        return PATTER_INVALID;
    }
    note_fixed(runtime->settings, reload->settings, problems);
    pthread_mutex_lock(&pipeline->lock);
    if (has_recorder) { /* it is the only exporter, whatever else */
        reload->senders[0] = pipeline->senders[0];
        reload->count = reload->staying = 1;
    } else {
        match(reload, runtime);
    }
    pthread_mutex_unlock(&pipeline->lock);
    /* Without a hash_key the random one stays: one caller keeps one hash. */
    bool was_random = runtime->settings->hash_key.len == 0;
    reload->tracer = pt_terms_tracer(reload->settings, was_random ? runtime->tracer->hash : NULL);
    return reload->tracer ? PATTER_OK : complain_memory(problems);
}

/* ---- what is new ------------------------------------------------------------------ */

patter_status pt_reload_load(struct pt_reload *reload, struct pt_problems *problems)
{
    size_t count = 0;
    for (size_t i = 0; i < reload->count; i++) {
        struct pt_sender *sender = reload->senders[i];
        struct pt_instance *instance =
            sender ? NULL : pt_instance_new(reload->settings, reload->wanted[i], problems);
        if (sender || instance) { /* an optional one may be missing */
            reload->senders[count] = sender;
            reload->instances[count] = instance;
            reload->wanted[count] = reload->wanted[i];
            count++;
        }
    }
    reload->count = count;
    return problems->error_count > 0 ? PATTER_INVALID : PATTER_OK;
}

/* ---- the change -------------------------------------------------------------------- */

static void discard_new(struct pt_reload *reload)
{
    for (size_t i = 0; i < reload->count; i++) {
        if (reload->senders[i] && reload->senders[i]->state == PT_SENDER_COMING) {
            pt_pipeline_discard(reload->senders[i]);
        }
    }
}

static bool prepare_new(struct pt_reload *reload, struct pt_pipeline *pipeline)
{
    for (size_t i = 0; i < reload->count; i++) {
        if (!reload->instances[i]) {
            continue;
        }
        struct pt_sender_config config = pt_terms_sender(reload->instances[i], reload->wanted[i]);
        reload->senders[i] = pt_pipeline_prepare(pipeline, &config);
        if (!reload->senders[i]) {
            return false;
        }
        reload->instances[i] = NULL; /* the sender's now */
    }
    return true;
}

patter_status pt_reload_prepare(struct pt_reload *reload, struct pt_pipeline *pipeline,
                                struct pt_problems *problems)
{
    patter_status status = PATTER_OK;
    if (!pt_pipeline_has_room(pipeline, reload->count, reload->staying)) {
        return complain(problems, PATTER_FAILED,
                        "exporters that earlier changes have replaced still have spans to send, "
                        "too many for one more change; try again when they have gone");
    }
    if (!prepare_new(reload, pipeline)) {
        status = complain(problems, PATTER_FAILED,
                          "memory is short, or the system refuses a thread; see `ulimit -u`");
    } else if (!(reload->hash = pt_hash_copy(reload->tracer->hash)) ||
               !pt_keys_permit(reload->permissions, reload->settings->allowed_key_count)) {
        status = complain_memory(problems);
    }
    if (status != PATTER_OK) {
        discard_new(reload);
    }
    return status;
}

void pt_reload_swap(struct pt_reload *reload, struct pt_runtime *runtime)
{
    struct pt_given *given = runtime->given;
    struct pt_settings *settings = runtime->settings;
    struct pt_tracer *tracer = runtime->tracer;
    runtime->given = reload->given;
    runtime->settings = reload->settings;
    runtime->tracer = reload->tracer;
    pt_tracer_set(runtime->tracer);
    pt_backlog_set_hash(runtime->pipeline, reload->hash);
    pt_terms_apply_limits(runtime->settings);
    reload->given = given;
    reload->settings = settings;
    reload->tracer = tracer;
    reload->hash = NULL;
    reload->is_swapped = true;
}

patter_status pt_reload_change(struct pt_reload *reload, struct pt_pipeline *pipeline)
{
    if (!pt_pipeline_change(pipeline, reload->senders, reload->count)) {
        discard_new(reload);
        return PATTER_DISABLED;
    }
    return PATTER_OK;
}

/* ---- the end ------------------------------------------------------------------------ */

struct kept {
    struct kept *next;
    struct pt_tracer *tracer;
};

/* For a thread that does not come back, as from a log function that hangs. */
static void keep_for_ever(struct pt_tracer *tracer)
{
    static _Atomic(struct kept *) all_kept; /* so that leak checkers find it */
    struct kept *kept = malloc(sizeof(*kept));
    if (kept) {
        *kept = (struct kept){ atomic_load(&all_kept), tracer };
        while (!atomic_compare_exchange_weak(&all_kept, &kept->next, kept)) {
        }
    }
}

void pt_reload_clean(struct pt_reload *reload)
{
    if (reload->is_swapped && !pt_threads_pass(pt_clock_monotonic_ns() + 1000000000u)) {
        keep_for_ever(reload->tracer);
        reload->tracer = NULL;
    }
    for (size_t i = 0; i < reload->count; i++) {
        pt_instance_destroy(reload->instances[i]);
    }
    pt_hash_destroy(reload->hash);
    pt_tracer_destroy(reload->tracer);
    pt_settings_destroy(reload->settings);
    pt_given_destroy(reload->given);
    free(reload->permissions);
    *reload = (struct pt_reload){ 0 };
}
