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
    pipeline->senders[pipeline->sender_count++] = sender;
    return true;
}

static uint64_t count_rings(void)
{
    uint64_t count = 0;
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        count += pt_ring_waiting(&thread->ring);
    }
    return count;
}

/* Empties every ring, while there is no pump; returns how many records that were. */
static uint64_t discard_rings(void)
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

bool pt_pipeline_start(struct pt_pipeline *pipeline)
{
    sigset_t all, before;
    bool started = true;

    discard_rings(); /* of a thread that an earlier shutdown could not wait for */

    /* The application's handlers must not run on these threads, nor on those a plugin makes. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; started && i < pipeline->sender_count; i++) {
        started = pt_sender_start_workers(pipeline->senders[i]);
    }
    if (started && pthread_create(&pipeline->pump, NULL, pt_pump_run, pipeline) == 0) {
        pipeline->pump_started = true;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started && pipeline->pump_started;
}

void pt_pipeline_destroy(struct pt_pipeline *pipeline)
{
    if (!pipeline) {
        return;
    }
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
static bool all_answered(const struct pt_pipeline *pipeline, uint64_t position, uint64_t ticket)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        const struct pt_sender *sender = pipeline->senders[i];
        if (pt_cursor_acknowledged(&sender->cursor) < pt_cursor_bound(&sender->cursor, position) ||
            sender->flush_served < ticket) {
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

patter_status pt_pipeline_flush(struct pt_pipeline *pipeline, uint64_t deadline_ns)
{
    bool in_time = true;
    uint64_t ticket =
        atomic_fetch_add_explicit(&pipeline->flush_wanted, 1, memory_order_acq_rel) + 1;
    pt_bell_ring(true);

    pthread_mutex_lock(&pipeline->lock);
    while (in_time && !pipeline->stopped && pipeline->flush_answered < ticket) {
        in_time = pt_cond_wait_until(&pipeline->changed, &pipeline->lock, deadline_ns);
    }
    bool done = pipeline->stopped || pipeline->flush_answered >= ticket;
    pthread_mutex_unlock(&pipeline->lock);
    return done ? PATTER_OK : PATTER_TIMEOUT;
}

/* ---- stop ----------------------------------------------------------------------- */

static void stop_pump(struct pt_pipeline *pipeline)
{
    if (pipeline->pump_started) {
        atomic_store_explicit(&pipeline->pump_stopping, true, memory_order_release);
        pt_bell_ring(true);
        pthread_join(pipeline->pump, NULL);
        pipeline->pump_started = false;
    }
}

/* Under lock. What the pump could not take, memory being short, is dropped with the rest. */
static void take_over_rings(struct pt_pipeline *pipeline)
{
    uint64_t count = discard_rings();
    pipeline->log.end += count;
    pt_pipeline_enter(pipeline, count);
}

/* Under lock. True when all have ended by the deadline. */
static bool wait_for_workers(struct pt_pipeline *pipeline, uint64_t deadline_ns)
{
    bool in_time = true;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        while (in_time && !pt_sender_workers_ended(pipeline->senders[i])) {
            in_time = pt_cond_wait_until(&pipeline->changed, &pipeline->lock, deadline_ns);
        }
    }
    while (in_time && pipeline->releasing > 0) {
        in_time = pt_cond_wait_until(&pipeline->changed, &pipeline->lock, deadline_ns);
    }
    return in_time;
}

/* Under lock. What has not been sent is counted: in the log, and in the hands of workers that hang.
 */
static void drop_rest(struct pt_sender *sender)
{
    uint64_t end = pt_cursor_bound(&sender->cursor, sender->pipeline->log.end);
    uint64_t lost = end - sender->cursor.read;
    sender->cursor.read = end;
    for (uint32_t i = 0; i < sender->config.worker_count; i++) {
        struct pt_worker *worker = &sender->workers[i];
        if (worker->started && !worker->ended) {
            worker->abandoned = true;
            lost += worker->slice.count - worker->answered;
        }
    }
    sender->waiting -= lost;
    pt_sender_count_drop(sender, "shutdown", lost);
    if (lost > 0) {
        pt_log(PATTER_LOG_WARNING, "exporter %s: %llu spans dropped: not sent before the shutdown",
               sender->config.name, (unsigned long long)lost);
    }
}

static void join_workers(struct pt_sender *sender)
{
    for (uint32_t i = 0; i < sender->config.worker_count; i++) {
        if (sender->workers[i].abandoned) {
            pthread_detach(sender->workers[i].thread);
        } else if (sender->workers[i].started) {
            pthread_join(sender->workers[i].thread, NULL);
        }
    }
}

static void interrupt_all(struct pt_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        const struct pt_sender_config *config = &pipeline->senders[i]->config;
        if (config->exporter->interrupt) {
            config->exporter->interrupt(config->self);
        }
    }
}

bool pt_pipeline_stop(struct pt_pipeline *pipeline, uint64_t deadline_ns,
                      bool ret_hung[PT_SENDERS_MAX])
{
    stop_pump(pipeline);
    pthread_mutex_lock(&pipeline->lock);
    pipeline->stopping = true;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        pthread_cond_broadcast(&pipeline->senders[i]->work);
        pthread_cond_broadcast(&pipeline->senders[i]->pause);
    }
    pthread_mutex_unlock(&pipeline->lock);
    interrupt_all(pipeline);

    pthread_mutex_lock(&pipeline->lock);
    bool all_ended = wait_for_workers(pipeline, deadline_ns);
    take_over_rings(pipeline);
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        ret_hung[i] = !pt_sender_workers_ended(pipeline->senders[i]);
        drop_rest(pipeline->senders[i]);
    }
    pipeline->stopped = true;
    pthread_cond_broadcast(&pipeline->changed); /* flushes of other threads have nothing to await */
    pt_pipeline_trim(pipeline); /* a worker that hangs keeps the memory of its own slice alone */
    pthread_mutex_unlock(&pipeline->lock);
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        pt_sender_say_evicted(pipeline->senders[i], pipeline->senders[i]->evicted);
        join_workers(pipeline->senders[i]);
    }
    return all_ended;
}

bool pt_pipeline_is_free(struct pt_pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
    bool is_free = pipeline->releasing == 0;
    pthread_mutex_unlock(&pipeline->lock);
    return is_free;
}

/* ---- the log's end and the counters ------------------------------------------------ */

bool pt_pipeline_passed(const struct pt_pipeline *pipeline, const struct pt_segment *segment)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        const struct pt_cursor *cursor = &pipeline->senders[i]->cursor;
        if (cursor->read < pt_cursor_bound(cursor, segment->first + segment->count)) {
            return false;
        }
    }
    return true;
}

void pt_pipeline_trim(struct pt_pipeline *pipeline)
{
    struct pt_segment *oldest;
    while ((oldest = pipeline->log.oldest) && oldest->next &&
           pt_pipeline_passed(pipeline, oldest)) {
        for (size_t i = 0; i < pipeline->sender_count; i++) {
            pt_cursor_skip(&pipeline->senders[i]->cursor, oldest);
        }
        pt_segments_drop_oldest(&pipeline->log);
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
    if (sender->state == PT_SENDER_IN_USE) {
        uint64_t count = count_rings();
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
