/* SPDX-License-Identifier: MIT */
#include "core/pipeline/pump.h"

#include <sys/prctl.h>

#include "core/base/clock.h"
#include "core/pipeline/change.h"
#include "core/pipeline/pipeline.h"
#include "core/record/bell.h"
#include "core/record/thread.h"

enum { MEMORY_RETRY_NS = 10 * 1000 * 1000 };

/* A new segment. Where memory is short, one whose records are in its file leaves memory, else the
 * oldest goes; false when none of that makes room. */
static bool make_room(struct pt_pipeline *pipeline)
{
    struct pt_log_segments *log = &pipeline->log;
    bool has_room;
    pthread_mutex_lock(&pipeline->lock);
    pt_spool_limit(pipeline);
    while (!(has_room = pt_segments_grow(log)) && log->oldest) {
        if (pt_segments_unload(log)) {
            continue;
        }
        if (log->newest->is_stored) { /* batches in flight have the memory, but not for long */
            has_room = pt_segments_force(log);
            break;
        }
        if ((has_room = pt_segments_grow_beyond(log)) ||
            log->oldest->is_stored) { /* what is safe is not given up for what comes */
            break;
        }
        pt_pipeline_evict_oldest(pipeline, "buffer_full");
    }
    pthread_mutex_unlock(&pipeline->lock);
    if (has_room) {
        pt_spool_open(pipeline);
    }
    return has_room;
}

/* What was copied is in the log, and no longer in the ring. False when it is too late: all that was
 * here has been counted as lost. */
static bool publish(struct pt_pipeline *pipeline, struct pt_ring *ring, struct pt_copied copied,
                    uint32_t written)
{
    pthread_mutex_lock(&pipeline->lock);
    bool is_in_time = !pipeline->stopped;
    if (is_in_time) {
        pt_spool_note_written(pipeline, written);
        pt_segments_publish(&pipeline->log, copied);
        pt_ring_advance(ring, copied.len, copied.count);
        pt_pipeline_enter(pipeline, copied.count);
    }
    pthread_mutex_unlock(&pipeline->lock);
    return is_in_time;
}

/* One ring into the log; false when memory is short. The copy is made outside the lock, which
 * workers want meanwhile: behind the newest segment's end there is only the pump. */
static bool drain(struct pt_pipeline *pipeline, struct pt_ring *ring)
{
    const unsigned char *bytes;
    uint32_t len;
    bool has_room = true;
    while (has_room && (len = pt_ring_peek(ring, &bytes)) > 0) {
        if (pt_spool_try_again(pipeline)) {
            (void)make_room(pipeline); /* where there is none the segment before goes on */
        }
        struct pt_copied copied = pt_segments_copy(&pipeline->log, bytes, len);
        if (copied.count > 0) {
            has_room = publish(pipeline, ring, copied, pt_spool_write(pipeline, copied));
        } else {
            has_room = make_room(pipeline);
        }
    }
    return has_room;
}

/* Under lock. Starts the log's memory anew where all of it was sent; the pump's alone to do, since
 * it writes there without the lock. */
static void reuse_log(struct pt_pipeline *pipeline)
{
    struct pt_segment *newest = pipeline->log.newest;
    pt_pipeline_trim(pipeline);
    if (newest && !newest->source && newest->references == 1 &&
        pt_pipeline_passed(pipeline, newest)) {
        pt_segments_reuse_newest(&pipeline->log);
    }
}

/* False when memory is short: something is left in a ring. */
static bool drain_all(struct pt_pipeline *pipeline)
{
    bool has_room = true;
    pthread_mutex_lock(&pipeline->lock);
    reuse_log(pipeline);
    pt_spool_limit(pipeline);
    pthread_mutex_unlock(&pipeline->lock);
    pt_spool_sweep(pipeline);
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        bool is_retired = pt_thread_is_retired(thread);
        if (!drain(pipeline, &thread->ring)) {
            has_room = false;
        } else if (is_retired) { /* asked before the last look: nothing came after it */
            pt_thread_recycle(thread);
        }
    }
    return has_room;
}

/* 0 is never. */
static uint64_t sooner(uint64_t one_ns, uint64_t other_ns)
{
    return one_ns == 0 || (other_ns != 0 && other_ns < one_ns) ? other_ns : one_ns;
}

/* Under lock. Wakes a worker where a batch is full or due; returns when to look again, 0 for never.
 */
static uint64_t schedule(struct pt_sender *sender, uint64_t now_ns, bool is_due)
{
    uint64_t end = pt_cursor_bound(&sender->cursor, sender->pipeline->log.end);
    if (is_due || (sender->due_ns != 0 && sender->due_ns <= now_ns)) {
        sender->forced = end;
    }
    if (sender->cursor.read == end || sender->forced >= end) { /* no timer hurries a receiver */
        sender->due_ns = 0;
    } else if (sender->due_ns == 0) {
        sender->due_ns = now_ns + sender->config.schedule_delay_ns;
    }
    if (pt_sender_needs_worker(sender, now_ns) || sender->flush_wanted != sender->flush_served) {
        pt_sender_call_worker(sender, now_ns);
    }
    if (pt_sender_ready(sender) > 0 && sender->idle > 0) { /* whether the one takes all in time */
        return sooner(sender->due_ns, sender->moved_ns + PT_SENDER_PATIENCE_NS);
    }
    return sender->due_ns;
}

/* Schedules all senders, for whom all that waits `is_due` or not; returns when to look again, 0 for
 * never. */
static uint64_t schedule_all(struct pt_pipeline *pipeline, uint64_t flush, bool is_due)
{
    uint64_t next_ns = 0;
    pthread_mutex_lock(&pipeline->lock);
    uint64_t now_ns = pt_clock_monotonic_ns();
    bool force = flush != pipeline->flush_pumped;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        if (force) {
            pt_sender_ask_flush(sender, flush);
        }
        next_ns = sooner(next_ns, schedule(sender, now_ns, force || is_due));
        pt_drops_say(&sender->drops, sender->config.name, false);
    }
    if (force) {
        pipeline->flush_pumped = flush;
        pipeline->flush_position = pipeline->log.end;
        pthread_cond_broadcast(&pipeline->changed); /* there may be nothing to hope for */
    }
    pt_pipeline_answer_flushes(pipeline);
    pthread_mutex_unlock(&pipeline->lock);
    return next_ns;
}

struct look {
    struct pt_pipeline *pipeline;
    uint64_t flush;
    bool napping;
};

/* Whether there is a reason not to sleep. While a batch waits for its time, records may gather. */
static bool look(void *look_)
{
    const struct look *look = look_;
    if (atomic_load_explicit(&look->pipeline->flush_wanted, memory_order_acquire) != look->flush ||
        atomic_load_explicit(&look->pipeline->change, memory_order_acquire) ||
        atomic_load_explicit(&look->pipeline->pump_stopping, memory_order_acquire)) {
        return true;
    }
    if (look->napping) {
        return false;
    }
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        const unsigned char *bytes;
        if (pt_ring_peek(&thread->ring, &bytes) > 0 || pt_thread_is_retired(thread)) {
            return true;
        }
    }
    return false;
}

/* The shortest time that a batch may wait to be filled; 0 where nothing is sent. */
static uint64_t shortest_delay_ns(struct pt_pipeline *pipeline)
{
    uint64_t shortest_ns = 0;
    pthread_mutex_lock(&pipeline->lock);
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        uint64_t delay_ns = pipeline->senders[i]->config.schedule_delay_ns;
        shortest_ns = i == 0 || delay_ns < shortest_ns ? delay_ns : shortest_ns;
    }
    pthread_mutex_unlock(&pipeline->lock);
    return shortest_ns;
}

/*
 * Whoever ends the first span after a pause has to wake a pump that sleeps, which takes as long as
 * recording a hundred spans. So the pump lingers: after the last span it naps once more, as long as
 * a batch may wait anyway, and what it finds then is due at once. Only then it sleeps.
 */
void *pt_pump_run(void *pipeline_)
{
    struct pt_pipeline *pipeline = pipeline_;
    uint64_t lingers_until_ns = 0;
    prctl(PR_SET_NAME, "patter-pump");
    for (;;) {
        bool last = atomic_load_explicit(&pipeline->pump_stopping, memory_order_acquire);
        uint64_t flush = atomic_load_explicit(&pipeline->flush_wanted, memory_order_acquire);
        struct pt_change *change = atomic_load_explicit(&pipeline->change, memory_order_acquire);
        pt_spool_look_after(pipeline, last);
        uint64_t before = pipeline->log.end; /* which the pump alone changes */
        bool has_room = drain_all(pipeline);
        if (change) { /* asked before the look into the rings */
            pt_change_apply(pipeline, change);
        }
        uint64_t now_ns = pt_clock_monotonic_ns();
        bool has_lingered = lingers_until_ns != 0 && lingers_until_ns <= now_ns;
        uint64_t until_ns = schedule_all(pipeline, flush, has_lingered);
        pt_losses_say(&pipeline->losses, now_ns, last);
        if (last) {
            return NULL;
        }
        if (pipeline->log.end != before) {
            lingers_until_ns = now_ns + shortest_delay_ns(pipeline);
        } else if (has_lingered) {
            lingers_until_ns = 0;
        }
        until_ns = sooner(until_ns, lingers_until_ns);
        if (!has_room) {
            until_ns = sooner(until_ns, now_ns + MEMORY_RETRY_NS);
        }
        struct look state = { pipeline, flush, until_ns != 0 };
        pt_bell_wait(until_ns, look, &state);
    }
}
