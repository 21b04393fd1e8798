/* SPDX-License-Identifier: MIT */
#include "core/pipeline/change.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/pipeline/pipeline.h"
#include "core/pipeline/spool.h"
#include "core/record/bell.h"
#include "core/record/thread.h"

struct pt_change {
    struct pt_sender *const *senders;
    size_t count;
    bool done; /* under lock */
};

static void lock(struct pt_pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
}

static void unlock(struct pt_pipeline *pipeline)
{
    pthread_mutex_unlock(&pipeline->lock);
}

/* ---- the end of a sender ---------------------------------------------------------- */

/* Under lock. */
static void unlist(struct pt_sender *sender)
{
    struct pt_pipeline *pipeline = sender->pipeline;
    size_t kept = 0;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        if (pipeline->senders[i] != sender) {
            pipeline->senders[kept++] = pipeline->senders[i];
        }
    }
    pipeline->sender_count = kept;
    pipeline->senders[kept] = NULL;
    sender->is_listed = false;
}

/* Under lock. What it has counted stays in the books. */
static void add_up(struct pt_sender *sender)
{
    struct patter_exporter_stats last = { 0 };
    pt_drops_say(&sender->drops, sender->config.name, true);
    pt_sender_stats(sender, 0, &last);
    pt_exporter_stats_add(&sender->pipeline->ended, &last);
}

/* Without the lock, off the list, its workers ended; `self` is one of them, or NULL. */
static void free_sender(struct pt_sender *sender, const struct pt_worker *self)
{
    struct pt_pipeline *pipeline = sender->pipeline;
    for (uint32_t i = 0; i < sender->config.worker_count; i++) {
        struct pt_worker *worker = &sender->workers[i];
        if (self && worker == self) {
            pthread_detach(worker->thread);
        } else if (worker->started) {
            pthread_join(worker->thread, NULL);
        }
    }
    if (sender->config.release) {
        sender->config.release(sender->config.owner);
    }
    pt_sender_destroy(sender);
    lock(pipeline);
    pipeline->releasing--;
    pthread_cond_broadcast(&pipeline->changed);
    unlock(pipeline);
}

bool pt_change_is_last(const struct pt_worker *worker)
{
    const struct pt_sender *sender = worker->sender;
    /* One that is listed when the pipeline stops is the stop's to end. */
    return sender->state == PT_SENDER_ENDING && pt_sender_workers_ended(sender) &&
           !(sender->is_listed && sender->pipeline->stopping);
}

size_t pt_pipeline_pin(struct pt_pipeline *pipeline, struct pt_sender *ret_senders[],
                       size_t *ret_in_use)
{
    size_t in_use = 0;
    lock(pipeline);
    pipeline->pins++;
    size_t count = pipeline->sender_count;
    while (in_use < count && pipeline->senders[in_use]->state == PT_SENDER_IN_USE) {
        in_use++;
    }
    *ret_in_use = in_use;
    memcpy(ret_senders, pipeline->senders, count * sizeof(*ret_senders));
    unlock(pipeline);
    return count;
}

void pt_pipeline_unpin(struct pt_pipeline *pipeline)
{
    lock(pipeline);
    pipeline->pins--;
    pthread_cond_broadcast(&pipeline->changed);
    unlock(pipeline);
}

void pt_change_bury(struct pt_worker *worker)
{
    struct pt_sender *sender = worker->sender;
    struct pt_pipeline *pipeline = sender->pipeline;
    while (sender->is_listed && pipeline->pins > 0) {
        pthread_cond_wait(&pipeline->changed, &pipeline->lock);
    }
    if (!pt_change_is_last(worker)) { /* meanwhile the pipeline has stopped, which ends it */
        unlock(pipeline);
        return;
    }
    if (sender->is_listed) {
        pipeline->releasing++;
        add_up(sender);
        unlist(sender);
        pt_sources_release(sender);
        pt_pipeline_trim(pipeline);
        pt_pipeline_answer_flushes(pipeline);
    }
    unlock(pipeline);
    free_sender(sender, worker);
}

/* ---- senders that come ------------------------------------------------------------- */

struct pt_sender *pt_pipeline_prepare(struct pt_pipeline *pipeline,
                                      const struct pt_sender_config *config)
{
    sigset_t all, before;
    struct pt_sender *sender = pt_sender_new(pipeline, config);
    if (!sender) {
        return NULL;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pt_sender_start_workers(sender);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!started) {
        sender->config.release = NULL;
        pt_pipeline_discard(sender);
        sender = NULL;
    }
    return sender;
}

void pt_pipeline_discard(struct pt_sender *sender)
{
    struct pt_pipeline *pipeline = sender->pipeline;
    lock(pipeline);
    bool is_mine = pt_sender_workers_ended(sender); /* the pipeline stops, or none was started */
    sender->state = PT_SENDER_ENDING;
    pipeline->releasing++;
    pthread_cond_broadcast(&sender->work);
    unlock(pipeline);
    if (is_mine) {
        free_sender(sender, NULL);
    }
}

bool pt_pipeline_has_room(struct pt_pipeline *pipeline, size_t count, size_t staying)
{
    lock(pipeline);
    size_t others = pipeline->sender_count - staying;
    unlock(pipeline);
    return others + count <= PT_SENDERS_MAX;
}

/* ---- the change ---------------------------------------------------------------------- */

/* Under lock. `refused` spans of the process have found no room in a ring until now. */
static void begin(struct pt_sender *sender, uint64_t refused)
{
    struct pt_pipeline *pipeline = sender->pipeline;
    sender->state = PT_SENDER_IN_USE;
    sender->is_listed = true;
    if (sender->cursor.closed) {
        sender->cursor.closed = false;
        sender->cursor.read = pipeline->log.end;
        pt_sources_enter(sender);
    }
    sender->forced = pipeline->log.end;
    sender->flush_wanted = sender->flush_served = pipeline->flush_pumped;
    sender->refused_before = refused;
}

/* Under lock. With storage what waits may have waited for hours, and the file was changed because
 * of it: the next of its name goes on where the one before stands, but for what is being sent. */
static void take_over(struct pt_sender *sender, struct pt_sender *former)
{
    const struct pt_pipeline *pipeline = sender->pipeline;
    uint64_t recovered_end = pipeline->spool.recovered_end;
    uint64_t recovered = pt_cursor_pending(&former->cursor, 0, recovered_end);
    uint64_t entered = pt_cursor_pending(&former->cursor, recovered_end, pipeline->log.end);
    sender->recovered = recovered;
    former->recovered -= recovered;
    sender->entered = entered;
    former->entered -= entered;
    sender->waiting = recovered + entered;
    former->waiting -= recovered + entered;
    sender->answered = former->answered;
    former->answered = NULL;
    sender->cursor = former->cursor;
    memset(sender->cursor.in_flight, 0, sizeof(sender->cursor.in_flight));
    former->cursor.answered_count = 0;
    former->cursor.end = former->cursor.read;
    former->cursor.closed = true;
    former->cursor.closed_at = former->cursor.read;
}

static struct pt_sender *find_successor(const struct pt_change *change,
                                        const struct pt_sender *former)
{
    for (size_t i = 0; i < change->count; i++) {
        if (strcmp(change->senders[i]->config.name, former->config.name) == 0) {
            return change->senders[i];
        }
    }
    return NULL;
}

/* Under lock. All that it has been given is sent at once, and what its plugin holds back. */
static void end(const struct pt_change *change, struct pt_sender *sender, uint64_t refused)
{
    struct pt_pipeline *pipeline = sender->pipeline;
    struct pt_sender *successor =
        pt_spool_is_on(&pipeline->spool) ? find_successor(change, sender) : NULL;
    sender->state = PT_SENDER_ENDING;
    if (successor) {
        take_over(successor, sender);
    } else {
        sender->cursor.end = pipeline->log.end;
        sender->cursor.closed = true;
        sender->cursor.closed_at = sender->cursor.read;
        pt_sources_leave(sender);
    }
    sender->forced = pipeline->log.end;
    sender->refused_at_end = refused;
    pt_sender_ask_flush(sender, sender->flush_wanted + 1);
    pthread_cond_broadcast(&sender->work);
}

static bool is_wanted(const struct pt_change *change, const struct pt_sender *sender)
{
    for (size_t i = 0; i < change->count; i++) {
        if (change->senders[i] == sender) {
            return true;
        }
    }
    return false;
}

void pt_change_apply(struct pt_pipeline *pipeline, struct pt_change *change)
{
    struct pt_sender *before[PT_SENDERS_MAX];
    lock(pipeline);
    if (pipeline->stopping ||
        atomic_load_explicit(&pipeline->change, memory_order_relaxed) != change) {
        unlock(pipeline); /* too late: who asked for it may be gone */
        return;
    }
    size_t before_count = pipeline->sender_count;
    uint64_t refused = pt_threads_sum(PT_BUFFER_FULL); /* once: each is one exporter's, or more */
    memcpy(before, pipeline->senders, sizeof(before));
    for (size_t i = 0; i < before_count; i++) {
        if (before[i]->state == PT_SENDER_IN_USE && !is_wanted(change, before[i])) {
            end(change, before[i], refused);
        }
    }
    for (size_t i = 0; i < change->count; i++) {
        if (change->senders[i]->state == PT_SENDER_COMING) {
            begin(change->senders[i], refused);
            pipeline->senders[pipeline->sender_count++] = change->senders[i];
        }
    }
    memcpy(pipeline->senders, change->senders, change->count * sizeof(before[0]));
    pipeline->sender_count = change->count;
    for (size_t i = 0; i < before_count; i++) {
        if (before[i]->state == PT_SENDER_ENDING) {
            pipeline->senders[pipeline->sender_count++] = before[i];
        }
    }
    change->done = true;
    atomic_store_explicit(&pipeline->change, NULL, memory_order_release);
    pthread_cond_broadcast(&pipeline->changed);
    unlock(pipeline);
}

bool pt_pipeline_change(struct pt_pipeline *pipeline, struct pt_sender *const *senders,
                        size_t count)
{
    struct pt_change change = { .senders = senders, .count = count };
    atomic_store_explicit(&pipeline->change, &change, memory_order_release);
    pt_bell_ring(true);
    lock(pipeline);
    while (!change.done && !pipeline->stopped) {
        pthread_cond_wait(&pipeline->changed, &pipeline->lock);
    }
    atomic_store_explicit(&pipeline->change, NULL, memory_order_release);
    unlock(pipeline);
    return change.done;
}
