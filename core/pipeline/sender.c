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
