/* SPDX-License-Identifier: MIT */
#include "core/record/ring.h"

#include <sys/mman.h>

#include "core/record/pool.h"

_Static_assert(sizeof(struct pt_chunk) == PT_CHUNK_SIZE, "a chunk is 64 KiB with its head");
_Static_assert(PT_RECORD_MAX <= sizeof(((struct pt_chunk *)0)->data), "a record fits in a chunk");

/* A wake-up costs microseconds, and a pump that reads what is being written beside it slows the
 * writer: with eight chunks a burst of 20,000 spans cost 72 ns a span, with 64, which hold it, 47.
 * What waits longer than the batch delay is fetched by the pump's own timer. */
enum { FILLING_CHUNKS = 64, KEEP_RESIDENT = 128 };

struct pt_pool pt_chunks = PT_POOL_INIT(PT_CHUNK_SIZE, 4);

static _Atomic uint64_t memory_max = 64u << 20; /* written by [control] */
static _Atomic uint64_t memory_used;            /* all threads */

void pt_memory_set_max(uint64_t bytes)
{
    atomic_store_explicit(&memory_max, bytes, memory_order_relaxed);
}

bool pt_memory_take(uint64_t bytes)
{
    uint64_t used = atomic_fetch_add_explicit(&memory_used, bytes, memory_order_relaxed);
    if (used + bytes > atomic_load_explicit(&memory_max, memory_order_relaxed)) {
        pt_memory_give(bytes);
        return false;
    }
    return true;
}

void pt_memory_force(uint64_t bytes)
{
    atomic_fetch_add_explicit(&memory_used, bytes, memory_order_relaxed);
}

void pt_memory_give(uint64_t bytes)
{
    atomic_fetch_sub_explicit(&memory_used, bytes, memory_order_relaxed);
}

void pt_memory_forget(void)
{
    atomic_store_explicit(&memory_used, 0, memory_order_relaxed);
}

/* A ring's only chunk is not charged: a thousand threads with a call each cost no budget. */
static struct pt_chunk *take_chunk(struct pt_ring *ring)
{
    bool charged = atomic_load_explicit(&ring->chunk_count, memory_order_acquire) > 0;
    if (charged && !pt_memory_take(PT_CHUNK_SIZE)) {
        return NULL;
    }
    uint32_t index = pt_pool_take(&pt_chunks);
    if (index == UINT32_MAX) {
        if (charged) {
            pt_memory_give(PT_CHUNK_SIZE);
        }
        return NULL;
    }
    struct pt_chunk *chunk = pt_pool_at(&pt_chunks, index);
    chunk->index = index;
    atomic_store_explicit(&chunk->head, 0, memory_order_relaxed);
    atomic_store_explicit(&chunk->tail, 0, memory_order_release); /* after head: see there */
    atomic_store_explicit(&chunk->next, NULL, memory_order_relaxed);
    atomic_fetch_add_explicit(&ring->chunk_count, 1, memory_order_relaxed);
    return chunk;
}

static bool is_filling(const struct pt_ring *ring)
{
    return atomic_load_explicit(&ring->chunk_count, memory_order_relaxed) >= FILLING_CHUNKS ||
           atomic_load_explicit(&memory_used, memory_order_relaxed) >
               atomic_load_explicit(&memory_max, memory_order_relaxed) / 4;
}

enum pt_ring_result pt_ring_move_on(struct pt_ring *ring)
{
    struct pt_chunk *chunk = take_chunk(ring);
    if (!chunk) {
        return PT_RING_REFUSED;
    }
    if (ring->writing) {
        atomic_store_explicit(&ring->writing->next, chunk, memory_order_release);
    } else {
        atomic_store_explicit(&ring->first, chunk, memory_order_release);
    }
    ring->writing = chunk;
    ring->write_at = 0;
    return is_filling(ring) ? PT_RING_FILLING : PT_RING_WRITTEN;
}

static void release_chunk(struct pt_ring *ring, struct pt_chunk *chunk)
{
    uint32_t index = chunk->index;
    atomic_fetch_sub_explicit(&ring->chunk_count, 1, memory_order_release);
    /* What lies in a file keeps its place there, so that it cannot be refused later. */
    if (pt_pool_is_stored(&pt_chunks, index) ||
        (!atomic_load_explicit(&pt_chunks.is_stored, memory_order_relaxed) &&
         atomic_load_explicit(&pt_chunks.free_count, memory_order_relaxed) < KEEP_RESIDENT)) {
        pt_pool_give(&pt_chunks, index);
    } else {
        madvise(chunk, PT_CHUNK_SIZE, MADV_DONTNEED); /* a burst's memory goes back */
        pt_pool_give_bare(&pt_chunks, index);
    }
}

uint32_t pt_ring_peek(struct pt_ring *ring, const unsigned char **ret_bytes)
{
    if (!ring->reading) {
        ring->reading = atomic_load_explicit(&ring->first, memory_order_acquire);
        if (!ring->reading) {
            return 0;
        }
    }
    for (;;) {
        struct pt_chunk *chunk = ring->reading;
        /* The successor first: once it is set, the head no longer moves. */
        struct pt_chunk *next = atomic_load_explicit(&chunk->next, memory_order_acquire);
        uint32_t head = atomic_load_explicit(&chunk->head, memory_order_acquire);
        if (head != ring->read_at) {
            *ret_bytes = chunk->data + ring->read_at;
            return head - ring->read_at;
        }
        if (!next) {
            return 0;
        }
        ring->reading = next;
        ring->read_at = 0;
        release_chunk(ring, chunk);
        pt_memory_give(PT_CHUNK_SIZE); /* it had a successor: one of the two was charged */
    }
}

static void note_read(struct pt_ring *ring, uint64_t count)
{
    atomic_store_explicit(&ring->read_sequence,
                          atomic_load_explicit(&ring->read_sequence, memory_order_relaxed) + count,
                          memory_order_relaxed);
}

void pt_ring_rest(struct pt_ring *ring)
{
    struct pt_chunk *last = ring->reading;
    if (!last) {
        return;
    }
    ring->reading = NULL;
    ring->read_at = 0;
    ring->writing = NULL;
    ring->write_at = 0;
    atomic_store_explicit(&ring->first, NULL, memory_order_relaxed);
    release_chunk(ring, last);
}

void pt_ring_leave(struct pt_ring *ring, struct pt_left_records *rest)
{
    const unsigned char *bytes;
    uint64_t *count;
    while (pt_ring_peek(ring, &bytes) > 0) {
        count = pt_pool_is_stored(&pt_chunks, ring->reading->index) ? &rest->stored : &rest->plain;
        ring->read_at += ((const struct pt_record *)(const void *)bytes)->size;
        note_read(ring, 1);
        (*count)++;
    }
}

void pt_ring_discard(struct pt_ring *ring)
{
    struct pt_left_records rest = { 0 };
    pt_ring_leave(ring, &rest);
    pt_ring_rest(ring);
}

uint64_t pt_ring_waiting(const struct pt_ring *ring)
{
    uint64_t read = atomic_load_explicit(&ring->read_sequence, memory_order_relaxed);
    return atomic_load_explicit(&ring->sequence, memory_order_relaxed) - read;
}

void pt_ring_advance(struct pt_ring *ring, uint32_t len, uint64_t count)
{
    ring->read_at += len;
    atomic_store_explicit(&ring->reading->tail, ring->read_at, memory_order_release);
    note_read(ring, count);
}
