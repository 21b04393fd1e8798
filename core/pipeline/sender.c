/* SPDX-License-Identifier: MIT */
#include "core/pipeline/sender.h"

#include <stdio.h>
#include <string.h>

#include "core/pipeline/pipeline.h"

uint32_t pt_sender_ready(const struct pt_sender *sender)
{
    uint64_t there = sender->pipeline->log.end - sender->cursor.read;
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

void pt_sender_count_drop(struct pt_sender *sender, const char *reason, uint64_t count)
{
    size_t i = 0;
    if (count == 0) {
        return;
    }
    while (i < PT_DROP_REASONS - 1 && sender->drops[i].reason[0] != '\0' &&
           strcmp(sender->drops[i].reason, reason) != 0) {
        i++;
    }
    if (sender->drops[i].reason[0] == '\0') {
        snprintf(sender->drops[i].reason, PT_REASON_MAX, "%s",
                 i < PT_DROP_REASONS - 1 ? reason : "other");
    }
    sender->drops[i].spans += count;
}

void pt_sender_say_evicted(struct pt_sender *sender, uint64_t count)
{
    if (count > 0) {
        pt_log_limited(&sender->drop_gate, PATTER_LOG_WARNING,
                       "exporter %s: %llu spans dropped, the oldest first: buffer.max_memory is "
                       "full because the receiver does not keep up",
                       sender->config.name, (unsigned long long)count);
    }
}

void pt_sender_stats(const struct pt_sender *sender, struct patter_exporter_stats *stats)
{
    memcpy(stats->name, sender->config.name, sizeof(stats->name));
    stats->waiting = sender->waiting;
    stats->exported = sender->exported;
    stats->requests = sender->requests;
    stats->retries = sender->retries;
    for (size_t i = 0; i < PT_DROP_REASONS && sender->drops[i].reason[0] != '\0'; i++) {
        stats->drops[i] = sender->drops[i];
        stats->dropped += sender->drops[i].spans;
        stats->drop_reason_count++;
    }
}
