/* SPDX-License-Identifier: MIT */
#include "core/storing.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/record/survival.h"
#include "core/storage/directory.h"
#include "core/storage/file.h"

/* Of storage.max_size, rings and open spans take one part in so many, and the log the rest. */
enum { RING_SHARE = 4 };

static void tell(struct pt_problems *problems, const struct pt_settings *settings, int32_t level,
                 const struct patter_error *error, const char *cure)
{
    struct pt_text text = { 0 };
    pt_error_write(error, &text);
    pt_problem_add(problems, settings->storage.place, level, "%s%s", pt_text_get(&text), cure);
    pt_text_clean(&text);
}

/* A file beyond `ulimit -f` is refused with a signal that ends the process. It goes to the thread
 * that writes: blocked, and taken back, it leaves the refusal alone. patter's own threads have all
 * signals blocked; this is for the program's. */
struct size_guard {
    sigset_t signal;
    sigset_t before;
    bool was_pending;
};

static void guard_begin(struct size_guard *guard)
{
    sigset_t pending;
    sigemptyset(&guard->signal);
    sigaddset(&guard->signal, SIGXFSZ);
    sigemptyset(&pending);
    sigpending(&pending);
    guard->was_pending = sigismember(&pending, SIGXFSZ) == 1;
    pthread_sigmask(SIG_BLOCK, &guard->signal, &guard->before);
}

static void guard_end(const struct size_guard *guard)
{
    static const struct timespec at_once;
    while (!guard->was_pending && sigtimedwait(&guard->signal, NULL, &at_once) < 0 &&
           errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

static uint64_t ring_bytes(const struct pt_settings *settings)
{
    uint64_t share = settings->storage.max_size / RING_SHARE;
    return share < settings->max_memory ? share : settings->max_memory;
}

uint64_t pt_storing_log_max(const struct pt_settings *settings)
{
    return settings->storage.max_size - ring_bytes(settings);
}

static bool may_recover(void *resource, const struct patter_attribute *attribute)
{
    return pt_resource_may_recover(resource, attribute);
}

/* The orphans too; false when memory is short. */
static bool begin_spool(struct pt_runtime *runtime, struct pt_journal *journal)
{
    const struct pt_settings *settings = runtime->settings;
    const struct pt_storage *storage = &settings->storage;
    struct pt_spool_config config = {
        .journal = journal,
        .directory = storage->directory,
        .hash = pt_hash_copy(runtime->tracer->hash),
        .ring_bytes = ring_bytes(settings),
        .max_bytes = pt_storing_log_max(settings),
        .max_age_ns = storage->max_age_ns,
        .read_rate = storage->read_rate,
        .max_resident = settings->max_memory / 2,
    };
    if (pt_pipeline_stats_count(runtime->pipeline) > 0) { /* else they wait */
        config.orphan_count = pt_journals_adopt(storage->directory, &config.orphans);
        for (size_t i = 0; i < config.orphan_count; i++) {
            pt_journal_filter_resource(config.orphans[i], may_recover, runtime->resource);
        }
    }
    bool has_begun = pt_spool_begin(runtime->pipeline, &config);
    free(config.orphans);
    return has_begun;
}

/* A journal is begun as soon as it can be. */
static bool begin_in_memory(struct pt_runtime *runtime, struct pt_problems *problems,
                            const struct patter_error *error)
{
    tell(problems, runtime->settings, PATTER_LOG_WARNING, error,
         "; spans wait in memory until it can");
    return begin_spool(runtime, NULL);
}

static bool begin(struct pt_runtime *runtime, struct pt_problems *problems)
{
    const struct pt_settings *settings = runtime->settings;
    struct patter_error error = { 0 };
    struct pt_journal *journal =
        pt_journal_create(settings->storage.directory, runtime->resource->attributes,
                          runtime->resource->attribute_count, &error);
    if (!journal && pt_file_may_work_later(errno)) { /* no fault of the configuration's */
        return begin_in_memory(runtime, problems, &error);
    }
    if (!journal) {
        tell(problems, settings, PATTER_LOG_ERROR, &error, "");
        return false;
    }
    bool has_all = pt_survival_begin(pt_journal_dirfd(journal), ring_bytes(settings), &error);
    if (!pt_survival_has_keys()) { /* nobody could read what is stored there */
        pt_survival_end();
        pt_journal_remove(journal);
        return begin_in_memory(runtime, problems, &error);
    }
    if (!has_all) {
        tell(problems, settings, PATTER_LOG_WARNING, &error,
             "; what is in memory would not outlive a crash");
    }
    return begin_spool(runtime, journal);
}

bool pt_storing_begin(struct pt_runtime *runtime, struct pt_problems *problems)
{
    struct size_guard guard;
    if (!runtime->settings->storage.directory) {
        return true;
    }
    guard_begin(&guard);
    bool has_begun = begin(runtime, problems);
    guard_end(&guard);
    return has_begun;
}

void pt_storing_end(struct pt_runtime *runtime)
{
    const struct pt_pipeline *pipeline = runtime->pipeline;
    if (pipeline && pt_spool_is_on(&pipeline->spool) && !pipeline->pump_hung) {
        pt_survival_end();
    }
}
