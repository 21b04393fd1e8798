/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_RING_H
#define PT_RECORD_RING_H

/*
 * A thread's way to the pump: records in, by that thread alone; records out, by the pump alone. A
 * list of 64 KiB chunks from a pool, so that a burst takes more and a quiet thread holds one.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/branch.h"
#include "core/record/record.h"

enum { PT_CHUNK_SIZE = 65536, PT_CHUNK_DATA = PT_CHUNK_SIZE - 64 };

struct pt_chunk {
    _Atomic uint32_t head; /* bytes written; producer writes (release), pump reads (acquire) */
    uint32_t index;        /* in the pool */
    _Atomic(struct pt_chunk *) next; /* set by the producer (release) after its last record here */
    _Atomic uint32_t tail; /* bytes that are in the log; the pump writes. Another process finds by
                              it, after a crash, what was not: in a free chunk it is no less than
                              head */
    _Alignas(64) unsigned char data[PT_CHUNK_DATA];
};

/* Zeroed, but for `id`, is empty and valid. */
struct pt_ring {
    uint32_t id;

    /* The producer's. */
    struct pt_chunk *writing;  /* NULL: has not written yet */
    uint32_t write_at;         /* in writing's data */
    _Atomic uint64_t sequence; /* of the next record; the producer writes, stats read */

    /* Shared. */
    _Atomic(struct pt_chunk *) first; /* where reading begins; NULL: no chunk; the producer
                                         sets it (release), the pump clears it */
    _Atomic uint32_t chunk_count;     /* producer adds, pump takes away */

    /* The pump's. */
    struct pt_chunk *reading;
    uint32_t read_at;
    _Atomic uint64_t read_sequence; /* of the next record to read; the pump writes, stats read */
};

enum pt_ring_result { PT_RING_WRITTEN, PT_RING_FILLING, PT_RING_REFUSED };

/*
 * Copies the record in and publishes it with one release store. `end_unix_ns` becomes the copy's.
 * FILLING: written, and the pump
 * ought to be woken: the ring has taken its 64th chunk, or all rings and the log have a quarter
 * of the budget. REFUSED: the memory budget is spent. No lock and no allocation while the pool has
 * a chunk. [the ring's thread]
 */
static inline enum pt_ring_result
pt_ring_write(struct pt_ring *ring, const struct pt_record *record, uint64_t end_unix_ns);

/* Sets `*ret_bytes` to what is ready and returns its length in bytes, whole records; 0: nothing. It
 * stays in place until pt_ring_advance. [the pump] */
uint32_t pt_ring_peek(struct pt_ring *ring, const unsigned char **ret_bytes);

/* Moves the tail over `len` bytes, `count` records, that pt_ring_peek showed. [the pump] */
void pt_ring_advance(struct pt_ring *ring, uint32_t len, uint64_t count);

/* Gives back the last chunk of an empty ring whose producer is gone: rings that a crowd of threads
 * left behind hold nothing. [the pump] */
void pt_ring_rest(struct pt_ring *ring);

/* Records that the pump did not take: in files, and in plain memory, where nobody finds them. */
struct pt_left_records {
    uint64_t stored, plain;
};

/* Passes over what is ready and adds its count; tails stay where they are, so that what lies in a
 * file is found by a later start. While there is no pump. [control] */
void pt_ring_leave(struct pt_ring *ring, struct pt_left_records *rest);

/* Empties a ring and rests it, while neither its thread nor the pump is at work; tails stay where
 * they are, too. [control] */
void pt_ring_discard(struct pt_ring *ring);

/* How many records wait in it. [any] */
uint64_t pt_ring_waiting(const struct pt_ring *ring);

/* The budget that all rings and the log share, in bytes. */
void pt_memory_set_max(uint64_t bytes);
/* Counts `bytes` as used when they fit. [any] */
bool pt_memory_take(uint64_t bytes);
/* Counts `bytes` as used whether they fit or not. [any] */
void pt_memory_force(uint64_t bytes);
void pt_memory_give(uint64_t bytes);
/* In a forked child: nothing is used yet. [control] */
void pt_memory_forget(void);

/* ---- written in line, since every span does it --------------------------------- */

/*
 * The pump has read this memory on another core, and the first store to each line waits until that
 * core has let it go: 4 of 53 ns a span. So the lines of the spans to come are asked for now, two
 * spans ahead; asking for one beyond the chunk does no harm.
 */
static inline void pt_ring_fetch_ahead(const unsigned char *written_to)
{
    enum { LINE = 64, FIRST = 8, LAST = 12 };
    for (int i = FIRST; i < LAST; i++) {
#if defined(__x86_64__)
        /* The builtin becomes a prefetch for reading unless the compiler is told of a newer
         * processor; an older one takes this for no operation. */
        __asm__ volatile("prefetchw %0" : : "m"(written_to[i * LINE]));
#else
        __builtin_prefetch(written_to + i * LINE, 1);
#endif
    }
}

struct pt_pool;
extern struct pt_pool pt_chunks;

/* The producer goes on in a new chunk; REFUSED when there is none. */
enum pt_ring_result pt_ring_move_on(struct pt_ring *ring);

static inline enum pt_ring_result
pt_ring_write(struct pt_ring *ring, const struct pt_record *record, uint64_t end_unix_ns)
{
    enum pt_ring_result result = PT_RING_WRITTEN;
    uint32_t size = record->size;
    if (PT_UNLIKELY(!ring->writing || PT_CHUNK_DATA - ring->write_at < size)) {
        result = pt_ring_move_on(ring);
        if (result == PT_RING_REFUSED) {
            return result;
        }
    }
    /* Set in the copy: wide loads of what was just stored would wait until it has left the core. */
    struct pt_record *copy = (struct pt_record *)(void *)(ring->writing->data + ring->write_at);
    uint64_t sequence = atomic_load_explicit(&ring->sequence, memory_order_relaxed);
    memcpy(copy, record, size);
    copy->size = size;
    copy->end_unix_ns = end_unix_ns;
    copy->ring_id = ring->id;
    copy->sequence = sequence;
    atomic_store_explicit(&ring->sequence, sequence + 1, memory_order_relaxed);
    ring->write_at += size;
    atomic_store_explicit(&ring->writing->head, ring->write_at, memory_order_release);
    pt_ring_fetch_ahead((const unsigned char *)copy + size);
    return result;
}

#endif /* PT_RECORD_RING_H */
