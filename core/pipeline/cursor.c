/* SPDX-License-Identifier: MIT */
#include "core/pipeline/cursor.h"

/* Makes `segment` and `offset` point at record `read`, when the log has it. */
static bool settle(struct pt_cursor *cursor, const struct pt_log_segments *log)
{
    if (!cursor->segment) {
        cursor->segment = log->oldest;
        cursor->offset = 0;
        while (cursor->segment && cursor->segment->first + cursor->segment->count <= cursor->read &&
               cursor->segment->next) {
            cursor->segment = cursor->segment->next;
        }
        if (cursor->segment && cursor->segment->first < cursor->read) {
            cursor->offset = cursor->segment->used;
        }
    }
    while (cursor->segment && cursor->offset == cursor->segment->used && cursor->segment->next) {
        cursor->segment = cursor->segment->next;
        cursor->offset = 0;
    }
    return cursor->segment && cursor->offset < cursor->segment->used;
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

bool pt_cursor_take(struct pt_cursor *cursor, const struct pt_log_segments *log, uint32_t max_count,
                    uint64_t max_bytes, struct pt_slice *ret_slice)
{
    if (!settle(cursor, log) || !note_in_flight(cursor, cursor->read)) {
        return false;
    }
    struct pt_slice slice = { .segment = cursor->segment,
                              .begin = cursor->offset,
                              .end = cursor->offset,
                              .first = cursor->read };
    while (slice.count < max_count && slice.end < slice.segment->used) {
        const struct pt_record *record = (const void *)(slice.segment->data + slice.end);
        if (slice.count > 0 && slice.end + record->size - slice.begin > max_bytes) {
            break;
        }
        slice.end += record->size;
        slice.count++;
    }
    pt_segment_keep(slice.segment);
    cursor->offset = slice.end;
    cursor->read += slice.count;
    *ret_slice = slice;
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
    uint64_t end = segment->first + segment->count;
    if (cursor->segment == segment) {
        cursor->segment = NULL;
        cursor->offset = 0;
    }
    if (cursor->read >= end) {
        return 0;
    }
    uint64_t passed = end - cursor->read;
    cursor->read = end;
    return passed;
}
