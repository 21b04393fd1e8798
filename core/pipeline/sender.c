/* SPDX-License-Identifier: MIT */
#include "core/pipeline/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/pipeline.h"

/* ---- life --------------------------------------------------------------------- */

struct pt_sender *pt_sender_new(struct pt_pipeline *pipeline, const struct pt_sender_config *config)
{
    uint32_t count = config->worker_count;
    struct pt_sender *sender = calloc(1, sizeof(*sender));
    struct pt_worker *workers =
        count >= 1 && count <= PT_IN_FLIGHT_MAX ? calloc(count, sizeof(*workers)) : NULL;
    if (!sender || !workers) {
        free(sender);
        free(workers);
        return NULL;
    }
    sender->pipeline = pipeline;
    sender->config = *config;
    sender->cursor.closed = true; /* until it is in use */
    sender->workers = workers;
    pt_cond_init(&sender->work);
    pt_cond_init(&sender->pause);
    for (uint32_t i = 0; i < count; i++) {
        workers[i].sender = sender;
        workers[i].number = i;
    }
    return sender;
}

void pt_sender_destroy(struct pt_sender *sender)
{
    for (uint32_t i = 0; i < sender->config.worker_count; i++) {
        pt_arena_clean(&sender->workers[i].arena);
    }
    pthread_cond_destroy(&sender->work);
    pthread_cond_destroy(&sender->pause);
    free(sender->answered);
    free(sender->workers);
    free(sender);
}

bool pt_sender_start_workers(struct pt_sender *sender)
{
    for (uint32_t i = 0; i < sender->config.worker_count; i++) {
        struct pt_worker *worker = &sender->workers[i];
        pthread_mutex_lock(&sender->pipeline->lock); /* those that run look at all of them */
        worker->started = pthread_create(&worker->thread, NULL, pt_worker_run, worker) == 0;
        pthread_mutex_unlock(&sender->pipeline->lock);
        if (!worker->started) {
            return false;
        }
    }
    return true;
}

bool pt_sender_workers_ended(const struct pt_sender *sender)
{
    for (uint32_t i = 0; i < sender->config.worker_count; i++) {
        if (sender->workers[i].started && !sender->workers[i].ended) {
            return false;
        }
    }
    return true;
}

bool pt_sender_is_over(const struct pt_sender *sender)
{
    return sender->state == PT_SENDER_ENDING && !sender->flushing &&
           sender->flush_served == sender->flush_wanted &&
           pt_cursor_acknowledged(&sender->cursor) >= sender->cursor.end;
}

/* ---- its workers ------------------------------------------------------------------ */

uint32_t pt_sender_ready(const struct pt_sender *sender)
{
    uint64_t there =
        pt_cursor_bound(&sender->cursor, sender->pipeline->log.end) - sender->cursor.read;
    if (there >= sender->config.max_batch_count) {
        return sender->config.max_batch_count;
    }
    return sender->cursor.read < sender->forced ? (uint32_t)there : 0;
}

enum {
    FAST_ENOUGH_NS_PER_SPAN = 2000, /* half a million spans a second */
    PACE_SPANS = 4096               /* about so many, the latest, make the mean */
};

bool pt_sender_has_place(const struct pt_sender *sender)
{
    return sender->holding == 0 || sender->ns_per_span > FAST_ENOUGH_NS_PER_SPAN;
}

bool pt_sender_needs_worker(const struct pt_sender *sender, uint64_t now_ns)
{
    return sender->idle > 0 && pt_sender_ready(sender) > 0 &&
           ((!sender->called && pt_sender_has_place(sender)) ||
            now_ns >= sender->moved_ns + PT_SENDER_PATIENCE_NS);
}

void pt_sender_call_worker(struct pt_sender *sender, uint64_t now_ns)
{
    sender->called = sender->idle > 0;
    sender->moved_ns = now_ns;
    pthread_cond_signal(&sender->work);
}

void pt_sender_note_pace(struct pt_sender *sender, uint32_t count, uint64_t took_ns)
{
    uint64_t share_ns = took_ns / sender->holding; /* others send meanwhile */
    sender->ns_per_span =
        (sender->ns_per_span * PACE_SPANS + share_ns) / ((uint64_t)PACE_SPANS + count);
}

void pt_sender_ask_flush(struct pt_sender *sender, uint64_t ticket)
{
    sender->flush_wanted = ticket;
    if (!sender->config.exporter->flush) {
        sender->flush_served = ticket;
    }
}

/* ---- counters ------------------------------------------------------------------ */

void pt_exporter_stats_add(struct patter_exporter_stats *ended,
                           const struct patter_exporter_stats *last)
{
    snprintf(ended->name, sizeof(ended->name), "%s", "(ended)");
    ended->state = PATTER_EXPORTER_ENDED;
    ended->entered += last->entered;
    ended->recovered += last->recovered;
    ended->waiting += last->waiting;
    ended->exported += last->exported;
    ended->requests += last->requests;
    ended->retries += last->retries;
    ended->send_ns += last->send_ns;
    ended->dropped += last->dropped;
    for (size_t i = 0; i < last->drop_reason_count; i++) {
        pt_drop_counts_add(ended->drops, last->drops[i].reason, last->drops[i].spans);
    }
    ended->drop_reason_count = 0;
    while (ended->drop_reason_count < PT_DROP_REASONS &&
           ended->drops[ended->drop_reason_count].reason[0] != '\0') {
        ended->drop_reason_count++;
    }
}

void pt_sender_stats(const struct pt_sender *sender, uint64_t refused,
                     struct patter_exporter_stats *stats)
{
    bool is_ending = sender->state == PT_SENDER_ENDING;
    refused = (is_ending ? sender->refused_at_end : refused) - sender->refused_before;
    memcpy(stats->name, sender->config.name, sizeof(stats->name));
    stats->state = is_ending ? PATTER_EXPORTER_ENDING : PATTER_EXPORTER_IN_USE;
    stats->entered = sender->entered + refused;
    stats->waiting = sender->waiting;
    stats->recovered = sender->recovered;
    stats->exported = sender->exported;
    stats->requests = sender->requests;
    stats->retries = sender->retries;
    stats->send_ns = sender->send_ns;
    stats->in_flight = sender->pipeline->stopped ? 0 : sender->in_flight;
    memcpy(stats->drops, sender->drops.counts, sizeof(stats->drops));
    pt_drop_counts_add(stats->drops, "buffer_full", refused); /* lost for every exporter alike */
    for (size_t i = 0; i < PT_DROP_REASONS && stats->drops[i].reason[0] != '\0'; i++) {
        stats->dropped += stats->drops[i].spans;
        stats->drop_reason_count++;
    }
}
