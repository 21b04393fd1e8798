/* SPDX-License-Identifier: MIT */
#include "core/pipeline/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/pipeline/backlog.h"
#include "core/pipeline/pipeline.h"
#include "core/record/survival.h"

enum { RETRY_NS = 1000 * 1000 * 1000 };

/* ---- the segment that is being written ------------------------------------------- */

static void say_unwritable(struct pt_spool *spool, int error)
{
    pt_log_limited(
        &spool->write_gate, PATTER_LOG_WARNING,
        "storage.directory %s: %s; spans wait in memory (buffer.max_memory) until it can "
        "be written again",
        spool->config.directory, strerror(error));
}

static void close_file(struct pt_spool *spool)
{
    if (spool->has_file) {
        pt_segment_file_close(&spool->file);
        spool->has_file = false;
    }
}

static int create_file(struct pt_spool *spool)
{
    if (!spool->sources) {
        return ENOENT;
    }
    return pt_segment_file_create(pt_journal_dirfd(spool->sources->journal), spool->stored_next,
                                  &spool->file);
}

void pt_spool_open(struct pt_pipeline *pipeline)
{
    struct pt_spool *spool = &pipeline->spool;
    struct pt_segment *segment = pipeline->log.newest;
    if (!pt_spool_is_on(spool)) {
        return;
    }
    close_file(spool);
    uint64_t now_ns = pt_clock_monotonic_ns();
    int error = 0;
    if (now_ns >= spool->retry_at_ns) {
        error = create_file(spool);
        if (error == ENOENT) {
            error = pt_sources_renew(pipeline);
            error = error == 0 ? create_file(spool) : error;
        }
        spool->has_file = error == 0;
        spool->retry_at_ns = error == 0 ? 0 : now_ns + RETRY_NS;
    }
    pthread_mutex_lock(&pipeline->lock);
    segment->source = spool->sources;
    if (segment->source) {
        segment->source->user_count++;
    }
    segment->stored_first = spool->stored_next;
    segment->is_stored = spool->has_file;
    pthread_mutex_unlock(&pipeline->lock);
    if (error != 0) {
        say_unwritable(spool, error);
    }
}

void pt_spool_note_vanished(struct pt_pipeline *pipeline, const struct pt_source *source)
{
    if (!pt_file_is_gone(pt_journal_dirfd(source->journal))) {
        return;
    }
    pthread_mutex_lock(&pipeline->lock);
    for (struct pt_segment *segment = pipeline->log.oldest; segment; segment = segment->next) {
        segment->is_stored = segment->is_stored && segment->source != source;
    }
    pthread_mutex_unlock(&pipeline->lock);
}

/* The next records go to a new file, in a new journal. */
static void look_for_own(struct pt_pipeline *pipeline)
{
    struct pt_spool *spool = &pipeline->spool;
    if (spool->has_file && pt_file_is_gone(spool->file.fd)) {
        close_file(spool);
        say_unwritable(spool, ENOENT);
    }
    if (spool->sources) {
        pt_spool_note_vanished(pipeline, spool->sources);
    }
}

void pt_spool_look_after(struct pt_pipeline *pipeline, bool last)
{
    struct pt_spool *spool = &pipeline->spool;
    uint64_t now_ns = pt_clock_monotonic_ns();
    if (!pt_spool_is_on(spool)) {
        return;
    }
    pt_survival_note_alive(pt_clock_unix_ns());
    if (last || now_ns >= spool->look_at_ns) {
        look_for_own(pipeline);
        spool->look_at_ns = now_ns + RETRY_NS;
    }
    if (now_ns >= spool->extend_at_ns && pt_survival_is_short()) {
        pt_survival_extend();
        spool->extend_at_ns = now_ns + RETRY_NS;
    }
}

bool pt_spool_wants_segment(const struct pt_pipeline *pipeline)
{
    const struct pt_spool *spool = &pipeline->spool;
    return pt_spool_is_on(spool) && !spool->has_file &&
           pt_clock_monotonic_ns() >= spool->retry_at_ns;
}

uint32_t pt_spool_write(struct pt_pipeline *pipeline, struct pt_copied copied)
{
    struct pt_spool *spool = &pipeline->spool;
    const struct pt_segment *segment = pipeline->log.newest;
    uint64_t first = spool->stored_next;
    uint32_t before = spool->file.size;
    if (!pt_spool_is_on(spool)) {
        return 0;
    }
    spool->stored_next += copied.count;
    if (!spool->has_file) {
        return 0;
    }
    int error = pt_segment_file_append(&spool->file, first, segment->memory->data + segment->used,
                                       copied.len, copied.count);
    if (error != 0) {
        close_file(spool);
        spool->retry_at_ns = pt_clock_monotonic_ns() + RETRY_NS;
        say_unwritable(spool, error);
    }
    return error == 0 ? spool->file.size - before : 0;
}

void pt_spool_note_written(struct pt_pipeline *pipeline, uint32_t written)
{
    struct pt_segment *segment = pipeline->log.newest;
    if (!segment->source) {
        return;
    }
    segment->is_stored = written > 0 && segment->is_stored;
    segment->stored_size += written;
    segment->changed_unix_ns = pt_clock_unix_ns();
    pipeline->spool.bytes += written;
}

void pt_spool_limit(struct pt_pipeline *pipeline)
{
    const struct pt_spool *spool = &pipeline->spool;
    const struct pt_segment *oldest;
    uint64_t age_ns = spool->config.max_age_ns;
    uint64_t now_ns = pt_clock_unix_ns();
    while (pt_spool_is_on(spool) && (oldest = pipeline->log.oldest) && oldest->next) {
        if (age_ns > 0 && oldest->changed_unix_ns + age_ns < now_ns) {
            pt_pipeline_evict_oldest(pipeline, "storage_expired");
        } else if (spool->bytes + PT_SEGMENT_SIZE > spool->config.max_bytes) {
            pt_pipeline_evict_oldest(pipeline, "storage_full");
        } else {
            break;
        }
    }
}

bool pt_spool_holds(const struct pt_sender *sender, uint64_t position)
{
    const struct pt_log_segments *log = &sender->pipeline->log;
    uint64_t answered = pt_cursor_acknowledged(&sender->cursor);
    if (!pt_spool_is_on(&sender->pipeline->spool)) {
        return false;
    }
    for (const struct pt_segment *segment = log->oldest; segment; segment = segment->next) {
        bool is_wanted = segment->first < position && segment->first + segment->count > answered;
        if (is_wanted && !segment->is_stored) {
            return false;
        }
    }
    return true;
}

uint64_t pt_spool_kept(const struct pt_sender *sender)
{
    uint64_t count = 0;
    const struct pt_segment *segment = sender->pipeline->log.oldest;
    for (; segment; segment = segment->next) {
        if (segment->is_stored) {
            count +=
                pt_cursor_pending(&sender->cursor, segment->first, segment->first + segment->count);
        }
    }
    return count;
}

/* ---- files that go ------------------------------------------------------------------ */

/* Where memory is too short to note it, the file stays until its journal goes. */
static bool note_removal(struct pt_spool *spool, struct pt_removal removal)
{
    if (spool->removal_count == spool->removal_capacity) {
        size_t capacity = spool->removal_capacity * 2 + 16;
        struct pt_removal *removals = realloc(spool->removals, capacity * sizeof(*removals));
        if (!removals) {
            return false;
        }
        spool->removals = removals;
        spool->removal_capacity = capacity;
    }
    spool->removals[spool->removal_count++] = removal;
    return true;
}

void pt_spool_forget(struct pt_pipeline *pipeline, struct pt_segment *segment)
{
    struct pt_spool *spool = &pipeline->spool;
    if (segment->source) {
        segment->is_stored = false; /* a batch in flight outlives it in memory alone */
        spool->bytes -= segment->stored_size;
        segment->source->user_count +=
            note_removal(spool, (struct pt_removal){ segment->source, segment->stored_first });
    }
}

/* Under lock. An orphan's journal whose segments are all answered for, out of the list. */
static struct pt_source *take_finished(struct pt_spool *spool)
{
    struct pt_source **link = &spool->sources;
    while (*link && ((*link)->is_own || (*link)->user_count > 0)) {
        link = &(*link)->next;
    }
    struct pt_source *finished = *link;
    if (finished) {
        *link = finished->next;
        finished->is_answered = true;
    }
    return finished;
}

static void destroy_source(struct pt_source *source)
{
    if (source->is_answered) {
        pt_journal_remove(source->journal);
    } else {
        pt_journal_close(source->journal);
    }
    free(source);
}

void pt_spool_sweep(struct pt_pipeline *pipeline)
{
    struct pt_spool *spool = &pipeline->spool;
    pthread_mutex_lock(&pipeline->lock);
    while (spool->removal_count > 0) {
        struct pt_removal removal = spool->removals[--spool->removal_count];
        pthread_mutex_unlock(&pipeline->lock);
        pt_segment_file_remove(pt_journal_dirfd(removal.source->journal), removal.stored_first);
        pthread_mutex_lock(&pipeline->lock);
        removal.source->user_count--;
    }
    struct pt_source *finished = take_finished(spool);
    pthread_mutex_unlock(&pipeline->lock);
    if (finished) {
        destroy_source(finished);
    }
}

/* ---- begin and end -------------------------------------------------------------------- */

static void close_all(struct pt_journal *const *journals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pt_journal_close(journals[i]);
    }
}

bool pt_spool_begin(struct pt_pipeline *pipeline, const struct pt_spool_config *config)
{
    struct pt_spool *spool = &pipeline->spool;
    spool->config = *config;
    pipeline->log.resident_max =
        (uint32_t)(config->max_resident / sizeof(struct pt_segment_memory));
    if (pipeline->log.resident_max < 2 * pipeline->sender_count + 2) {
        pipeline->log.resident_max = (uint32_t)(2 * pipeline->sender_count + 2);
    }
    pt_cond_init(&spool->loaded);
    spool->is_incomplete = true;
    if (config->journal && !pt_sources_add(pipeline, config->journal, true)) {
        pt_journal_remove(config->journal);
        close_all(config->orphans, config->orphan_count);
        return false;
    }
    spool->rings_survive = config->journal != NULL;
    for (size_t i = 0; i < config->orphan_count; i++) {
        struct pt_source *source = pt_sources_add(pipeline, config->orphans[i], false);
        if (!source || !pt_backlog_add(pipeline, source)) {
            size_t added = i + (source != NULL);
            close_all(config->orphans + added, config->orphan_count - added);
            return false;
        }
    }
    spool->is_incomplete = false;
    spool->begin = pipeline->log.end;
    return true;
}

/* Whether every sender has answered for all that the log has of the source. */
static bool is_answered(const struct pt_pipeline *pipeline, const struct pt_source *source)
{
    const struct pt_segment *segment = pipeline->log.oldest;
    for (; segment; segment = segment->next) {
        if (segment->source == source && !pt_pipeline_passed(pipeline, segment)) {
            return false;
        }
    }
    return true;
}

void pt_spool_end(struct pt_pipeline *pipeline)
{
    struct pt_spool *spool = &pipeline->spool;
    if (!pt_spool_is_on(spool)) {
        return;
    }
    close_file(spool);
    for (struct pt_source *source = spool->sources; source; source = source->next) {
        bool is_left = source->is_own && spool->rings_are_left;
        source->is_answered = !is_left && !spool->is_incomplete && is_answered(pipeline, source);
    }
    pt_segments_clean(&pipeline->log); /* they refer to their sources */
    for (struct pt_source *source = spool->sources; source;) {
        struct pt_source *next = source->next;
        destroy_source(source);
        source = next;
    }
    pt_hash_destroy(spool->config.hash);
    free(spool->removals);
    pthread_cond_destroy(&spool->loaded);
    *spool = (struct pt_spool){ 0 };
}
