/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_SEGMENT_H
#define PT_PIPELINE_SEGMENT_H

/*
 * The log: finished records in order of arrival, in segments. A record's position is its number
 * since the start. Everything here is under the pipeline's lock, but for pt_segments_copy.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

enum {
    PT_SENDERS_IN_USE_MAX = 32,
    PT_SENDERS_MAX = 64 /* with those that are ending */
};

enum { PT_SEGMENT_SIZE = 512 * 1024, PT_SEGMENT_RECORDS = 4096 };

struct pt_source; /* source.h */

struct pt_segment {
    struct pt_log_segments *log;
    struct pt_segment *next;          /* newer */
    struct pt_segment_memory *memory; /* NULL: its records are in its file alone */
    uint32_t references; /* the log's one while it is in the list, one for each batch in flight */
    uint64_t first;      /* position of its first record */
    uint32_t count;      /* of records */
    uint32_t used;       /* bytes of data */

    /* With storage. */
    struct pt_source *source; /* whose file it has; NULL: none */
    uint64_t stored_first;    /* position of its first record in that journal */
    uint32_t stored_size;     /* bytes of its file */
    bool is_stored;           /* all of its records are in its file */
    bool is_loading;          /* a worker is reading it */
    const char *evicted_as;   /* the reason for which its file has gone; NULL: it has not */
    uint64_t changed_ns;      /* when its last record came: CLOCK_MONOTONIC, of another process'
                                 unix time */
};

/* The records of a segment. */
struct pt_segment_memory {
    struct pt_segment_memory *next; /* among the spare ones */
    /* Where each record begins, in units of 8 bytes: a batch is cut without a look at its records,
     * which are far from that core's cache. Walking them was a sixth of all CPU time of an export.
     */
    uint16_t starts[PT_SEGMENT_RECORDS];
    _Alignas(16) unsigned char data[PT_SEGMENT_SIZE];
};

/* Zeroed is empty and valid. */
struct pt_log_segments {
    struct pt_segment *oldest, *newest;
    struct pt_segment_memory *spare; /* of segments that went, for the next ones */
    uint32_t spare_count;
    uint32_t resident_count; /* of segments in memory, batches in flight and spares included */
    uint32_t resident_max;   /* so many are kept where their records are in files; 0: no bound */
    uint64_t end;            /* position of the next record */
};

/* Whole records behind the newest segment's content, where nobody looks yet. */
struct pt_copied {
    uint32_t len, count;
};

/* Copies what fits of `bytes`, whole records, nothing where there is no segment. Without the lock:
 * no other thread may change `newest` or append. */
struct pt_copied pt_segments_copy(struct pt_log_segments *log, const unsigned char *bytes,
                                  uint32_t len);

/* What pt_segments_copy has just copied is in the log now. */
void pt_segments_publish(struct pt_log_segments *log, struct pt_copied copied);

/* A new segment at the end; false when memory is short, or as many as may be are in it. */
bool pt_segments_grow(struct pt_log_segments *log);

/* The same, whatever the bound: what is in no file may have all of the budget. */
bool pt_segments_grow_beyond(struct pt_log_segments *log);

/* The same, whatever the budget, too. */
bool pt_segments_force(struct pt_log_segments *log);

/* An entry at the end for `count` records that are in a file alone; NULL when memory is short. */
struct pt_segment *pt_segments_add_absent(struct pt_log_segments *log, uint32_t count);

/* Gives up the memory of a segment that is in its file and in no batch, a younger one first, since
 * the oldest are read next; false when there is none. */
bool pt_segments_unload(struct pt_log_segments *log);

/* Memory to read a segment into, whatever the budget; NULL when the system has none. */
struct pt_segment_memory *pt_segments_take_memory(struct pt_log_segments *log);
void pt_segments_give_memory(struct pt_log_segments *log, struct pt_segment_memory *memory);

/* pt_segments_grow, _copy and _publish in one, as many records as there is memory for; returns the
 * bytes taken. */
uint32_t pt_segments_append(struct pt_log_segments *log, const unsigned char *bytes, uint32_t len);

/* Takes the oldest segment out of the list; in-flight batches keep it alive. */
void pt_segments_drop_oldest(struct pt_log_segments *log);

/* Empties the newest segment, the only one, which nobody refers to any more: a trickle of spans
 * costs no allocation, and its memory stays in the cache. */
void pt_segments_reuse_newest(struct pt_log_segments *log);

/* Gives back what was spared. */
void pt_segments_free_spares(struct pt_log_segments *log);

/* Frees all but what batches in flight refer to. */
void pt_segments_clean(struct pt_log_segments *log);

/* Where record `index` begins, in bytes of data; of the one after the last: the end. */
static inline uint32_t pt_segment_offset(const struct pt_segment *segment, uint32_t index)
{
    return index < segment->count ? (uint32_t)segment->memory->starts[index] * 8 : segment->used;
}

/* A reference more, a reference less. */
void pt_segment_keep(struct pt_segment *segment);
void pt_segment_release(struct pt_segment *segment);

#endif /* PT_PIPELINE_SEGMENT_H */
