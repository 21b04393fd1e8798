/* SPDX-License-Identifier: MIT */
#include "core/pipeline/worker.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include <patter/version.h>

#include "core/base/clock.h"
#include "core/pipeline/backlog.h"
#include "core/pipeline/change.h"
#include "core/pipeline/pipeline.h"
#include "core/pipeline/view.h"

/* Until a place may be free for one more batch in flight. */
enum { NO_PLACE_NS = 10 * 1000 * 1000 };

/* What became of an attempt, safe to use: a plugin's answer is not trusted. */
struct outcome {
    patter_status status; /* PATTER_OK, PATTER_AGAIN, PATTER_TOO_LARGE or PATTER_FAILED */
    bool is_shutdown;     /* it was not offered any more */
    uint32_t rejected;
    uint64_t wait_ns;
    char reason[PT_REASON_MAX];
    char detail[PT_DETAIL_MAX];
};

static void lock(struct pt_sender *sender)
{
    pthread_mutex_lock(&sender->pipeline->lock);
}

static void unlock(struct pt_sender *sender)
{
    pthread_mutex_unlock(&sender->pipeline->lock);
}

/* ---- one attempt ---------------------------------------------------------- */

static void copy_token(const char *token, const char *fallback, char ret_token[PT_REASON_MAX])
{
    size_t len = token ? strnlen(token, PT_REASON_MAX) : 0;
    bool is_token = len > 0 && len < PT_REASON_MAX &&
                    strspn(token, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
    snprintf(ret_token, PT_REASON_MAX, "%s", is_token ? token : fallback);
}

static void copy_printable(const char *text, char *ret_text, size_t size)
{
    size_t i = 0;
    for (; text && text[i] && i + 1 < size; i++) {
        ret_text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    }
    ret_text[i] = '\0';
}

static void judge(patter_status status, const struct patter_result *result, size_t count,
                  struct outcome *ret_outcome)
{
    *ret_outcome = (struct outcome){ .status = status };
    copy_printable(result->detail, ret_outcome->detail, sizeof(ret_outcome->detail));
    switch (status) {
    case PATTER_OK:
        ret_outcome->rejected = result->rejected < count ? result->rejected : (uint32_t)count;
        copy_token(result->reason, "rejected", ret_outcome->reason);
        break;
    case PATTER_AGAIN:
        ret_outcome->wait_ns = pt_retry_honoured((uint64_t)result->wait_ms * 1000000u);
        copy_token(result->reason, "retry_exhausted", ret_outcome->reason);
        break;
    case PATTER_TOO_LARGE:
        copy_token(result->reason, "too_large", ret_outcome->reason);
        break;
    default:
        ret_outcome->status = PATTER_FAILED;
        copy_token(result->reason, status > 0 ? "bad_status" : "failed", ret_outcome->reason);
        break;
    }
}

static uint64_t attempt_deadline_ns(struct pt_sender *sender)
{
    uint64_t deadline_ns = pt_clock_monotonic_ns() + sender->config.timeout_ns;
    lock(sender);
    uint64_t end_ns = sender->pipeline->end_deadline_ns;
    unlock(sender);
    return end_ns != 0 && end_ns < deadline_ns ? end_ns : deadline_ns;
}

static void attempt(struct pt_worker *worker, const struct patter_span_view *const *spans,
                    size_t count, struct outcome *ret_outcome)
{
    const struct pt_sender_config *config = &worker->sender->config;
    struct patter_batch batch = {
        .struct_size = sizeof(batch),
        .worker = worker->number,
        .spans = spans,
        .span_count = count,
        .resource = worker->sender->pipeline->resource,
        .resource_count = worker->sender->pipeline->resource_count,
        .scope_name = patter_text("getpatter"),
        .scope_version = patter_text(PATTER_VERSION),
        .deadline_ns = attempt_deadline_ns(worker->sender),
    };
    const struct pt_source *source = worker->slice.segment->source;
    if (source) {
        batch.resource = source->resource;
        batch.resource_count = source->resource_count;
        batch.scope_version = source->scope_version;
    }
    struct patter_result result = { .struct_size = sizeof(result) };
    patter_status status = config->exporter->send(config->self, &batch, &result);
    judge(status, &result, count, ret_outcome);
}

/* ---- a batch, until its end is known ---------------------------------------- */

static void say_failure(struct pt_sender *sender, const struct outcome *outcome, uint64_t delay_ns,
                        uint64_t waiting)
{
    pt_log_limited(&sender->failure_gate, PATTER_LOG_WARNING,
                   "exporter %s: %s%s%s; trying again in %.1f s, %llu spans wait",
                   sender->config.name, outcome->reason, outcome->detail[0] ? ": " : "",
                   outcome->detail, (double)delay_ns / 1e9, (unsigned long long)waiting);
}

/* Under lock. */
static void count_drop(struct pt_worker *worker, const struct outcome *outcome, uint64_t count)
{
    struct pt_sender *sender = worker->sender;
    const char *evicted_as = worker->slice.segment->evicted_as;
    if (outcome->is_shutdown) { /* which says how many there were in all */
        pt_drops_add(&sender->drops, evicted_as ? evicted_as : outcome->reason, "", count);
    } else {
        pt_drops_add(&sender->drops, outcome->reason, outcome->detail, count);
        pt_drops_say(&sender->drops, sender->config.name, false);
    }
}

/* Counts the end of `count` spans of the worker's slice. */
static void settle(struct pt_worker *worker, size_t count, uint64_t dropped,
                   const struct outcome *outcome)
{
    struct pt_sender *sender = worker->sender;
    const struct pt_source *source = worker->slice.segment->source;
    if (outcome->is_shutdown && source) {
        pt_spool_note_vanished(sender->pipeline, source);
    }
    lock(sender);
    /* What was abandoned is in the books of the shutdown: as stored, where it is. */
    bool is_left = (outcome->is_shutdown || (worker->abandoned && dropped > 0)) &&
                   worker->slice.segment->is_stored;
    bool is_counted = !worker->abandoned && !is_left;
    bool delivers_again = is_counted && outcome->status == PATTER_OK && sender->failing;
    if (is_counted) {
        pt_cursor_answer(&sender->cursor, &worker->slice, worker->answered + (uint32_t)count);
        sender->exported += count - dropped;
        sender->waiting -= count;
        sender->in_flight -= count;
        worker->answered += (uint32_t)count;
        count_drop(worker, outcome, dropped);
        sender->failing = sender->failing && !delivers_again;
    }
    worker->left |= is_left;
    unlock(sender);
    if (delivers_again) {
        pt_log(PATTER_LOG_INFO, "exporter %s: delivering again", sender->config.name);
    }
}

/* Until the exporter's pause is over; false when the pipeline stops first. */
static bool wait_for_pause(struct pt_sender *sender)
{
    lock(sender);
    while (!sender->pipeline->stopping &&
           (sender->flushing || pt_clock_monotonic_ns() < sender->pause_until_ns)) {
        if (sender->flushing) {
            pthread_cond_wait(&sender->pause, &sender->pipeline->lock);
        } else {
            pt_cond_wait_until(&sender->pause, &sender->pipeline->lock, sender->pause_until_ns);
        }
    }
    bool go_on = !sender->pipeline->stopping;
    if (go_on) {
        sender->busy++;
    }
    unlock(sender);
    return go_on;
}

/* Pauses the exporter after a passing fault; false when the batch's time is up. */
static bool back_off(struct pt_worker *worker, const struct outcome *outcome)
{
    struct pt_sender *sender = worker->sender;
    uint64_t now_ns = pt_clock_monotonic_ns();
    struct pt_retry_policy policy = sender->config.retry;
    uint64_t delay_ns;
    lock(sender);
    if (pt_spool_is_on(&sender->pipeline->spool)) {
        policy.max_elapsed_time_ns = 0; /* what is in files can wait */
    }
    if (sender->asked_until_ns < now_ns + outcome->wait_ns) { /* whatever becomes of this batch */
        sender->asked_until_ns = now_ns + outcome->wait_ns;
    }
    if (sender->pause_until_ns < sender->asked_until_ns) {
        sender->pause_until_ns = sender->asked_until_ns;
    }
    unlock(sender);
    if (!pt_retry_next(&policy, &worker->retry, now_ns, outcome->wait_ns, &delay_ns)) {
        return false;
    }
    lock(sender);
    if (sender->pause_until_ns < now_ns + delay_ns) {
        sender->pause_until_ns = now_ns + delay_ns;
    }
    sender->failing = true;
    pt_pipeline_answer_flushes(sender->pipeline); /* what is in files need not be waited for */
    uint64_t waiting = sender->waiting;
    if (sender->pipeline->end_deadline_ns != 0) { /* a shutdown that need not wait for it now */
        pthread_cond_broadcast(&sender->pipeline->changed);
    }
    unlock(sender);
    say_failure(sender, outcome, delay_ns, waiting);
    return true;
}

static void count_attempt(struct pt_worker *worker, uint64_t took_ns)
{
    struct pt_sender *sender = worker->sender;
    lock(sender);
    sender->busy--;
    sender->requests++;
    sender->send_ns += took_ns;
    sender->retries += worker->offered_before;
    unlock(sender);
    worker->offered_before = true;
}

/* Offers the spans until they are exported, dropped, or known to be too many at once. */
static void offer(struct pt_worker *worker, const struct patter_span_view *const *spans,
                  size_t count, struct outcome *ret_outcome)
{
    do {
        if (!wait_for_pause(worker->sender)) {
            *ret_outcome = (struct outcome){ .status = PATTER_FAILED,
                                             .is_shutdown = true,
                                             .reason = "shutdown" };
            return;
        }
        uint64_t begin_ns = pt_clock_monotonic_ns();
        attempt(worker, spans, count, ret_outcome);
        count_attempt(worker, pt_clock_monotonic_ns() - begin_ns);
    } while (ret_outcome->status == PATTER_AGAIN && back_off(worker, ret_outcome));
}

/* A batch that the receiver finds too large is halved until it fits, or is one span. */
static void deliver(struct pt_worker *worker, const struct patter_span_view *const *spans,
                    size_t count)
{
    struct outcome outcome;
    offer(worker, spans, count, &outcome);
    if (outcome.status == PATTER_TOO_LARGE && count > 1) {
        deliver(worker, spans, count / 2);
        deliver(worker, spans + count / 2, count - count / 2);
        return;
    }
    settle(worker, count, outcome.status == PATTER_OK ? outcome.rejected : count, &outcome);
}

static void send_slice(struct pt_worker *worker, uint64_t begin_ns)
{
    struct outcome lost = { .status = PATTER_FAILED };
    const struct pt_slice *slice = &worker->slice;
    size_t made = 0;
    const struct patter_span_view **spans =
        pt_views_make(slice->bytes, slice->count, &worker->arena, &made);
    worker->retry = (struct pt_retry_state){ .begun_ns = begin_ns };
    worker->offered_before = false;
    if (spans && made > 0) {
        deliver(worker, spans, made);
    }
    /* Last: what is answered for, of a slice, is its first records as far as its file knows. */
    if (made < slice->count || !spans) {
        snprintf(lost.reason, sizeof(lost.reason), "%s", spans ? "damaged_record" : "no_memory");
        settle(worker, slice->count - (spans ? made : 0), slice->count - (spans ? made : 0), &lost);
    }
    pt_arena_reset(&worker->arena);
}

/* ---- the thread --------------------------------------------------------------- */

/* Under lock, which is let go meanwhile. The plugin's own flush, when nothing is being sent. */
static void flush_plugin(struct pt_sender *sender)
{
    uint64_t wanted = sender->flush_wanted;
    sender->flushing = true;
    unlock(sender);
    sender->config.exporter->flush(sender->config.self, attempt_deadline_ns(sender));
    lock(sender);
    sender->flushing = false;
    pthread_cond_broadcast(&sender->pause);
    sender->flush_served = wanted;
    pthread_cond_broadcast(&sender->work);
    pt_pipeline_answer_flushes(sender->pipeline);
}

static bool may_flush(const struct pt_sender *sender)
{
    return sender->flush_wanted != sender->flush_served && sender->busy == 0 && !sender->flushing &&
           pt_cursor_acknowledged(&sender->cursor) >= sender->forced;
}

/* Under lock, which is let go while the slice is sent. */
static void work(struct pt_worker *worker)
{
    struct pt_sender *sender = worker->sender;
    uint32_t ready = pt_sender_ready(sender);
    struct pt_segment *absent = pt_cursor_absent(&sender->cursor, &sender->pipeline->log);
    if (absent) {
        pt_backlog_load(sender, absent);
        return;
    }
    if (!pt_cursor_take(&sender->cursor, &sender->pipeline->log, ready,
                        sender->config.max_batch_bytes, &worker->slice)) {
        pt_cond_wait_until(&sender->work, &sender->pipeline->lock,
                           pt_clock_monotonic_ns() + NO_PLACE_NS);
        return;
    }
    uint32_t count = worker->slice.count;
    uint64_t begin_ns = pt_clock_monotonic_ns();
    sender->in_flight += count;
    sender->holding++;
    sender->moved_ns = begin_ns;
    if (pt_sender_needs_worker(sender, begin_ns)) {
        pt_sender_call_worker(sender, begin_ns);
    }
    unlock(sender);
    send_slice(worker, begin_ns);
    uint64_t took_ns = pt_clock_monotonic_ns() - begin_ns;
    lock(sender);
    pt_sender_note_pace(sender, count, took_ns);
    sender->in_flight -= count - worker->answered;
    sender->holding--;
    if (worker->left) {
        pt_cursor_leave(&worker->slice);
    } else {
        pt_cursor_done(&sender->cursor, &worker->slice);
    }
    worker->answered = 0;
    pt_pipeline_trim(sender->pipeline);
    pt_pipeline_answer_flushes(sender->pipeline);
    if (sender->pipeline->spool.removal_count > 0) {
        unlock(sender);
        pt_spool_sweep(sender->pipeline);
        lock(sender);
    }
}

void *pt_worker_run(void *worker_)
{
    struct pt_worker *worker = worker_;
    struct pt_sender *sender = worker->sender;
    prctl(PR_SET_NAME, "patter-send");
    lock(sender);
    bool is_called = false;
    while (!sender->pipeline->stopping && !pt_sender_is_over(sender)) {
        if (pt_sender_ready(sender) > 0 && (is_called || pt_sender_has_place(sender))) {
            is_called = false;
            work(worker);
        } else if (may_flush(sender)) {
            flush_plugin(sender);
        } else {
            sender->idle++;
            pthread_cond_wait(&sender->work, &sender->pipeline->lock);
            sender->idle--;
            is_called = sender->called;
            sender->called = false;
        }
    }
    worker->ended = true;
    pthread_cond_broadcast(&sender->work); /* where it is over, it is so for all */
    pthread_cond_broadcast(&sender->pipeline->changed);
    if (pt_change_is_last(worker)) {
        pt_change_bury(worker);
    } else {
        unlock(sender);
    }
    return NULL;
}
