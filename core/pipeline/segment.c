/* SPDX-License-Identifier: MIT */
#include "core/pipeline/segment.h"

#include <stdlib.h>
#include <string.h>

#include "core/record/ring.h"

static bool add_segment(struct pt_log_segments *log)
{
    if (!log->oldest) {
        pt_memory_force(sizeof(struct pt_segment)); /* else full rings could never be emptied */
    } else if (!pt_memory_take(sizeof(struct pt_segment))) {
        return false;
    }
    struct pt_segment *segment = malloc(sizeof(*segment));
    if (!segment) {
        pt_memory_give(sizeof(struct pt_segment));
        return false;
    }
    segment->next = NULL;
    segment->references = 1;
    segment->first = log->end;
    segment->count = 0;
    segment->used = 0;
    if (log->newest) {
        log->newest->next = segment;
    } else {
        log->oldest = segment;
    }
    log->newest = segment;
    return true;
}

/* How many bytes from the front are whole records and fit in `room`; counts them. */
static uint32_t fitting(const unsigned char *bytes, uint32_t len, uint32_t room,
                        uint32_t *ret_count)
{
    uint32_t taken = 0;
    uint32_t count = 0;
    while (taken < len) {
        uint32_t size = ((const struct pt_record *)(const void *)(bytes + taken))->size;
        if (size > room - taken) {
            break;
        }
        taken += size;
        count++;
    }
    *ret_count = count;
    return taken;
}

uint32_t pt_segments_append(struct pt_log_segments *log, const unsigned char *bytes, uint32_t len)
{
    uint32_t taken = 0;
    while (taken < len) {
        uint32_t count = 0;
        uint32_t part = log->newest ? fitting(bytes + taken, len - taken,
                                              PT_SEGMENT_SIZE - log->newest->used, &count)
                                    : 0;
        if (count == 0) {
            if (!add_segment(log)) {
                break;
            }
            continue;
        }
        memcpy(log->newest->data + log->newest->used, bytes + taken, part);
        log->newest->used += part;
        log->newest->count += count;
        log->end += count;
        taken += part;
    }
    return taken;
}

void pt_segments_drop_oldest(struct pt_log_segments *log)
{
    struct pt_segment *segment = log->oldest;
    log->oldest = segment->next;
    if (!log->oldest) {
        log->newest = NULL;
    }
    pt_segment_release(segment);
}

void pt_segments_reuse_newest(struct pt_log_segments *log)
{
    log->newest->first = log->end;
    log->newest->count = 0;
    log->newest->used = 0;
}

void pt_segment_keep(struct pt_segment *segment)
{
    segment->references++;
}

void pt_segment_release(struct pt_segment *segment)
{
    if (--segment->references == 0) {
        free(segment);
        pt_memory_give(sizeof(*segment));
    }
}
