/* SPDX-License-Identifier: MIT */
#include "core/pipeline/source.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "core/pipeline/pipeline.h"
#include "core/record/survival.h"

static void fill_source(struct pt_source *source, struct pt_journal *journal)
{
    source->journal = journal;
    source->resource = pt_journal_resource(journal, &source->resource_count);
    source->scope_version = pt_journal_scope_version(journal);
}

/* What a dead process still owed to exporters that are named no longer is in the books of those
 * that are gone. */
static void count_unowned(struct pt_pipeline *pipeline, uint64_t count)
{
    struct patter_exporter_stats gone = { .recovered = count, .drop_reason_count = 1 };
    if (count > 0) {
        pt_drop_counts_add(gone.drops, "exporter_removed", count);
        gone.dropped = count;
        pt_exporter_stats_add(&pipeline->ended, &gone);
        pt_log(PATTER_LOG_WARNING,
               "storage.directory %s: %llu spans dropped: they waited for exporters that "
               "patter.yaml names no longer, and none has taken their place",
               pipeline->spool.config.directory, (unsigned long long)count);
    }
}

/* One that is ending has nothing in a journal that begins now. */
static void take_cursors(struct pt_pipeline *pipeline, struct pt_source *source)
{
    const char *names[PT_SENDERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        const struct pt_sender *sender = pipeline->senders[i];
        if (sender->state == PT_SENDER_IN_USE) {
            names[count++] = sender->config.name;
        }
    }
    if (source->is_foreign) {
        count_unowned(pipeline, pt_journal_settle(source->journal, names, count));
    }
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        const struct pt_sender *sender = pipeline->senders[i];
        if (sender->state == PT_SENDER_IN_USE) {
            source->cursors[sender->cursor.place] =
                pt_journal_cursor(source->journal, sender->config.name);
        }
    }
}

struct pt_source *pt_sources_add(struct pt_pipeline *pipeline, struct pt_journal *journal,
                                 bool is_own)
{
    struct pt_source *source = calloc(1, sizeof(*source));
    struct pt_source **link = &pipeline->spool.sources;
    if (!source) {
        return NULL;
    }
    fill_source(source, journal);
    source->is_own = is_own;
    source->is_foreign = !is_own;
    take_cursors(pipeline, source);
    while (*link) {
        link = &(*link)->next;
    }
    *link = source;
    return source;
}

/* A journal with all that one has from the start: without the names of keys nobody could read what
 * is stored there. 0 or an errno. */
static int create_journal(struct pt_pipeline *pipeline, struct pt_journal **ret_journal)
{
    const struct pt_spool_config *config = &pipeline->spool.config;
    struct patter_error error = { 0 };
    struct pt_journal *journal =
        pt_journal_create(config->directory, pipeline->resource, pipeline->resource_count, &error);
    if (!journal) {
        return errno;
    }
    int problem = config->ring_bytes > 0
                      ? pt_survival_renew(pt_journal_dirfd(journal), config->ring_bytes)
                      : 0;
    if (problem != 0) {
        pt_journal_remove(journal);
        return problem;
    }
    *ret_journal = journal;
    return 0;
}

int pt_sources_renew(struct pt_pipeline *pipeline)
{
    struct pt_spool *spool = &pipeline->spool;
    struct pt_journal *journal = NULL;
    struct pt_source *source = calloc(1, sizeof(*source));
    int problem = source ? create_journal(pipeline, &journal) : ENOMEM;
    if (problem != 0) {
        free(source);
        return problem;
    }
    fill_source(source, journal);
    source->is_own = true;
    pthread_mutex_lock(&pipeline->lock);
    take_cursors(pipeline, source);
    if (pt_spool_own(spool)) {
        pt_spool_own(spool)->is_own = false;
    }
    source->next = spool->sources;
    spool->sources = source;
    spool->begin = pipeline->log.end;
    spool->stored_next = 0;
    spool->rings_survive = spool->config.ring_bytes > 0;
    pthread_mutex_unlock(&pipeline->lock);
    pt_log(PATTER_LOG_INFO, "storage.directory %s: spans are stored again, in another journal",
           spool->config.directory);
    return 0;
}

/* ---- senders ------------------------------------------------------------------------ */

static bool is_free(const struct pt_pipeline *pipeline, uint32_t place)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        if (pipeline->senders[i]->cursor.place == place) {
            return false;
        }
    }
    return true;
}

static struct pt_stored_cursor *own_cursor(const struct pt_spool *spool, uint32_t place)
{
    const struct pt_source *own = pt_spool_own(spool);
    return own ? own->cursors[place] : NULL;
}

void pt_sources_enter(struct pt_sender *sender)
{
    const struct pt_pipeline *pipeline = sender->pipeline;
    const struct pt_spool *spool = &pipeline->spool;
    uint32_t place = 0;
    while (!is_free(pipeline, place)) {
        place++;
    }
    sender->cursor.place = place;
    for (struct pt_source *source = spool->sources; source; source = source->next) {
        source->cursors[place] =
            source->is_own ? pt_journal_cursor(source->journal, sender->config.name) : NULL;
    }
    struct pt_stored_cursor *stored = own_cursor(spool, place);
    if (stored) {
        pt_stored_cursor_enter(stored, sender->cursor.read - spool->begin);
    }
}

void pt_sources_leave(struct pt_sender *sender)
{
    const struct pt_spool *spool = &sender->pipeline->spool;
    const struct pt_cursor *cursor = &sender->cursor;
    struct pt_stored_cursor *stored = own_cursor(spool, cursor->place);
    uint64_t first = cursor->read > spool->begin ? cursor->read : spool->begin;
    if (stored) {
        pt_stored_cursor_leave(stored, first - spool->begin, cursor->end - spool->begin);
    }
}

void pt_sources_release(struct pt_sender *sender)
{
    const struct pt_pipeline *pipeline = sender->pipeline;
    const struct pt_spool *spool = &pipeline->spool;
    struct pt_stored_cursor *stored = own_cursor(spool, sender->cursor.place);
    for (size_t i = 0; stored && i < pipeline->sender_count; i++) {
        if (own_cursor(spool, pipeline->senders[i]->cursor.place) == stored) {
            stored = NULL;
        }
    }
    if (stored) {
        pt_stored_cursor_release(stored);
    }
}

void pt_sources_disown(struct pt_pipeline *pipeline)
{
    for (struct pt_source *source = pipeline->spool.sources; source; source = source->next) {
        pt_journal_close(source->journal);
    }
    if (pipeline->spool.has_file) {
        pt_segment_file_close(&pipeline->spool.file);
    }
}
