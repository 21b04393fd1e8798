/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_RANGES_H
#define PT_STORAGE_RANGES_H

/* Sets of positions as ranges: in order, disjoint, none empty. */

#include <stddef.h>
#include <stdint.h>

/* Positions [first, end); none where end <= first. */
struct pt_range {
    uint64_t first, end;
};

/* A set that grows at its end, in memory of the caller's, `max` ranges at most. */
struct pt_ranges {
    struct pt_range *ranges;
    size_t count, max;
};

/* Adds [first, end), which begins no earlier than the last one; what finds no place is left out. */
void pt_ranges_push(struct pt_ranges *set, uint64_t first, uint64_t end);

/* Adds what stands in `ranges` within [first, end). */
void pt_ranges_push_within(struct pt_ranges *set, const struct pt_range *ranges, size_t count,
                           uint64_t first, uint64_t end);

/* Adds what stands in both. */
void pt_ranges_push_both(struct pt_ranges *set, const struct pt_range *a, size_t a_count,
                         const struct pt_range *b, size_t b_count);

/* How many of the positions [first, end) are in none of the ranges. */
uint64_t pt_ranges_lacking(const struct pt_range *ranges, size_t count, uint64_t first,
                           uint64_t end);

#endif /* PT_STORAGE_RANGES_H */
