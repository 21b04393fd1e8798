/* SPDX-License-Identifier: MIT */
#include "core/pipeline/spool.h"

#include <errno.h>
#include <stdio.h>
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

/* 0 or errno. */
static int create_file(struct pt_spool *spool, uint64_t first)
{
    const struct pt_source *own = pt_spool_own(spool);
    int error =
        own ? pt_segment_file_create(pt_journal_dirfd(own->journal), first, &spool->file) : ENOENT;
    spool->has_file = error == 0;
    spool->written_count = 0;
    return error;
}

/* The newest segment's, in the own journal, or in another where that has vanished; 0 or errno. */
static int open_file(struct pt_pipeline *pipeline)
{
    struct pt_spool *spool = &pipeline->spool;
    int error = create_file(spool, spool->stored_next);
    if (error == ENOENT) {
        error = pt_sources_renew(pipeline);
        error = error == 0 ? create_file(spool, spool->stored_next) : error;
    }
    return error;
}

static void note_refusal(struct pt_spool *spool, int error)
{
    spool->retry_at_ns = pt_clock_monotonic_ns() + RETRY_NS;
    say_unwritable(spool, error);
}

void pt_spool_open(struct pt_pipeline *pipeline)
{
    struct pt_spool *spool = &pipeline->spool;
    struct pt_segment *segment = pipeline->log.newest;
    if (!pt_spool_is_on(spool)) {
        return;
    }
    close_file(spool);
    int error = pt_clock_monotonic_ns() < spool->retry_at_ns ? EAGAIN : open_file(pipeline);
    pthread_mutex_lock(&pipeline->lock);
    segment->source = pt_spool_own(spool);
    if (segment->source) {
        segment->source->user_count++;
    }
    segment->stored_first = spool->stored_next;
    segment->is_stored = spool->has_file;
    pthread_mutex_unlock(&pipeline->lock);
    if (error != 0 && error != EAGAIN) {
        note_refusal(spool, error);
    }
}

bool pt_spool_try_again(struct pt_pipeline *pipeline)
{
    struct pt_spool *spool = &pipeline->spool;
    const struct pt_segment *newest = pipeline->log.newest;
    if (!pt_spool_is_on(spool) || spool->has_file || !newest ||
        pt_clock_monotonic_ns() < spool->retry_at_ns) {
        return false;
    }
    bool is_renewed = false;
    if (pt_spool_own(spool) && newest->source != pt_spool_own(spool)) {
        return true; /* memory was short for it before */
    }
    int error = create_file(spool, newest->stored_first);
    if (error == ENOENT) {
        error = pt_sources_renew(pipeline);
        is_renewed = error == 0;
    }
    if (error != 0) {
        note_refusal(spool, error);
    }
    return is_renewed;
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
    if (pt_spool_own(spool)) {
        pt_spool_note_vanished(pipeline, pt_spool_own(spool));
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
        if (!last) {
            pt_survival_extend();
            pt_survival_say_beyond();
        }
        spool->look_at_ns = now_ns + RETRY_NS;
    }
}

/* What the newest segment has and its file lacks, and the `copied` behind it: 0 or errno. */
static int catch_up(struct pt_spool *spool, const struct pt_segment *segment,
                    struct pt_copied copied)
{
    uint32_t begin = pt_segment_offset(segment, spool->written_count);
    uint32_t count = segment->count + copied.count - spool->written_count;
    int error = pt_segment_file_append(&spool->file, segment->stored_first + spool->written_count,
                                       segment->memory->data + begin,
                                       segment->used + copied.len - begin, count);
    if (error == 0) {
        spool->written_count += count;
    } else {
        note_refusal(spool, error);
    }
    return error;
}

uint32_t pt_spool_write(struct pt_pipeline *pipeline, struct pt_copied copied)
{
    struct pt_spool *spool = &pipeline->spool;
    uint32_t before = spool->file.size;
    if (!pt_spool_is_on(spool)) {
        return 0;
    }
    spool->stored_next += copied.count;
    if (spool->has_file && spool->written_count > pipeline->log.newest->count) {
        return 0; /* what was written last came too late for the log, which has ended */
    }
    if (!spool->has_file || pt_clock_monotonic_ns() < spool->retry_at_ns ||
        catch_up(spool, pipeline->log.newest, copied) != 0) {
        return 0;
    }
    return spool->file.size - before;
}

void pt_spool_note_written(struct pt_pipeline *pipeline, uint32_t written)
{
    struct pt_segment *segment = pipeline->log.newest;
    if (!segment->source) {
        return;
    }
    segment->is_stored = written > 0;
    segment->stored_size += written;
    segment->changed_ns = pt_clock_monotonic_ns();
    pipeline->spool.bytes += written;
}

/* How long ago the last of its records came. What another process left tells it by the clock on
 * the wall; of its own a step of that clock makes nothing old. */
static uint64_t age_ns_of(const struct pt_segment *segment)
{
    bool is_foreign = segment->source && segment->source->is_foreign;
    uint64_t now_ns = is_foreign ? pt_clock_unix_ns() : pt_clock_monotonic_ns();
    return now_ns > segment->changed_ns ? now_ns - segment->changed_ns : 0;
}

void pt_spool_limit(struct pt_pipeline *pipeline)
{
    const struct pt_spool *spool = &pipeline->spool;
    const struct pt_segment *oldest;
    uint64_t max_age_ns = spool->config.max_age_ns;
    while (pt_spool_is_on(spool) && (oldest = pipeline->log.oldest) && oldest->next) {
        if (max_age_ns > 0 && age_ns_of(oldest) > max_age_ns) {
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
        uint64_t end = segment->first + segment->count;
        count += segment->is_stored ? pt_cursor_pending(&sender->cursor, segment->first, end) : 0;
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
    snprintf(spool->directory, sizeof(spool->directory), "%s", config->directory);
    spool->config.directory = spool->directory; /* a reload exchanges the settings */
    pipeline->log.resident_max =
        (uint32_t)(config->max_resident / sizeof(struct pt_segment_memory));
    if (pipeline->log.resident_max < 2 * pipeline->sender_count + 2) {
        pipeline->log.resident_max = (uint32_t)(2 * pipeline->sender_count + 2);
    }
    pt_cond_init(&spool->loaded);
    spool->is_incomplete = true;
    if (!config->hash || (config->journal && !pt_sources_add(pipeline, config->journal, true))) {
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
    spool->recovered_end = pipeline->log.end;
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
    pt_spool_sweep(pipeline); /* what the last round of the pump gave up */
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
