/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_BLOCK_H
#define PT_STORAGE_BLOCK_H

/*
 * The bytes of a log's file: a row of blocks,
 *
 *     struct pt_block | count x struct pt_block_entry | records as they are in memory | struct
 * pt_block
 *
 * each sealed by checksums, so that a torn or flipped byte costs the records that it is in and no
 * other. The head stands behind the records once more: where the first copy or the table is
 * damaged, that tells how many are lost. Nothing here trusts what it reads; no I/O.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

/* A block of more records would be written as two: one flipped bit in its table costs them all. */
enum { PT_BLOCK_RECORDS_MAX = 512 };

struct pt_block {
    uint64_t magic; /* one for the copy before the records, another for the one behind them */
    uint64_t first; /* position of its first record in the journal */
    uint32_t count; /* of records */
    uint32_t len;   /* bytes of all its records */
    uint64_t sum;   /* XXH3 of the table, of the second copy of nothing, seeded with the XXH3 of
                       this struct with a sum of 0 */
};

struct pt_block_entry {
    uint32_t len; /* of the record */
    uint32_t sum; /* the lower half of its XXH3 */
};

/* What stands before and behind the records. */
struct pt_block_frame {
    struct pt_block head;
    struct pt_block_entry entries[PT_BLOCK_RECORDS_MAX];
    struct pt_block tail;
};

/* What a search has found: head and table are whole and agree, the records may be anything; or the
 * copy behind the records is whole. */
struct pt_found_block {
    struct pt_block block;
    const struct pt_block_entry *entries; /* NULL: it is the copy behind the records */
    const unsigned char *records;
    size_t available; /* bytes of records that are there; less than block.len where it is torn */
};

/* The bytes that head and table of so many records take. */
static inline size_t pt_block_head_size(uint32_t count)
{
    return sizeof(struct pt_block) + count * sizeof(struct pt_block_entry);
}

/* Fills head, tail and as much of the table as `count` records, PT_BLOCK_RECORDS_MAX at most, need.
 * `records`: in a row; returns their length in bytes. */
uint32_t pt_block_seal(struct pt_block_frame *ret_frame, uint64_t first,
                       const unsigned char *records, uint32_t count);

/* Finds the first whole head with its table, or whole copy, at or behind `*at`, a multiple of 8, in
 * `bytes`, which are aligned to 8. Moves `*at` behind it and its records; false when there is none.
 */
bool pt_block_find(const unsigned char *bytes, size_t size, size_t *at,
                   struct pt_found_block *ret_block);

/* The record of that entry, which begins at `at` in the block's records; NULL when it is torn or
 * its sum is wrong. It is as it was written, which need not be sound. */
const struct pt_record *pt_block_record(const struct pt_found_block *block, uint32_t entry,
                                        uint32_t at);

/* The checksum of the journal's other files. */
uint64_t pt_block_sum(const void *bytes, size_t len);

#endif /* PT_STORAGE_BLOCK_H */
