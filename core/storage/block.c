/* SPDX-License-Identifier: MIT */
#include "core/storage/block.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* No text holds the last byte of either. */
#define HEAD_MAGIC UINT64_C(0x8a64616568747470) /* "ptthead" */
#define TAIL_MAGIC UINT64_C(0x8a6c696174747470) /* "pttail" */

static uint64_t sum_of(const struct pt_block *block, const struct pt_block_entry *entries,
                       uint32_t count)
{
    struct pt_block unsummed = *block;
    unsummed.sum = 0;
    return XXH3_64bits_withSeed(entries, count * sizeof(*entries),
                                XXH3_64bits(&unsummed, sizeof(unsummed)));
}

uint32_t pt_block_seal(struct pt_block_frame *ret_frame, uint64_t first,
                       const unsigned char *records, uint32_t count)
{
    struct pt_block_entry *entries = ret_frame->entries;
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size;
        memcpy(&size, records + at, sizeof(size));
        entries[i] = (struct pt_block_entry){ .len = size,
                                              .sum = (uint32_t)XXH3_64bits(records + at, size) };
        at += size;
    }
    struct pt_block block = { .magic = HEAD_MAGIC, .first = first, .count = count, .len = at };
    ret_frame->head = block;
    ret_frame->head.sum = sum_of(&block, entries, count);
    block.magic = TAIL_MAGIC;
    ret_frame->tail = block;
    ret_frame->tail.sum = sum_of(&block, entries, 0);
    return at;
}

/* A sum is no proof against who wrote the file: every length is checked too. */
static bool is_consistent(const struct pt_block *block, const struct pt_block_entry *entries)
{
    uint64_t len = 0;
    for (uint32_t i = 0; i < block->count; i++) {
        if (entries[i].len % 8 != 0 || entries[i].len < sizeof(struct pt_record) ||
            entries[i].len > PT_RECORD_MAX) {
            return false;
        }
        len += entries[i].len;
    }
    return len == block->len;
}

static bool look_at(const unsigned char *bytes, size_t size, struct pt_found_block *ret_block)
{
    struct pt_block block;
    if (size < sizeof(block)) {
        return false;
    }
    memcpy(&block, bytes, sizeof(block));
    bool is_tail = block.magic == TAIL_MAGIC;
    uint32_t entry_count = is_tail ? 0 : block.count;
    if ((block.magic != HEAD_MAGIC && !is_tail) || block.count == 0 ||
        block.count > PT_BLOCK_RECORDS_MAX || block.first > UINT64_MAX - block.count ||
        pt_block_head_size(entry_count) > size) {
        return false;
    }
    const struct pt_block_entry *entries = (const void *)(bytes + sizeof(block));
    if (block.sum != sum_of(&block, entries, entry_count) ||
        (!is_tail && !is_consistent(&block, entries))) {
        return false;
    }
    size_t rest = size - pt_block_head_size(entry_count);
    *ret_block = (struct pt_found_block){ .block = block };
    if (!is_tail) {
        ret_block->entries = entries;
        ret_block->records = bytes + pt_block_head_size(entry_count);
        ret_block->available = rest < block.len ? rest : block.len;
    }
    return true;
}

bool pt_block_find(const unsigned char *bytes, size_t size, size_t *at,
                   struct pt_found_block *ret_block)
{
    for (size_t from = *at; from < size; from += 8) {
        if (look_at(bytes + from, size - from, ret_block)) {
            *at = from + pt_block_head_size(ret_block->entries ? ret_block->block.count : 0) +
                  ret_block->available;
            return true;
        }
    }
    return false;
}

const struct pt_record *pt_block_record(const struct pt_found_block *block, uint32_t entry,
                                        uint32_t at)
{
    uint32_t len = block->entries[entry].len;
    if (at > block->available || len > block->available - at) {
        return NULL;
    }
    const struct pt_record *record = (const void *)(block->records + at);
    bool is_whole = (uint32_t)XXH3_64bits(record, len) == block->entries[entry].sum;
    return is_whole && record->size == len ? record : NULL;
}

uint64_t pt_block_sum(const void *bytes, size_t len)
{
    return XXH3_64bits(bytes, len);
}
