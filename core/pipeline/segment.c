/* SPDX-License-Identifier: MIT */
#include "core/pipeline/segment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/pipeline/spool.h"

#include "core/record/ring.h"

enum { SPARES_MAX = 4 };

_Static_assert(PT_SEGMENT_SIZE / 8 - 1 <= UINT16_MAX, "every start has room in `starts`");

/* Not from the heap: what is freed below a segment that stays would not go back. */
static struct pt_segment_memory *map_memory(struct pt_log_segments *log)
{
    struct pt_segment_memory *memory =
        mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        pt_memory_give(sizeof(*memory));
        return NULL;
    }
    log->resident_count++;
    return memory;
}

static struct pt_segment_memory *take_spare(struct pt_log_segments *log)
{
    struct pt_segment_memory *spare = log->spare;
    if (spare) {
        log->spare = spare->next;
        log->spare_count--;
    }
    return spare;
}

/* One more would be beyond what is kept in memory where files hold the rest. */
static bool is_at_bound(const struct pt_log_segments *log)
{
    return !log->spare && log->oldest && log->resident_max > 0 &&
           log->resident_count >= log->resident_max;
}

/* Counted in the budget; NULL when there is none. */
static struct pt_segment_memory *take_memory(struct pt_log_segments *log)
{
    struct pt_segment_memory *spare = take_spare(log);
    if (spare) {
        return spare;
    }
    if (!log->oldest) {
        pt_memory_force(sizeof(*spare)); /* else full rings could never be emptied */
    } else if (!pt_memory_take(sizeof(*spare))) {
        return NULL;
    }
    return map_memory(log);
}

struct pt_segment_memory *pt_segments_take_memory(struct pt_log_segments *log)
{
    struct pt_segment_memory *memory = is_at_bound(log) ? NULL : take_memory(log);
    if (memory || (pt_segments_unload(log) && (memory = take_spare(log)))) {
        return memory;
    }
    pt_memory_force(sizeof(*memory));
    return map_memory(log);
}

static void free_memory(struct pt_log_segments *log, struct pt_segment_memory *memory)
{
    munmap(memory, sizeof(*memory));
    pt_memory_give(sizeof(*memory));
    log->resident_count--;
}

void pt_segments_give_memory(struct pt_log_segments *log, struct pt_segment_memory *memory)
{
    bool is_over = log->resident_max > 0 && log->resident_count > log->resident_max;
    if (log->spare_count == SPARES_MAX || is_over) {
        free_memory(log, memory);
        return;
    }
    memory->next = log->spare;
    log->spare = memory;
    log->spare_count++;
}

static void add(struct pt_log_segments *log, struct pt_segment *segment)
{
    if (log->newest) {
        log->newest->next = segment;
    } else {
        log->oldest = segment;
    }
    log->newest = segment;
}

/* The memory becomes the segment's; NULL: none was to be had. */
static bool add_with(struct pt_log_segments *log, struct pt_segment_memory *memory)
{
    struct pt_segment *segment = memory ? malloc(sizeof(*segment)) : NULL;
    if (!segment) {
        if (memory) {
            pt_segments_give_memory(log, memory);
        }
        return false;
    }
    *segment =
        (struct pt_segment){ .log = log, .memory = memory, .references = 1, .first = log->end };
    add(log, segment);
    return true;
}

bool pt_segments_grow(struct pt_log_segments *log)
{
    return !is_at_bound(log) && add_with(log, take_memory(log));
}

bool pt_segments_grow_beyond(struct pt_log_segments *log)
{
    return add_with(log, take_memory(log));
}

bool pt_segments_force(struct pt_log_segments *log)
{
    return add_with(log, pt_segments_take_memory(log));
}

struct pt_segment *pt_segments_add_absent(struct pt_log_segments *log, uint32_t count)
{
    struct pt_segment *segment = malloc(sizeof(*segment));
    if (segment) {
        *segment = (struct pt_segment){
            .log = log, .references = 1, .first = log->end, .count = count, .is_stored = true
        };
        add(log, segment);
        log->end += count;
    }
    return segment;
}

bool pt_segments_unload(struct pt_log_segments *log)
{
    struct pt_segment *youngest = NULL;
    for (struct pt_segment *segment = log->oldest; segment; segment = segment->next) {
        if (segment->memory && segment->is_stored && segment->references == 1 && segment->next) {
            youngest = segment;
        }
    }
    if (youngest) {
        pt_segments_give_memory(log, youngest->memory);
        youngest->memory = NULL;
    }
    return youngest;
}

struct pt_copied pt_segments_copy(struct pt_log_segments *log, const unsigned char *bytes,
                                  uint32_t len)
{
    struct pt_segment *segment = log->newest;
    struct pt_copied copied = { 0 };
    if (!segment || !segment->memory) {
        return copied;
    }
    uint32_t at = segment->used;
    uint32_t room = PT_SEGMENT_SIZE - at;
    uint32_t end = at + (len < room ? len : room);
    uint32_t count = segment->count;
    /* First the copy, then the look at each record, which is in this core's cache by then. */
    memcpy(segment->memory->data + at, bytes, end - at);
    while (at < end && count < PT_SEGMENT_RECORDS) {
        const struct pt_record *record = (const void *)(segment->memory->data + at);
        if (record->size > end - at) {
            break;
        }
        segment->memory->starts[count++] = (uint16_t)(at / 8);
        at += record->size;
    }
    copied.len = at - segment->used;
    copied.count = count - segment->count;
    return copied;
}

void pt_segments_publish(struct pt_log_segments *log, struct pt_copied copied)
{
    log->newest->used += copied.len;
    log->newest->count += copied.count;
    log->end += copied.count;
}

uint32_t pt_segments_append(struct pt_log_segments *log, const unsigned char *bytes, uint32_t len)
{
    uint32_t taken = 0;
    while (taken < len) {
        struct pt_copied copied = pt_segments_copy(log, bytes + taken, len - taken);
        if (copied.count > 0) {
            pt_segments_publish(log, copied);
            taken += copied.len;
        } else if (!pt_segments_grow(log)) {
            break;
        }
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

void pt_segments_free_spares(struct pt_log_segments *log)
{
    while (log->spare) {
        struct pt_segment_memory *next = log->spare->next;
        free_memory(log, log->spare);
        log->spare = next;
    }
    log->spare_count = 0;
}

void pt_segments_reuse_newest(struct pt_log_segments *log)
{
    log->newest->first = log->end;
    log->newest->count = 0;
    log->newest->used = 0;
}

void pt_segments_clean(struct pt_log_segments *log)
{
    while (log->oldest) {
        pt_segments_drop_oldest(log);
    }
    pt_segments_free_spares(log);
}

void pt_segment_keep(struct pt_segment *segment)
{
    segment->references++;
}

void pt_segment_release(struct pt_segment *segment)
{
    if (--segment->references == 0) {
        if (segment->memory) {
            pt_segments_give_memory(segment->log, segment->memory);
        }
        if (segment->source) {
            segment->source->user_count--;
        }
        free(segment);
    }
}
