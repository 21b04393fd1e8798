/* SPDX-License-Identifier: MIT */
#include "core/pipeline/pipeline.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "core/pipeline/pump.h"
#include "core/pipeline/worker.h"
#include "core/record/bell.h"
#include "core/record/thread.h"

void pt_cond_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool pt_cond_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t until_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(until_ns / 1000000000u),
        .tv_nsec = (long)(until_ns % 1000000000u),
    };
    return pthread_cond_timedwait(condition, lock, &until) == 0;
}

/* ---- life --------------------------------------------------------------------- */

struct pt_pipeline *pt_pipeline_new(const struct patter_attribute *resource, size_t resource_count)
{
    struct pt_pipeline *pipeline = calloc(1, sizeof(*pipeline));
    if (pipeline) {
        pipeline->resource = resource;
        pipeline->resource_count = resource_count;
        pthread_mutex_init(&pipeline->lock, NULL);
        pt_cond_init(&pipeline->changed);
    }
    return pipeline;
}

bool pt_pipeline_add(struct pt_pipeline *pipeline, const struct pt_sender_config *config)
{
    struct pt_sender *sender =
        pipeline->sender_count < PT_SENDERS_IN_USE_MAX ? pt_sender_new(pipeline, config) : NULL;
    if (!sender) {
        return false;
    }
    sender->state = PT_SENDER_IN_USE;
    sender->is_listed = true;
    sender->cursor.closed = false;
    sender->cursor.place = (uint32_t)pipeline->sender_count;
    pipeline->senders[pipeline->sender_count++] = sender;
    return true;
}

uint64_t pt_pipeline_count_rings(void)
{
    uint64_t count = 0;
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        count += pt_ring_waiting(&thread->ring);
    }
    return count;
}

uint64_t pt_pipeline_discard_rings(void)
{
    uint64_t count = 0;
    const unsigned char *bytes;
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        while (pt_ring_peek(&thread->ring, &bytes) > 0) {
            uint32_t size = ((const struct pt_record *)(const void *)bytes)->size;
            pt_ring_advance(&thread->ring, size, 1);
            count++;
        }
    }
    return count;
}

struct pt_left_records pt_pipeline_leave_rings(void)
{
    struct pt_left_records rest = { 0 };
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        pt_ring_leave(&thread->ring, &rest);
    }
    return rest;
}

static atomic_int pump_count; /* in the process, those that hang included */

bool pt_pipeline_is_alone(void)
{
    return atomic_load(&pump_count) == 0;
}

void pt_pipeline_forget(void)
{
    atomic_store(&pump_count, 0);
}

static void *run_pump(void *pipeline_)
{
    struct pt_pipeline *pipeline = pipeline_;
    pt_pump_run(pipeline);
    atomic_fetch_sub(&pump_count, 1);
    pthread_mutex_lock(&pipeline->lock);
    pipeline->pump_ended = true;
    pthread_cond_broadcast(&pipeline->changed);
    pthread_mutex_unlock(&pipeline->lock);
    return NULL;
}

bool pt_pipeline_start(struct pt_pipeline *pipeline)
{
    sigset_t all, before;
    bool started = true;

    pt_pipeline_discard_rings(); /* of a thread that an earlier shutdown could not wait for */

    /* The application's handlers must not run on these threads, nor on those a plugin makes. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; started && i < pipeline->sender_count; i++) {
        started = pt_sender_start_workers(pipeline->senders[i]);
    }
    if (started) {
        atomic_fetch_add(&pump_count, 1);
        pipeline->pump_started = pthread_create(&pipeline->pump, NULL, run_pump, pipeline) == 0;
        atomic_fetch_sub(&pump_count, pipeline->pump_started ? 0 : 1);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started && pipeline->pump_started;
}

void pt_pipeline_destroy(struct pt_pipeline *pipeline)
{
    if (!pipeline) {
        return;
    }
    pt_spool_end(pipeline);
    pt_segments_clean(&pipeline->log);
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        pt_sender_destroy(pipeline->senders[i]);
    }
    pthread_cond_destroy(&pipeline->changed);
    pthread_mutex_destroy(&pipeline->lock);
    free(pipeline);
}

/* ---- flush -------------------------------------------------------------------- */

/* Under lock. */
static bool has_answered(const struct pt_sender *sender, uint64_t position, uint64_t ticket)
{
    return pt_cursor_acknowledged(&sender->cursor) >= pt_cursor_bound(&sender->cursor, position) &&
           sender->flush_served >= ticket;
}

/* Under lock. */
static bool all_answered(const struct pt_pipeline *pipeline, uint64_t position, uint64_t ticket)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        const struct pt_sender *sender = pipeline->senders[i];
        if (!has_answered(sender, position, ticket) &&
            !(sender->failing && pt_spool_holds(sender, position))) {
            return false;
        }
    }
    return true;
}

/* One flush at a time is looked after, the oldest: flushes that come without end would else put off
 * each other's end, and a thread that waits would be woken for every batch. */
void pt_pipeline_answer_flushes(struct pt_pipeline *pipeline)
{
    while (pipeline->flush_answered < pipeline->flush_pumped) {
        if (pipeline->answer_ticket == pipeline->flush_answered) {
            pipeline->answer_ticket = pipeline->flush_pumped;
            pipeline->answer_position = pipeline->flush_position;
        }
        if (!all_answered(pipeline, pipeline->answer_position, pipeline->answer_ticket)) {
            return;
        }
        pipeline->flush_answered = pipeline->answer_ticket;
        pthread_cond_broadcast(&pipeline->changed);
    }
}

/* Under lock. At a shutdown: whoever has not answered pauses until it is too late. */
static bool is_hopeless(const struct pt_pipeline *pipeline, uint64_t ticket)
{
    uint64_t end_ns = pipeline->end_deadline_ns;
    bool is_hopeless = end_ns != 0 && pipeline->flush_pumped >= ticket;
    for (size_t i = 0; is_hopeless && i < pipeline->sender_count; i++) {
        const struct pt_sender *sender = pipeline->senders[i];
        is_hopeless = has_answered(sender, pipeline->flush_position, ticket) ||
                      (sender->pause_until_ns >= end_ns && sender->busy == 0 && !sender->flushing);
    }
    return is_hopeless;
}

patter_status pt_pipeline_flush(struct pt_pipeline *pipeline, uint64_t deadline_ns)
{
    bool in_time = true;
    uint64_t ticket =
        atomic_fetch_add_explicit(&pipeline->flush_wanted, 1, memory_order_acq_rel) + 1;
    pt_bell_ring(true);

    pthread_mutex_lock(&pipeline->lock);
    while (in_time && !pipeline->stopped && pipeline->flush_answered < ticket &&
           !is_hopeless(pipeline, ticket)) {
        in_time = pt_cond_wait_until(&pipeline->changed, &pipeline->lock, deadline_ns);
    }
    bool done = pipeline->stopped || pipeline->flush_answered >= ticket;
    pthread_mutex_unlock(&pipeline->lock);
    return done ? PATTER_OK : PATTER_TIMEOUT;
}

patter_status pt_pipeline_flush_last(struct pt_pipeline *pipeline, uint64_t deadline_ns)
{
    pthread_mutex_lock(&pipeline->lock);
    pipeline->end_deadline_ns = deadline_ns;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        if (sender->pause_until_ns >= deadline_ns) {
            sender->pause_until_ns = sender->asked_until_ns;
            pthread_cond_broadcast(&sender->pause);
        }
    }
    pthread_mutex_unlock(&pipeline->lock);
    return pt_pipeline_flush(pipeline, deadline_ns);
}

bool pt_pipeline_is_free(struct pt_pipeline *pipeline, uint64_t deadline_ns)
{
    bool in_time = true;
    pthread_mutex_lock(&pipeline->lock);
    while (in_time && pipeline->releasing > 0) {
        in_time = pt_cond_wait_until(&pipeline->changed, &pipeline->lock, deadline_ns);
    }
    bool is_free = pipeline->releasing == 0 && !pipeline->pump_hung;
    pthread_mutex_unlock(&pipeline->lock);
    return is_free;
}

/* ---- the log's end and the counters ------------------------------------------------ */

bool pt_pipeline_passed(const struct pt_pipeline *pipeline, const struct pt_segment *segment)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        const struct pt_cursor *cursor = &pipeline->senders[i]->cursor;
        uint64_t passed = segment->source ? pt_cursor_acknowledged(cursor) : cursor->read;
        if (passed < pt_cursor_bound(cursor, segment->first + segment->count)) {
            return false;
        }
    }
    return true;
}

/* Under lock. */
static void drop_oldest(struct pt_pipeline *pipeline)
{
    pt_spool_forget(pipeline, pipeline->log.oldest);
    pt_segments_drop_oldest(&pipeline->log);
}

void pt_pipeline_evict_oldest(struct pt_pipeline *pipeline, const char *reason)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        uint64_t lost = pt_cursor_skip(&sender->cursor, pipeline->log.oldest);
        sender->waiting -= lost;
        pt_drops_add(&sender->drops, reason, "", lost);
    }
    pipeline->log.oldest->evicted_as = reason; /* for the batches that are in flight */
    drop_oldest(pipeline);
}

void pt_pipeline_trim(struct pt_pipeline *pipeline)
{
    struct pt_segment *oldest;
    while ((oldest = pipeline->log.oldest) && oldest->next &&
           pt_pipeline_passed(pipeline, oldest)) {
        for (size_t i = 0; i < pipeline->sender_count; i++) {
            pt_cursor_skip(&pipeline->senders[i]->cursor, oldest);
        }
        drop_oldest(pipeline);
    }
    if (oldest && !oldest->next && pt_pipeline_passed(pipeline, oldest)) {
        pt_segments_free_spares(&pipeline->log); /* a burst is over */
    }
}

void pt_pipeline_enter(struct pt_pipeline *pipeline, uint64_t count)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        if (sender->state == PT_SENDER_IN_USE) {
            sender->entered += count;
            sender->waiting += count;
        }
    }
}

/* Under lock. */
static size_t stats_count(const struct pt_pipeline *pipeline)
{
    return pipeline->sender_count + (pipeline->ended.name[0] != '\0');
}

size_t pt_pipeline_stats_count(struct pt_pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
    size_t count = stats_count(pipeline);
    pthread_mutex_unlock(&pipeline->lock);
    return count;
}

/* Under lock. */
static void sender_stats(const struct pt_sender *sender, struct patter_exporter_stats *stats)
{
    pt_sender_stats(sender, pt_threads_sum(PT_BUFFER_FULL), stats);
    /* Once it has stopped they are in the books, even if a pump that hangs has them still. */
    if (sender->state == PT_SENDER_IN_USE && !sender->pipeline->stopped) {
        uint64_t count = pt_pipeline_count_rings();
        stats->entered += count;
        stats->waiting += count;
    }
}

bool pt_pipeline_stats(struct pt_pipeline *pipeline, size_t index,
                       struct patter_exporter_stats *stats)
{
    pthread_mutex_lock(&pipeline->lock);
    bool there = index < stats_count(pipeline);
    if (index < pipeline->sender_count) {
        sender_stats(pipeline->senders[index], stats);
    } else if (there) {
        *stats = pipeline->ended;
    }
    pthread_mutex_unlock(&pipeline->lock);
    return there;
}
