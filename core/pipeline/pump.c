/* SPDX-License-Identifier: MIT */
#include "core/pipeline/pump.h"

#include <sys/prctl.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/pipeline/pipeline.h"
#include "core/record/bell.h"
#include "core/record/thread.h"

/* Under lock. The oldest segment goes, and with it what the senders behind it had not taken. */
static void evict_oldest(struct pt_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        uint64_t lost = pt_cursor_skip(&sender->cursor, pipeline->log.oldest);
        sender->waiting -= lost;
        pt_sender_count_drop(sender, "buffer_full", lost);
        if (lost > 0) {
            pt_log_limited(&sender->drop_gate, PATTER_LOG_WARNING,
                           "exporter %s: %llu spans dropped, the oldest first: buffer.max_memory "
                           "is full because the receiver does not keep up",
                           sender->config.name, (unsigned long long)lost);
        }
    }
    pt_segments_drop_oldest(&pipeline->log);
}

/* Under lock. Into the log, the oldest going where memory is short; returns the bytes taken. */
static uint32_t append(struct pt_pipeline *pipeline, const unsigned char *bytes, uint32_t len)
{
    uint64_t before = pipeline->log.end;
    uint32_t taken = pt_segments_append(&pipeline->log, bytes, len);
    while (taken < len && pipeline->log.oldest) {
        evict_oldest(pipeline);
        taken += pt_segments_append(&pipeline->log, bytes + taken, len - taken);
    }
    uint64_t appended = pipeline->log.end - before;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        pipeline->senders[i]->waiting += appended;
    }
    return taken;
}

/* One ring into the log; true when it held anything. */
static bool drain(struct pt_pipeline *pipeline, struct pt_thread *thread)
{
    const unsigned char *bytes;
    uint32_t len;
    uint32_t taken = 1;
    bool found = false;
    while (taken > 0 && (len = pt_ring_peek(&thread->ring, &bytes)) > 0) {
        pthread_mutex_lock(&pipeline->lock);
        uint64_t before = pipeline->log.end;
        taken = append(pipeline, bytes, len);
        /* Under lock: a span waits in one place, not in two. */
        pt_ring_advance(&thread->ring, taken, pipeline->log.end - before);
        pthread_mutex_unlock(&pipeline->lock);
        found = true;
    }
    return found;
}

static bool drain_all(struct pt_pipeline *pipeline)
{
    bool found = false;
    for (struct pt_thread *thread = pt_threads_first(); thread; thread = thread->next) {
        bool is_retired = pt_thread_is_retired(thread);
        found = drain(pipeline, thread) || found;
        if (is_retired) { /* asked before the last look: nothing came after it */
            pt_thread_recycle(thread);
        }
    }
    return found;
}

/* Under lock. Wakes the sender's workers where a batch is full or due. */
static void schedule(struct pt_sender *sender, uint64_t now_ns, bool is_due)
{
    uint64_t end = sender->pipeline->log.end;
    if (sender->cursor.read == end) {
        sender->due_ns = 0;
    } else if (sender->due_ns == 0) {
        sender->due_ns = now_ns + sender->config.schedule_delay_ns;
    }
    if (is_due || (sender->due_ns != 0 && sender->due_ns <= now_ns)) {
        sender->forced = end;
        sender->due_ns = 0;
    }
    if (pt_sender_ready(sender) > 0 || sender->flush_wanted != sender->flush_served) {
        pthread_cond_signal(&sender->work);
    }
}

/* Schedules all senders, for whom all that waits `is_due` or not; returns when the next batch is, 0
 * for never. */
static uint64_t schedule_all(struct pt_pipeline *pipeline, uint64_t flush, bool is_due)
{
    uint64_t next_ns = 0;
    pthread_mutex_lock(&pipeline->lock);
    uint64_t now_ns = pt_clock_monotonic_ns();
    bool force = flush != pipeline->flush_pumped;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        struct pt_sender *sender = pipeline->senders[i];
        if (force) {
            sender->flush_wanted = flush;
        }
        schedule(sender, now_ns, force || is_due);
        if (sender->due_ns != 0 && (next_ns == 0 || sender->due_ns < next_ns)) {
            next_ns = sender->due_ns;
        }
    }
    if (force) {
        pipeline->flush_pumped = flush;
        pthread_cond_broadcast(&pipeline->changed);
    }
    pt_pipeline_trim(pipeline); /* where there is no exporter, nobody else does */
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
static uint64_t shortest_delay_ns(const struct pt_pipeline *pipeline)
{
    uint64_t shortest_ns = 0;
    for (size_t i = 0; i < pipeline->sender_count; i++) {
        uint64_t delay_ns = pipeline->senders[i]->config.schedule_delay_ns;
        shortest_ns = i == 0 || delay_ns < shortest_ns ? delay_ns : shortest_ns;
    }
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
        bool found = drain_all(pipeline);
        bool is_due = lingers_until_ns != 0 && lingers_until_ns <= pt_clock_monotonic_ns();
        uint64_t due_ns = schedule_all(pipeline, flush, is_due);
        if (last) {
            return NULL;
        }
        lingers_until_ns =
            due_ns == 0 && found ? pt_clock_monotonic_ns() + shortest_delay_ns(pipeline) : 0;
        uint64_t until_ns = due_ns + lingers_until_ns; /* one of them is 0 */
        struct look state = { pipeline, flush, until_ns != 0 };
        pt_bell_wait(until_ns, look, &state);
    }
}
