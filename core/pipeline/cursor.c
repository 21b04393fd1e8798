/* SPDX-License-Identifier: MIT */
#include "core/pipeline/cursor.h"

/* Makes `segment` the one that holds record `read`, when the log has it. */
static bool settle(struct pt_cursor *cursor, const struct pt_log_segments *log)
{
    struct pt_segment *segment = cursor->segment ? cursor->segment : log->oldest;
    while (segment && cursor->read >= segment->first + segment->count && segment->next) {
        segment = segment->next;
    }
    cursor->segment = segment;
    return segment && cursor->read < pt_cursor_bound(cursor, segment->first + segment->count);
}

static bool note_in_flight(struct pt_cursor *cursor, uint64_t first)
{
    for (size_t i = 0; i < PT_IN_FLIGHT_MAX; i++) {
        if (cursor->in_flight[i] == 0) {
            cursor->in_flight[i] = first + 1;
            return true;
        }
    }
    return false;
}

/* How many records from `begin` on stay within `max_bytes`: 1 at least, `count` at most. */
static uint32_t fitting(const struct pt_segment *segment, uint32_t begin, uint32_t count,
                        uint64_t max_bytes)
{
    uint32_t least = 1;
    while (least < count) { /* the answer is in [least, count] */
        uint32_t middle = count - (count - least) / 2;
        uint64_t bytes =
            pt_segment_offset(segment, begin + middle) - pt_segment_offset(segment, begin);
        if (bytes <= max_bytes) {
            least = middle;
        } else {
            count = middle - 1;
        }
    }
    return least;
}

bool pt_cursor_take(struct pt_cursor *cursor, const struct pt_log_segments *log, uint32_t max_count,
                    uint64_t max_bytes, struct pt_slice *ret_slice)
{
    if (!settle(cursor, log) || !note_in_flight(cursor, cursor->read)) {
        return false;
    }
    struct pt_segment *segment = cursor->segment;
    uint32_t begin = (uint32_t)(cursor->read - segment->first);
    uint32_t there = segment->count - begin;
    uint32_t count = fitting(segment, begin, there < max_count ? there : max_count, max_bytes);
    *ret_slice =
        (struct pt_slice){ .segment = segment,
                           .bytes = segment->memory->data + pt_segment_offset(segment, begin),
                           .first = cursor->read,
                           .count = count };
    pt_segment_keep(segment);
    cursor->read += count;
    return true;
}

void pt_cursor_done(struct pt_cursor *cursor, struct pt_slice *slice)
{
    for (size_t i = 0; i < PT_IN_FLIGHT_MAX; i++) {
        if (cursor->in_flight[i] == slice->first + 1) {
            cursor->in_flight[i] = 0;
            break;
        }
    }
    pt_segment_release(slice->segment);
    *slice = (struct pt_slice){ 0 };
}

uint64_t pt_cursor_acknowledged(const struct pt_cursor *cursor)
{
    uint64_t position = cursor->read;
    for (size_t i = 0; i < PT_IN_FLIGHT_MAX; i++) {
        if (cursor->in_flight[i] != 0 && cursor->in_flight[i] - 1 < position) {
            position = cursor->in_flight[i] - 1;
        }
    }
    return position;
}

uint64_t pt_cursor_skip(struct pt_cursor *cursor, const struct pt_segment *segment)
{
    uint64_t end = pt_cursor_bound(cursor, segment->first + segment->count);
    if (cursor->segment == segment) {
        cursor->segment = NULL;
    }
    if (cursor->read >= end) {
        return 0;
    }
    uint64_t passed = end - cursor->read;
    cursor->read = end;
    return passed;
}
