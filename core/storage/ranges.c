/* SPDX-License-Identifier: MIT */
#include "core/storage/ranges.h"

void pt_ranges_push(struct pt_ranges *set, uint64_t first, uint64_t end)
{
    if (end <= first) {
        return;
    }
    if (set->count > 0 && first <= set->ranges[set->count - 1].end) {
        struct pt_range *last = &set->ranges[set->count - 1];
        last->end = last->end > end ? last->end : end;
    } else if (set->count < set->max) {
        set->ranges[set->count++] = (struct pt_range){ first, end };
    }
}

void pt_ranges_push_within(struct pt_ranges *set, const struct pt_range *ranges, size_t count,
                           uint64_t first, uint64_t end)
{
    for (size_t i = 0; i < count; i++) {
        pt_ranges_push(set, ranges[i].first > first ? ranges[i].first : first,
                       ranges[i].end < end ? ranges[i].end : end);
    }
}

void pt_ranges_push_both(struct pt_ranges *set, const struct pt_range *a, size_t a_count,
                         const struct pt_range *b, size_t b_count)
{
    for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
        pt_ranges_push(set, a[i].first > b[j].first ? a[i].first : b[j].first,
                       a[i].end < b[j].end ? a[i].end : b[j].end);
        if (a[i].end < b[j].end) {
            i++;
        } else {
            j++;
        }
    }
}

uint64_t pt_ranges_lacking(const struct pt_range *ranges, size_t count, uint64_t first,
                           uint64_t end)
{
    uint64_t lacking = end > first ? end - first : 0;
    for (size_t i = 0; i < count && lacking > 0; i++) {
        uint64_t from = ranges[i].first > first ? ranges[i].first : first;
        uint64_t to = ranges[i].end < end ? ranges[i].end : end;
        lacking -= to > from ? to - from : 0;
    }
    return lacking;
}
