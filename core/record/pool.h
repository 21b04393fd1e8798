/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_POOL_H
#define PT_RECORD_POOL_H

/*
 * Items of one size, taken and given back by any thread without a lock. Memory grows in blocks and
 * stays for the life of the process: a stale handle may always look at its item. What lies under a
 * block's addresses may be exchanged: for pages of a mapped file, and back.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PT_POOL_BLOCKS = 4096 };

/* What lies under a block: private memory, a file that the next start finds, or one that it does
 * not look for: of an earlier run, or removed under our feet. */
enum pt_block_kind { PT_BLOCK_PLAIN, PT_BLOCK_STORED, PT_BLOCK_STALE };

/* Static; initialise with PT_POOL_INIT. */
struct pt_pool {
    size_t item_size;
    uint32_t block_shift; /* a block holds 1 << block_shift items */
    pthread_mutex_t grow_lock;
    _Atomic uint32_t block_max;   /* written by [control]; 0: PT_POOL_BLOCKS */
    _Atomic uint32_t block_count; /* written under grow_lock (release), read by all (acquire) */
    /* Free items are in two lists, and of one those are taken last that have no memory, or that a
     * crash would lose while others lie in a file. */
    _Atomic uint64_t free_head;  /* change count << 32 | index + 1 of the first free item; the
                                    count defeats ABA */
    _Atomic uint64_t last_head;  /* likewise, of those to be taken last */
    _Atomic uint32_t free_count; /* about, of the first list; for deciding what to give back to the
                                    system */
    _Atomic uint32_t last_count; /* about, of the other */
    atomic_bool is_stored;       /* items in files are wanted; written by [control] */
    _Atomic uint32_t stored_count;         /* blocks in files; written by [control] and the pump */
    _Atomic uint8_t kinds[PT_POOL_BLOCKS]; /* enum pt_block_kind; written as stored_count is */
    _Atomic(_Atomic uint32_t *) links[PT_POOL_BLOCKS]; /* of a block's items: index + 1 of the next
                                                          free one; apart from the items, which
                                                          their owners write without atomics */
    _Atomic(unsigned char *) items[PT_POOL_BLOCKS];    /* of a block; written once, after the
                                                          links (release); all read (acquire) */
};

#define PT_POOL_INIT(size, shift)                                                                  \
    {                                                                                              \
        .item_size = (size), .block_shift = (shift), .grow_lock = PTHREAD_MUTEX_INITIALIZER        \
    }

/* Lets the pool grow to about `bytes`, at least one block. What is there already stays. [control]
 */
void pt_pool_limit(struct pt_pool *pool, uint64_t bytes);

/* Takes an item: its content is what it held when given back, zero when new. Returns its index, or
 * UINT32_MAX when memory is short or the limit is reached. Locks and allocates only when none is
 * free. [any] */
uint32_t pt_pool_take(struct pt_pool *pool);

/* [any] */
void pt_pool_give(struct pt_pool *pool, uint32_t index);

/* The same, for an item whose memory was given back to the system. [any] */
void pt_pool_give_bare(struct pt_pool *pool, uint32_t index);

/* Whether the item lies in a file. [any] */
static inline bool pt_pool_is_stored(const struct pt_pool *pool, uint32_t index)
{
    return atomic_load_explicit(&pool->kinds[index >> pool->block_shift], memory_order_relaxed) ==
           PT_BLOCK_STORED;
}

/* In a forked child: takes back what threads hold that it has not. [control] */
void pt_pool_give_all(struct pt_pool *pool);

/* The item; NULL when there never was one of that index. Inline, and with the pool's own numbers
 * given as constants, since every span looks up its slot and its call several times. [any] */
static inline void *pt_pool_item(struct pt_pool *pool, uint32_t index, uint32_t block_shift,
                                 size_t item_size)
{
    uint32_t block = index >> block_shift;
    unsigned char *items = block < PT_POOL_BLOCKS
                               ? atomic_load_explicit(&pool->items[block], memory_order_acquire)
                               : NULL;
    return items ? items + (index & ((1u << block_shift) - 1)) * item_size : NULL;
}

static inline void *pt_pool_at(struct pt_pool *pool, uint32_t index)
{
    return pt_pool_item(pool, index, pool->block_shift, pool->item_size);
}

/* How many items there are, free or not; all have smaller indexes. [any] */
uint32_t pt_pool_size(const struct pt_pool *pool);

/* ---- other memory under the blocks -------------------------------------------------- */

/* From now on items in files are taken before others, or not. Who takes one meanwhile may find none
 * free, and lets the pool grow. [control, the pump] */
void pt_pool_set_stored(struct pt_pool *pool, bool is_stored);

/* How many items in use a crash would lose; 0 while none are to be stored. [any] */
uint64_t pt_pool_plain_count(const struct pt_pool *pool);

/* Takes all free items, and adds to `ret_counts` (by block, or NULL) how many of each block these
 * are: one of which all are is nobody's until pt_pool_give_free, which puts each into the list
 * where it belongs. Who takes one meanwhile finds none free, and lets the pool grow. [control, the
 * pump]
 */
uint32_t pt_pool_take_free(struct pt_pool *pool, uint16_t *ret_counts);
void pt_pool_give_free(struct pt_pool *pool, uint32_t chain);

/* A block's size in bytes. */
size_t pt_pool_block_size(const struct pt_pool *pool);

/* Moves the pages at `memory` under the addresses of a block, whose own are given back to the
 * system. False, and nothing changed, when the system refuses. Nobody writes there meanwhile; who
 * reads finds the old or the new, never neither. [control, the pump] */
bool pt_pool_exchange(struct pt_pool *pool, uint32_t block, void *memory, enum pt_block_kind kind);

/* Says anew what lies under a block. [control, the pump] */
void pt_pool_set_kind(struct pt_pool *pool, uint32_t block, enum pt_block_kind kind);

/* Adds a block whose pages in a file lie at `memory`; false when the limit is reached or memory is
 * short. [control, the pump] */
bool pt_pool_add_stored(struct pt_pool *pool, void *memory);

#endif /* PT_RECORD_POOL_H */
