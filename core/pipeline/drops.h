/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_DROPS_H
#define PT_PIPELINE_DROPS_H

/* What an exporter has lost, by reason, and how much of it was said. Under the pipeline's lock. */

#include <stdbool.h>
#include <stdint.h>

#include <patter/stats.h>

enum { PT_DROP_REASONS = 16, PT_REASON_MAX = 32, PT_DETAIL_MAX = 256 };

/* Zeroed is nothing. */
struct pt_drops {
    struct patter_drop_count counts[PT_DROP_REASONS]; /* the last takes what finds no place */
    struct pt_drop_words {
        uint64_t said;
        uint64_t next_ns; /* no line before that; CLOCK_MONOTONIC */
        char detail[PT_DETAIL_MAX];
    } words[PT_DROP_REASONS];
    bool is_unsaid; /* something is */
};

/* Counts `count` spans as dropped under `reason`; returns its place, the last where it finds none
 * of its own. */
size_t pt_drop_counts_add(struct patter_drop_count counts[PT_DROP_REASONS], const char *reason,
                          uint64_t count);

/* The same, to be said later; `detail` is the latest's. */
void pt_drops_add(struct pt_drops *drops, const char *reason, const char *detail, uint64_t count);

/* Logs what `exporter` lost since the last line of its reason, a line a minute for each; `at_end`
 * however lately that was. */
void pt_drops_say(struct pt_drops *drops, const char *exporter, bool at_end);

#endif /* PT_PIPELINE_DROPS_H */
