/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_CURSOR_H
#define PT_PIPELINE_CURSOR_H

/*
 * Where an exporter stands in the log: what it has been given, and what its backend has answered
 * for. Everything here is under the pipeline's lock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pipeline/segment.h"
#include "core/storage/cursors.h"

enum { PT_IN_FLIGHT_MAX = 64 };

/* A slice of a segment, as one send() gets it. Zeroed is none. */
struct pt_slice {
    struct pt_segment *segment; /* one reference is the slice's */
    const unsigned char *bytes; /* its records, in a row */
    uint64_t first;             /* position */
    uint32_t count;             /* of records; 0: none */
};

/* Zeroed is at the log's beginning. */
struct pt_cursor {
    struct pt_segment *segment; /* holds record `read`, or is older; NULL: the log's oldest is */
    uint64_t read;              /* position of the next record to hand out */
    uint64_t in_flight[PT_IN_FLIGHT_MAX]; /* first positions of slices handed out, + 1; 0: free */
    bool closed;                          /* nothing from `end` on is its own */
    uint64_t end;                         /* never below `read` */
    uint64_t closed_at;                   /* `read` when it was closed */
    uint32_t place;                       /* of its stored cursors in each source */
    /* What an earlier process had answered for already, in order and apart; it is passed over. */
    const struct pt_range *answered; /* borrowed */
    size_t answered_count;
};

/* `position`, or the end of a closed cursor where that comes first. */
static inline uint64_t pt_cursor_bound(const struct pt_cursor *cursor, uint64_t position)
{
    return cursor->closed && cursor->end < position ? cursor->end : position;
}

/* The segment that must be read from its file before the next slice can be taken; NULL: none. */
struct pt_segment *pt_cursor_absent(struct pt_cursor *cursor, const struct pt_log_segments *log);

/* Hands out the next slice: at most `max_count` records (1 at least) and `max_bytes`, out of one
 * segment. False when there is none, or, for a moment, when its journal cannot note one more batch
 * in flight, as after reloads while a receiver is down. The caller ends it with pt_cursor_done. */
bool pt_cursor_take(struct pt_cursor *cursor, const struct pt_log_segments *log, uint32_t max_count,
                    uint64_t max_bytes, struct pt_slice *ret_slice);

/* The slice is exported or dropped: releases it. */
void pt_cursor_done(struct pt_cursor *cursor, struct pt_slice *slice);

/* Of the slice, which goes on, the first `count` records are exported or dropped. */
void pt_cursor_answer(const struct pt_cursor *cursor, const struct pt_slice *slice, uint32_t count);

/* The slice stays unanswered, for the next start; releases it. */
void pt_cursor_leave(struct pt_slice *slice);

/* Every record before this position is exported or dropped. */
uint64_t pt_cursor_acknowledged(const struct pt_cursor *cursor);

/* How many records in [from, to), of those still to be handed out, are not answered for. */
uint64_t pt_cursor_pending(const struct pt_cursor *cursor, uint64_t from, uint64_t to);

/* Moves on to `segment`'s end, or its own, because the segment goes; returns how many records that
 * passes over. */
uint64_t pt_cursor_skip(struct pt_cursor *cursor, const struct pt_segment *segment);

#endif /* PT_PIPELINE_CURSOR_H */
