/* SPDX-License-Identifier: MIT */
#include "core/pipeline/backlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/storage/import.h"

enum { TRIES = 3, TRY_AGAIN_NS = 1000 * 1000 * 1000 };

/* ---- at the start ------------------------------------------------------------------- */

static bool add_segments(struct pt_pipeline *pipeline, struct pt_source *source)
{
    const struct pt_journal_file *files;
    size_t count = pt_journal_files(source->journal, &files);
    for (size_t i = 0; i < count; i++) {
        struct pt_segment *segment = pt_segments_add_absent(&pipeline->log, files[i].count);
        if (!segment) {
            return false;
        }
        segment->source = source;
        segment->stored_first = files[i].first;
        segment->stored_size = files[i].size;
        segment->changed_ns = files[i].changed_unix_ns;
        source->user_count++;
        pipeline->spool.bytes += files[i].size;
    }
    return true;
}

/* Where the journal's records [range) stand in the log, of one segment; empty: not in it. */
static struct pt_range in_segment(const struct pt_segment *segment, struct pt_range range)
{
    uint64_t stored_end = segment->stored_first + segment->count;
    uint64_t first = range.first > segment->stored_first ? range.first : segment->stored_first;
    uint64_t end = range.end < stored_end ? range.end : stored_end;
    if (end <= first) {
        return (struct pt_range){ 0 };
    }
    return (struct pt_range){ segment->first + (first - segment->stored_first),
                              segment->first + (end - segment->stored_first) };
}

/* Ranges come in order; those that touch become one. */
static bool push_answered(struct pt_sender *sender, struct pt_range range)
{
    struct pt_range *last =
        sender->answered_count > 0 ? &sender->answered[sender->answered_count - 1] : NULL;
    if (range.end == range.first) {
        return true;
    }
    if (last && last->end == range.first) {
        last->end = range.end;
        return true;
    }
    struct pt_range *ranges =
        realloc(sender->answered, (sender->answered_count + 1) * sizeof(*ranges));
    if (!ranges) {
        return false;
    }
    sender->answered = ranges;
    sender->answered[sender->answered_count++] = range;
    return true;
}

/* What the dead process' exporter of that name had answered for is passed over. */
static bool add_answered(struct pt_sender *sender, const struct pt_source *source)
{
    struct pt_range ranges[PT_ANSWERED_MAX];
    const struct pt_stored_cursor *stored = source->cursors[sender->cursor.place];
    size_t count = stored ? pt_stored_cursor_answered(stored, ranges, PT_ANSWERED_MAX) : 0;
    const struct pt_segment *segment = sender->pipeline->log.oldest;
    for (; segment; segment = segment->next) {
        for (size_t i = 0; segment->source == source && i < count; i++) {
            if (!push_answered(sender, in_segment(segment, ranges[i]))) {
                return false;
            }
        }
    }
    return true;
}

bool pt_backlog_add(struct pt_pipeline *pipeline, struct pt_source *source)
{
    uint64_t first = pipeline->log.end;
    bool added = add_segments(pipeline, source);
    for (size_t i = 0; added && i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        added = add_answered(sender, source);
        sender->cursor.answered = sender->answered;
        sender->cursor.answered_count = sender->answered_count;
        uint64_t pending = pt_cursor_pending(&sender->cursor, first, pipeline->log.end);
        sender->waiting += pending;
        sender->recovered += pending;
    }
    return added;
}

/* ---- back into memory ---------------------------------------------------------------- */

/* Under lock, which is let go meanwhile. Until the rate allows for `bytes` more; false when the
 * pipeline stops first. */
static bool wait_for_turn(struct pt_pipeline *pipeline, uint32_t bytes)
{
    struct pt_spool *spool = &pipeline->spool;
    uint64_t now_ns = pt_clock_monotonic_ns();
    uint64_t turn_ns = spool->read_at_ns > now_ns ? spool->read_at_ns : now_ns;
    if (spool->config.read_rate > 0) {
        spool->read_at_ns =
            turn_ns + (uint64_t)((double)bytes * 1e9 / (double)spool->config.read_rate);
    }
    while (!pipeline->stopping && pt_clock_monotonic_ns() < turn_ns) {
        pt_cond_wait_until(&spool->loaded, &pipeline->lock, turn_ns);
    }
    return !pipeline->stopping;
}

/* All of the segment's records are lost; their places stay, for the cursors to count them. */
static void fill_with_tombstones(struct pt_segment_memory *memory, uint32_t count,
                                 uint32_t *ret_used)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        memory->starts[i] = (uint16_t)(used / 8);
        used += pt_tombstone_write(memory->data + used);
    }
    *ret_used = used;
}

void pt_backlog_set_hash(struct pt_pipeline *pipeline, struct pt_hash *hash)
{
    struct pt_hash *unused = hash;
    pthread_mutex_lock(&pipeline->lock);
    if (pt_spool_is_on(&pipeline->spool)) {
        unused = pipeline->spool.config.hash;
        pipeline->spool.config.hash = hash;
    }
    pthread_mutex_unlock(&pipeline->lock);
    pt_hash_destroy(unused);
}

/* The one in force, which a reload may replace. */
static struct pt_hash *copy_hash(struct pt_pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
    struct pt_hash *hash = pt_hash_copy(pipeline->spool.config.hash);
    pthread_mutex_unlock(&pipeline->lock);
    return hash;
}

/* The records of this process as they are; those of another through today's filter. */
static int read_file(struct pt_pipeline *pipeline, const struct pt_segment *segment,
                     struct pt_segment_memory *memory, uint32_t *ret_used)
{
    struct pt_journal *journal = segment->source->journal;
    uint32_t used, count;
    bool is_foreign = segment->source->is_foreign;
    unsigned char *stored = is_foreign ? malloc(PT_SEGMENT_SIZE) : NULL;
    struct pt_hash *hash = is_foreign ? copy_hash(pipeline) : NULL;
    if (is_foreign && (!stored || !hash)) {
        free(stored);
        pt_hash_destroy(hash);
        return ENOMEM;
    }
    int error = pt_segment_file_read(pt_journal_dirfd(journal), segment->stored_first,
                                     segment->count, is_foreign ? stored : memory->data,
                                     PT_SEGMENT_SIZE, memory->starts, &count, &used);
    if (error == 0 && count < segment->count) { /* more than it can have been written with */
        error = EBADMSG;
    }
    if (error == 0 && is_foreign) {
        used =
            pt_import(pt_journal_keys(journal), hash, stored, used, memory->data, memory->starts);
    }
    free(stored);
    pt_hash_destroy(hash);
    if (error == 0) {
        *ret_used = used;
    }
    return error;
}

/* Under lock. It has been dropped, and counted, while it was read. */
static bool is_evicted(const struct pt_pipeline *pipeline, const struct pt_segment *segment)
{
    const struct pt_segment *oldest = pipeline->log.oldest;
    return !oldest || oldest->first > segment->first;
}

/* The process is short of something, and the file is as well as it was. */
static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* Without the lock. A disk may have a bad moment; what cannot be read in three is lost. False when
 * nobody wants it any more. */
static bool read_segment(struct pt_pipeline *pipeline, const struct pt_segment *segment,
                         struct pt_segment_memory *memory, uint32_t *ret_used)
{
    struct pt_spool *spool = &pipeline->spool;
    int error = EIO;
    for (int i = 0; i < TRIES || is_shortage(error); i++) {
        error = read_file(pipeline, segment, memory, ret_used);
        if (error == 0) {
            return true;
        }
        pthread_mutex_lock(&pipeline->lock);
        uint64_t until_ns = pt_clock_monotonic_ns() + TRY_AGAIN_NS;
        while (!pipeline->stopping && !is_evicted(pipeline, segment) &&
               pt_cond_wait_until(&spool->loaded, &pipeline->lock, until_ns)) {
        }
        bool is_wanted = !pipeline->stopping && !is_evicted(pipeline, segment);
        pthread_mutex_unlock(&pipeline->lock);
        if (!is_wanted) {
            return false;
        }
    }
    pt_log_limited(&spool->read_gate, PATTER_LOG_WARNING,
                   "storage.directory %s: %s; %u spans are lost there", spool->config.directory,
                   strerror(error), segment->count);
    fill_with_tombstones(memory, segment->count, ret_used);
    return true;
}

void pt_backlog_load(struct pt_sender *sender, struct pt_segment *segment)
{
    struct pt_pipeline *pipeline = sender->pipeline;
    if (segment->is_loading) {
        pthread_cond_wait(&pipeline->spool.loaded, &pipeline->lock);
        return;
    }
    struct pt_segment_memory *memory = pt_segments_take_memory(&pipeline->log);
    if (!memory) {
        pt_cond_wait_until(&pipeline->spool.loaded, &pipeline->lock,
                           pt_clock_monotonic_ns() + TRY_AGAIN_NS);
        return;
    }
    uint32_t used = 0;
    pt_segment_keep(segment);
    segment->is_loading = true;
    bool is_read = wait_for_turn(pipeline, segment->stored_size);
    if (is_read) {
        pthread_mutex_unlock(&pipeline->lock);
        is_read = read_segment(pipeline, segment, memory, &used);
        pthread_mutex_lock(&pipeline->lock);
    }
    if (is_read) {
        segment->memory = memory;
        segment->used = used;
    } else {
        pt_segments_give_memory(&pipeline->log, memory);
    }
    segment->is_loading = false;
    pt_segment_release(segment);
    pthread_cond_broadcast(&pipeline->spool.loaded);
}
