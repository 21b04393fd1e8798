/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_SEGMENT_H
#define PT_PIPELINE_SEGMENT_H

/*
 * The log: finished records in order of arrival, in segments. A record's position is its number
 * since the start. Everything here is under the pipeline's lock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

enum { PT_SEGMENT_SIZE = 512 * 1024 };

struct pt_segment {
    struct pt_segment *next; /* newer */
    uint32_t references; /* the log's one while it is in the list, one for each batch in flight */
    uint64_t first;      /* position of its first record */
    uint32_t count;      /* of records */
    uint32_t used;       /* bytes of data */
    _Alignas(16) unsigned char data[PT_SEGMENT_SIZE];
};

/* Zeroed is empty and valid. */
struct pt_log_segments {
    struct pt_segment *oldest, *newest;
    uint64_t end; /* position of the next record */
};

/* Appends as many whole records of `bytes` as there is memory for; returns the bytes taken. */
uint32_t pt_segments_append(struct pt_log_segments *log, const unsigned char *bytes, uint32_t len);

/* Takes the oldest segment out of the list; in-flight batches keep it alive. */
void pt_segments_drop_oldest(struct pt_log_segments *log);

/* Empties the newest segment, the only one, which nobody refers to any more: a trickle of spans
 * costs no allocation. */
void pt_segments_reuse_newest(struct pt_log_segments *log);

/* A reference more, a reference less. */
void pt_segment_keep(struct pt_segment *segment);
void pt_segment_release(struct pt_segment *segment);

#endif /* PT_PIPELINE_SEGMENT_H */
