/* SPDX-License-Identifier: MIT */
#include "core/record/pool.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "core/base/fork.h"

static _Atomic uint32_t *next_of(struct pt_pool *pool, uint32_t index)
{
    _Atomic uint32_t *links =
        atomic_load_explicit(&pool->links[index >> pool->block_shift], memory_order_acquire);
    return &links[index & ((1u << pool->block_shift) - 1)];
}

static uint32_t pop(struct pt_pool *pool, _Atomic uint64_t *list)
{
    uint64_t head = atomic_load_explicit(list, memory_order_acquire);
    while ((uint32_t)head != 0) {
        uint32_t index = (uint32_t)head - 1;
        uint32_t next = atomic_load_explicit(next_of(pool, index), memory_order_relaxed);
        uint64_t wanted = (((head >> 32) + 1) << 32) | next;
        if (atomic_compare_exchange_weak_explicit(list, &head, wanted, memory_order_acq_rel,
                                                  memory_order_acquire)) {
            return index;
        }
    }
    return UINT32_MAX;
}

static void push(struct pt_pool *pool, _Atomic uint64_t *list, uint32_t index)
{
    uint64_t head = atomic_load_explicit(list, memory_order_relaxed);
    uint64_t wanted;
    do {
        atomic_store_explicit(next_of(pool, index), (uint32_t)head, memory_order_relaxed);
        wanted = (((head >> 32) + 1) << 32) | (index + 1);
    } while (!atomic_compare_exchange_weak_explicit(list, &head, wanted, memory_order_acq_rel,
                                                    memory_order_relaxed));
}

static uint32_t try_take(struct pt_pool *pool)
{
    _Atomic uint32_t *count = &pool->free_count;
    uint32_t index = pop(pool, &pool->free_head);
    if (index == UINT32_MAX) {
        count = &pool->last_count;
        index = pop(pool, &pool->last_head);
    }
    if (index != UINT32_MAX) {
        atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
    }
    return index;
}

/* Under grow_lock. Takes `items` on success. */
static bool add_block(struct pt_pool *pool, uint32_t number, void *items, enum pt_block_kind kind)
{
    _Atomic uint32_t *links = calloc((size_t)1 << pool->block_shift, sizeof(*links));
    if (!links) {
        return false;
    }
    atomic_store_explicit(&pool->kinds[number], (uint8_t)kind, memory_order_relaxed);
    atomic_store_explicit(&pool->links[number], links, memory_order_release);
    atomic_store_explicit(&pool->items[number], items, memory_order_release);
    atomic_store_explicit(&pool->block_count, number + 1, memory_order_release);
    return true;
}

/* Items come from mmap: zeroed, page-aligned, and resident only once touched. */
static bool add_plain_block(struct pt_pool *pool, uint32_t number)
{
    size_t size = pt_pool_block_size(pool);
    void *items = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (items == MAP_FAILED) {
        return false;
    }
    if (!add_block(pool, number, items, PT_BLOCK_PLAIN)) {
        munmap(items, size);
        return false;
    }
    return true;
}

static uint32_t block_max(const struct pt_pool *pool)
{
    uint32_t most = atomic_load_explicit(&pool->block_max, memory_order_relaxed);
    return most > 0 && most < PT_POOL_BLOCKS ? most : PT_POOL_BLOCKS;
}

void pt_pool_limit(struct pt_pool *pool, uint64_t bytes)
{
    uint64_t most = bytes / (pool->item_size << pool->block_shift);
    most = most < PT_POOL_BLOCKS ? most : PT_POOL_BLOCKS;
    atomic_store_explicit(&pool->block_max, most > 0 ? (uint32_t)most : 1, memory_order_relaxed);
}

static bool grow(struct pt_pool *pool)
{
    bool grown = false;
    pt_fork_guard(&pool->grow_lock, PT_RANK_POOL);
    pthread_mutex_lock(&pool->grow_lock);
    uint32_t number = atomic_load_explicit(&pool->block_count, memory_order_relaxed);
    if ((uint32_t)atomic_load_explicit(&pool->free_head, memory_order_relaxed) != 0 ||
        (uint32_t)atomic_load_explicit(&pool->last_head, memory_order_relaxed) != 0) {
        grown = true; /* by another thread */
    } else if (number < block_max(pool)) {
        grown = add_plain_block(pool, number);
        for (uint32_t i = 1u << pool->block_shift; grown && i > 0; i--) {
            pt_pool_give_bare(pool, (number << pool->block_shift) + i - 1);
        }
    }
    pthread_mutex_unlock(&pool->grow_lock);
    return grown;
}

uint32_t pt_pool_take(struct pt_pool *pool)
{
    for (;;) {
        uint32_t index = try_take(pool);
        if (index != UINT32_MAX || !grow(pool)) {
            return index;
        }
    }
}

void pt_pool_give(struct pt_pool *pool, uint32_t index)
{
    if (atomic_load_explicit(&pool->is_stored, memory_order_relaxed) &&
        !pt_pool_is_stored(pool, index)) {
        pt_pool_give_bare(pool, index);
        return;
    }
    atomic_fetch_add_explicit(&pool->free_count, 1, memory_order_relaxed);
    push(pool, &pool->free_head, index);
}

void pt_pool_give_bare(struct pt_pool *pool, uint32_t index)
{
    atomic_fetch_add_explicit(&pool->last_count, 1, memory_order_relaxed);
    push(pool, &pool->last_head, index);
}

void pt_pool_give_all(struct pt_pool *pool)
{
    atomic_store_explicit(&pool->free_head, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->last_head, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->free_count, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->last_count, 0, memory_order_relaxed);
    for (uint32_t i = pt_pool_size(pool); i > 0; i--) {
        pt_pool_give(pool, i - 1);
    }
}

uint32_t pt_pool_size(const struct pt_pool *pool)
{
    return atomic_load_explicit(&pool->block_count, memory_order_acquire) << pool->block_shift;
}

size_t pt_pool_block_size(const struct pt_pool *pool)
{
    return pool->item_size << pool->block_shift;
}

/* ---- other memory under the blocks -------------------------------------------------- */

uint32_t pt_pool_take_free(struct pt_pool *pool, uint16_t *ret_counts)
{
    uint32_t chain = 0;
    for (uint32_t index; (index = try_take(pool)) != UINT32_MAX; chain = index + 1) {
        atomic_store_explicit(next_of(pool, index), chain, memory_order_relaxed);
        if (ret_counts) {
            ret_counts[index >> pool->block_shift]++;
        }
    }
    return chain;
}

void pt_pool_give_free(struct pt_pool *pool, uint32_t chain)
{
    while (chain != 0) {
        uint32_t index = chain - 1;
        chain = atomic_load_explicit(next_of(pool, index), memory_order_relaxed);
        if (pt_pool_is_stored(pool, index)) {
            pt_pool_give(pool, index);
        } else {
            pt_pool_give_bare(pool, index);
        }
    }
}

void pt_pool_set_stored(struct pt_pool *pool, bool is_stored)
{
    atomic_store_explicit(&pool->is_stored, is_stored, memory_order_relaxed);
    pt_pool_give_free(pool, pt_pool_take_free(pool, NULL)); /* each into its list */
}

uint64_t pt_pool_plain_count(const struct pt_pool *pool)
{
    if (!atomic_load_explicit(&pool->is_stored, memory_order_relaxed)) {
        return 0;
    }
    uint64_t blocks = atomic_load_explicit(&pool->block_count, memory_order_acquire) -
                      atomic_load_explicit(&pool->stored_count, memory_order_relaxed);
    uint64_t unused = atomic_load_explicit(&pool->last_count, memory_order_relaxed);
    uint64_t items = blocks << pool->block_shift;
    return items > unused ? items - unused : 0; /* a moment's counts may not fit together */
}

void pt_pool_set_kind(struct pt_pool *pool, uint32_t block, enum pt_block_kind kind)
{
    enum pt_block_kind before = (enum pt_block_kind)atomic_exchange_explicit(
        &pool->kinds[block], (uint8_t)kind, memory_order_relaxed);
    uint32_t more = (kind == PT_BLOCK_STORED) - (uint32_t)(before == PT_BLOCK_STORED);
    atomic_fetch_add_explicit(&pool->stored_count, more, memory_order_relaxed);
}

bool pt_pool_exchange(struct pt_pool *pool, uint32_t block, void *memory, enum pt_block_kind kind)
{
    size_t size = pt_pool_block_size(pool);
    void *at = atomic_load_explicit(&pool->items[block], memory_order_relaxed);
    enum pt_block_kind before =
        (enum pt_block_kind)atomic_load_explicit(&pool->kinds[block], memory_order_relaxed);
    /* A fork in between must not leave the child a page that is shared and does not say so. */
    pt_pool_set_kind(pool, block, PT_BLOCK_STALE);
    bool exchanged = mremap(memory, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, at) != MAP_FAILED;
    pt_pool_set_kind(pool, block, exchanged ? kind : before);
    return exchanged;
}

bool pt_pool_add_stored(struct pt_pool *pool, void *memory)
{
    pt_fork_guard(&pool->grow_lock, PT_RANK_POOL);
    pthread_mutex_lock(&pool->grow_lock);
    uint32_t number = atomic_load_explicit(&pool->block_count, memory_order_relaxed);
    bool added = number < block_max(pool) && add_block(pool, number, memory, PT_BLOCK_STORED);
    if (added) {
        atomic_fetch_add_explicit(&pool->stored_count, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&pool->grow_lock);
    for (uint32_t i = 1u << pool->block_shift; added && i > 0; i--) {
        pt_pool_give(pool, (number << pool->block_shift) + i - 1);
    }
    return added;
}
