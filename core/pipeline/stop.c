/* SPDX-License-Identifier: MIT */
#include "core/base/apart.h"
#include "core/base/log.h"
#include "core/pipeline/pipeline.h"
#include "core/pipeline/worker.h"
#include "core/record/bell.h"

/* How a pipeline stops, whatever hangs. */

/* Returns how many senders there are from now on: those that end meanwhile stay. */
static size_t ask_all_to_stop(struct pt_pipeline *pipeline)
{
    atomic_store_explicit(&pipeline->pump_stopping, true, memory_order_release);
    pt_bell_ring(true);
    pthread_mutex_lock(&pipeline->lock);
    pipeline->stopping = true;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        pthread_cond_broadcast(&pipeline->senders[i]->work);
        pthread_cond_broadcast(&pipeline->senders[i]->pause);
    }
    if (pt_spool_is_on(&pipeline->spool)) {
        pthread_cond_broadcast(&pipeline->spool.loaded);
    }
    size_t count = pipeline->sender_count;
    pthread_mutex_unlock(&pipeline->lock);
    return count;
}

/* Under lock. */
static bool pump_ended(const struct pt_pipeline *pipeline)
{
    return !pipeline->pump_started || pipeline->pump_ended;
}

/* Under lock. True when all have ended by the deadline. */
static bool wait_for_threads(struct pt_pipeline *pipeline, uint64_t deadline_ns)
{
    bool in_time = true;
    while (in_time && !pump_ended(pipeline)) {
        in_time = pt_cond_wait_until(&pipeline->changed, &pipeline->lock, deadline_ns);
    }
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

/* Under lock. How many spans are lost in the log and in the hands of workers that hang: what is not
 * in files. */
static uint64_t take_lost(struct pt_sender *sender)
{
    uint64_t end = pt_cursor_bound(&sender->cursor, sender->pipeline->log.end);
    uint64_t kept = pt_spool_kept(sender);
    uint64_t lost = pt_cursor_pending(&sender->cursor, 0, end) - kept;
    if (kept == 0) {
        sender->cursor.read = end;
    }
    for (uint32_t i = 0; i < sender->config.worker_count; i++) {
        struct pt_worker *worker = &sender->workers[i];
        if (worker->started && !worker->ended) {
            worker->abandoned = true;
            bool is_kept = worker->slice.segment && worker->slice.segment->is_stored;
            lost += is_kept ? 0 : worker->slice.count - worker->answered;
        }
    }
    return lost;
}

/* Under lock. What has not been sent is counted, what is left in rings too. */
static void drop_rest(struct pt_sender *sender, struct pt_left_records left)
{
    const struct pt_spool *spool = &sender->pipeline->spool;
    uint64_t lost = take_lost(sender);
    if (sender->state == PT_SENDER_IN_USE) {
        sender->entered += left.stored + left.plain;
        sender->waiting += left.stored + left.plain;
        lost += left.plain + (spool->rings_survive ? 0 : left.stored);
    }
    sender->waiting -= lost;
    pt_drops_add(&sender->drops, "shutdown", "", lost);
    pt_drops_say(&sender->drops, sender->config.name, true);
    if (sender->waiting > 0) {
        pt_log(PATTER_LOG_INFO, "exporter %s: %llu spans stay in %s and are sent at the next start",
               sender->config.name, (unsigned long long)sender->waiting, spool->config.directory);
    }
}

/* Under lock. Lets the threads be that hang, and says of whom they are. */
static void leave_hung(struct pt_pipeline *pipeline, bool ret_hung[PT_SENDERS_MAX])
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        ret_hung[i] = !pt_sender_workers_ended(sender);
        for (uint32_t j = 0; j < sender->config.worker_count; j++) {
            struct pt_worker *worker = &sender->workers[j];
            if (worker->started && !worker->ended) {
                pthread_detach(worker->thread);
                worker->started = false;
            }
        }
    }
    if (!pump_ended(pipeline)) {
        pthread_detach(pipeline->pump);
        pipeline->pump_started = false;
        pipeline->pump_hung = true;
    }
}

static void join_rest(struct pt_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        for (uint32_t j = 0; j < sender->config.worker_count; j++) {
            if (sender->workers[j].started) {
                pthread_join(sender->workers[j].thread, NULL);
            }
        }
    }
    if (pipeline->pump_started) {
        pthread_join(pipeline->pump, NULL);
        pipeline->pump_started = false;
    }
}

static void interrupt(void *sender_)
{
    const struct pt_sender *sender = sender_;
    sender->config.exporter->interrupt(sender->config.self);
}

/* Under lock. The books are closed: whatever has not been answered is dropped, and what the pump
 * has not taken, memory being short or a disk slow. The rings are the pump's as long as it runs. */
static void settle(struct pt_pipeline *pipeline)
{
    struct pt_left_records left = { .stored = 0 };
    if (pump_ended(pipeline)) {
        left = pt_pipeline_leave_rings();
    } else {
        left.stored = pt_pipeline_count_rings();
    }
    pipeline->spool.rings_are_left = left.stored > 0 && pipeline->spool.rings_survive;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        drop_rest(pipeline->senders[i], left);
    }
    pipeline->stopped = true;
    pthread_cond_broadcast(&pipeline->changed); /* flushes of other threads have nothing to await */
}

bool pt_pipeline_stop(struct pt_pipeline *pipeline, uint64_t deadline_ns, uint64_t patience_ns,
                      bool ret_hung[PT_SENDERS_MAX])
{
    struct pt_task interrupts[PT_SENDERS_MAX];
    bool all_ended = true;

    size_t count = ask_all_to_stop(pipeline);
    for (size_t i = 0; i < count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        bool has_none = !sender->config.exporter->interrupt;
        interrupts[i] = (struct pt_task){ interrupt, sender, has_none };
    }
    struct pt_apart *interrupting = pt_apart_begin(interrupts, count);

    pthread_mutex_lock(&pipeline->lock);
    wait_for_threads(pipeline, deadline_ns);
    settle(pipeline);
    wait_for_threads(pipeline, patience_ns); /* so that no memory is left behind */
    leave_hung(pipeline, ret_hung);
    if (!pipeline->pump_hung) {
        pt_pipeline_leave_rings();
        pt_pipeline_trim(pipeline); /* a worker that hangs keeps the memory of its slice alone */
    }
    pthread_mutex_unlock(&pipeline->lock);

    pt_apart_end(interrupting, interrupts, patience_ns);
    for (size_t i = 0; i < count; i++) {
        ret_hung[i] |= interrupts[i].hung && pipeline->senders[i]->config.exporter->interrupt;
        all_ended &= !ret_hung[i];
    }
    join_rest(pipeline);
    return all_ended && !pipeline->pump_hung;
}
