/* SPDX-License-Identifier: MIT */
#include "core/pipeline/drops.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"

static const uint64_t period_ns = 60u * 1000000000ull;

size_t pt_drop_counts_add(struct patter_drop_count counts[PT_DROP_REASONS], const char *reason,
                          uint64_t count)
{
    size_t i = 0;
    while (i < PT_DROP_REASONS - 1 && counts[i].reason[0] != '\0' &&
           strcmp(counts[i].reason, reason) != 0) {
        i++;
    }
    if (count > 0 && counts[i].reason[0] == '\0') {
        snprintf(counts[i].reason, sizeof(counts[i].reason), "%s",
                 i < PT_DROP_REASONS - 1 ? reason : "other");
    }
    counts[i].spans += count;
    return i;
}

void pt_drops_add(struct pt_drops *drops, const char *reason, const char *detail, uint64_t count)
{
    if (count > 0) {
        size_t i = pt_drop_counts_add(drops->counts, reason, count);
        snprintf(drops->words[i].detail, PT_DETAIL_MAX, "%s", detail);
        drops->is_unsaid = true;
    }
}

/* For what is patter's own reason, an operator's words. */
static const char *cause_of(const char *reason)
{
    static const struct {
        const char *reason, *cause;
    } known[] = {
        { "storage_full", "the oldest, since storage.max_size is full and the receiver does not "
                          "keep up" },
        { "storage_expired", "they are older than storage.max_age" },
        { "buffer_full", "the oldest, since buffer.max_memory is full and the receiver does not "
                         "keep up" },
        { "shutdown", "not sent before the shutdown" },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].reason, reason) == 0) {
            return known[i].cause;
        }
    }
    return NULL;
}

static void say(const char *exporter, const struct patter_drop_count *count,
                const struct pt_drop_words *words)
{
    unsigned long long spans = count->spans - words->said;
    const char *cause = cause_of(count->reason);
    const char *detail = cause ? "" : words->detail;
    pt_log(PATTER_LOG_WARNING, "exporter %s: %llu spans dropped: %s%s%s", exporter, spans,
           cause ? cause : count->reason, detail[0] ? ": " : "", detail);
}

void pt_drops_say(struct pt_drops *drops, const char *exporter, bool at_end)
{
    uint64_t now_ns = drops->is_unsaid ? pt_clock_monotonic_ns() : 0;
    bool was_unsaid = drops->is_unsaid;
    drops->is_unsaid = false;
    for (size_t i = 0; was_unsaid && i < PT_DROP_REASONS; i++) {
        struct pt_drop_words *words = &drops->words[i];
        if (drops->counts[i].spans == words->said) {
            continue;
        }
        if (!at_end && now_ns < words->next_ns) {
            drops->is_unsaid = true;
            continue;
        }
        say(exporter, &drops->counts[i], words);
        words->said = drops->counts[i].spans;
        words->next_ns = now_ns + period_ns;
    }
}
