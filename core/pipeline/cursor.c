/* SPDX-License-Identifier: MIT */
#include "core/pipeline/cursor.h"

#include "core/pipeline/spool.h"

static void pass_answered(struct pt_cursor *cursor)
{
    while (cursor->answered_count > 0 && cursor->answered->first <= cursor->read) {
        if (cursor->read < cursor->answered->end) {
            cursor->read = cursor->answered->end;
        }
        cursor->answered++;
        cursor->answered_count--;
    }
}

/* Makes `segment` the one that holds record `read`, when the log has it. */
static bool settle(struct pt_cursor *cursor, const struct pt_log_segments *log)
{
    struct pt_segment *segment = cursor->segment ? cursor->segment : log->oldest;
    pass_answered(cursor);
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

struct pt_segment *pt_cursor_absent(struct pt_cursor *cursor, const struct pt_log_segments *log)
{
    return settle(cursor, log) && !cursor->segment->memory ? cursor->segment : NULL;
}

/* The position in the segment's journal of the record at `position`; its beginning for what is in
 * one before. */
static uint64_t stored_position(const struct pt_segment *segment, uint64_t position)
{
    uint64_t before = segment->first > position ? segment->first - position : 0;
    if (before > 0) {
        return segment->stored_first > before ? segment->stored_first - before : 0;
    }
    return segment->stored_first + (position - segment->first);
}

static struct pt_stored_cursor *stored_cursor(const struct pt_cursor *cursor,
                                              const struct pt_segment *segment)
{
    return segment->source ? segment->source->cursors[cursor->place] : NULL;
}

/* Whether the slice is of what a cursor had not handed out when it was closed, which its journal
 * knows as one batch in flight: another of the same name may go on from its end. */
static bool is_of_rest(const struct pt_cursor *cursor, const struct pt_slice *slice)
{
    return cursor->closed && slice->first >= cursor->closed_at && slice->segment->source->is_own;
}

bool pt_cursor_take(struct pt_cursor *cursor, const struct pt_log_segments *log, uint32_t max_count,
                    uint64_t max_bytes, struct pt_slice *ret_slice)
{
    if (!settle(cursor, log)) {
        return false;
    }
    struct pt_segment *segment = cursor->segment;
    struct pt_stored_cursor *stored = stored_cursor(cursor, segment);
    if ((stored && !pt_stored_cursor_has_place(stored)) || !note_in_flight(cursor, cursor->read)) {
        return false;
    }
    uint32_t begin = (uint32_t)(cursor->read - segment->first);
    uint32_t there = segment->count - begin;
    if (cursor->answered_count > 0 && cursor->answered->first < cursor->read + there) {
        there = (uint32_t)(cursor->answered->first - cursor->read);
    }
    uint32_t count = fitting(segment, begin, there < max_count ? there : max_count, max_bytes);
    *ret_slice =
        (struct pt_slice){ .segment = segment,
                           .bytes = segment->memory->data + pt_segment_offset(segment, begin),
                           .first = cursor->read,
                           .count = count };
    pt_segment_keep(segment);
    cursor->read += count;
    if (stored && !is_of_rest(cursor, ret_slice)) {
        uint64_t first = stored_position(segment, ret_slice->first);
        pt_stored_cursor_begin(stored, first, first + count);
    }
    return true;
}

void pt_cursor_answer(const struct pt_cursor *cursor, const struct pt_slice *slice, uint32_t count)
{
    struct pt_stored_cursor *stored = stored_cursor(cursor, slice->segment);
    if (stored && is_of_rest(cursor, slice)) {
        pt_stored_cursor_answer(stored, stored_position(slice->segment, cursor->end),
                                stored_position(slice->segment, pt_cursor_acknowledged(cursor)));
    } else if (stored) {
        uint64_t first = stored_position(slice->segment, slice->first);
        pt_stored_cursor_answer(stored, first + slice->count, first + count);
    }
}

void pt_cursor_leave(struct pt_slice *slice)
{
    pt_segment_release(slice->segment);
    *slice = (struct pt_slice){ 0 };
}

void pt_cursor_done(struct pt_cursor *cursor, struct pt_slice *slice)
{
    for (size_t i = 0; i < PT_IN_FLIGHT_MAX; i++) {
        if (cursor->in_flight[i] == slice->first + 1) {
            cursor->in_flight[i] = 0;
            break;
        }
    }
    pt_cursor_answer(cursor, slice, slice->count);
    pt_cursor_leave(slice);
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

uint64_t pt_cursor_pending(const struct pt_cursor *cursor, uint64_t from, uint64_t to)
{
    from = from > cursor->read ? from : cursor->read;
    to = pt_cursor_bound(cursor, to);
    uint64_t count = to > from ? to - from : 0;
    for (size_t i = 0; i < cursor->answered_count && cursor->answered[i].first < to; i++) {
        uint64_t first = cursor->answered[i].first > from ? cursor->answered[i].first : from;
        uint64_t end = cursor->answered[i].end < to ? cursor->answered[i].end : to;
        count -= end > first ? end - first : 0;
    }
    return count;
}

uint64_t pt_cursor_skip(struct pt_cursor *cursor, const struct pt_segment *segment)
{
    uint64_t end = pt_cursor_bound(cursor, segment->first + segment->count);
    if (cursor->segment == segment) {
        cursor->segment = NULL;
    }
    uint64_t passed = pt_cursor_pending(cursor, segment->first, end);
    cursor->read = cursor->read > end ? cursor->read : end;
    return passed;
}
