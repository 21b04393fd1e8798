/* SPDX-License-Identifier: MIT */
/* A log's bytes after damage: what is read is what was written, and a damaged byte costs the
 * records that it is in and no other. And heads that a stranger made, with sums that fit. */
#include "core/storage/block.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "fuzz/support/record.h"

enum { BLOCKS_MAX = 4, IN_BLOCK_MAX = 5, RECORDS_MAX = BLOCKS_MAX * IN_BLOCK_MAX };

struct written {
    size_t begin; /* of the block's head */
    size_t at[IN_BLOCK_MAX];
    size_t end[IN_BLOCK_MAX];
    uint64_t first;
    uint32_t count;
};

static unsigned char pristine[RECORDS_MAX * (FUZZ_RECORD_MAX + 128)];
static struct written blocks[BLOCKS_MAX];
static size_t block_count;
static bool touched[sizeof(pristine)];

static size_t put_block(struct fuzz_input *input, size_t at, uint64_t first)
{
    static _Alignas(8) unsigned char records[IN_BLOCK_MAX * FUZZ_RECORD_MAX];
    static struct pt_block_frame frame;
    struct written *block = &blocks[block_count++];
    uint32_t len = 0;
    *block = (struct written){ .begin = at, .first = first };
    block->count = 1 + fuzz_u8(input) % IN_BLOCK_MAX;
    size_t records_at = at + pt_block_head_size(block->count);
    for (uint32_t i = 0; i < block->count; i++) {
        block->at[i] = records_at + len;
        len += fuzz_record(input, records + len);
        block->end[i] = records_at + len;
    }
    EXPECT(pt_block_seal(&frame, first, records, block->count) == len);
    memcpy(pristine + at, &frame, pt_block_head_size(block->count));
    memcpy(pristine + records_at, records, len);
    memcpy(pristine + records_at + len, &frame.tail, sizeof(frame.tail));
    return records_at + len + sizeof(frame.tail);
}

static bool is_touched(size_t begin, size_t end)
{
    return memchr(touched + begin, true, end - begin) != NULL;
}

static const struct written *block_of(uint64_t first)
{
    for (size_t i = 0; i < block_count; i++) {
        if (blocks[i].first == first) {
            return &blocks[i];
        }
    }
    return NULL;
}

/* What was found of a block, against what was written. */
static void expect_block(const struct pt_found_block *found, const unsigned char *bytes)
{
    const struct written *block = block_of(found->block.first);
    EXPECT(block && found->block.count == block->count);
    uint32_t at = 0;
    for (uint32_t i = 0; found->entries && i < block->count; i++) {
        const struct pt_record *record = pt_block_record(found, i, at);
        size_t len = block->end[i] - block->at[i];
        EXPECT(found->entries[i].len == len);
        if (record) {
            EXPECT((const unsigned char *)record == bytes + block->at[i]);
            EXPECT(memcmp(record, pristine + block->at[i], len) == 0);
        } else {
            EXPECT(is_touched(block->at[i], block->end[i]) || at + len > found->available);
        }
        at += (uint32_t)len;
    }
}

static void check_damaged(struct fuzz_input *input)
{
    size_t size = 0;
    size_t at = 0;
    uint64_t first = fuzz_u16(input);
    bool seen[BLOCKS_MAX] = { false };
    struct pt_found_block found;
    block_count = 0;
    for (size_t i = 0, count = 1 + fuzz_u8(input) % BLOCKS_MAX; i < count; i++) {
        size = put_block(input, size, first);
        first += blocks[i].count;
    }
    memset(touched, 0, sizeof(touched));
    unsigned char *bytes = fuzz_alloc(size);
    memcpy(bytes, pristine, size);
    size_t left = fuzz_damage(input, bytes, size, touched);
    unsigned char *exact = fuzz_alloc(left);
    memcpy(exact, bytes, left);
    for (size_t before = 0; pt_block_find(exact, left, &at, &found); before = at) {
        EXPECT(at > before && at <= left);
        expect_block(&found, exact);
        seen[block_of(found.block.first) - blocks] |= found.entries != NULL;
    }
    for (size_t i = 0; i < block_count; i++) {
        bool is_whole = blocks[i].at[0] <= left && !is_touched(blocks[i].begin, blocks[i].at[0]);
        EXPECT(seen[i] || !is_whole);
    }
}

/* The sums are made as the format says, the rest is the input's. */
static void check_forged(struct fuzz_input *input)
{
    struct pt_block head = { .magic = UINT64_C(0x8a64616568747470),
                             .first = fuzz_u64(input),
                             .count = fuzz_u8(input),
                             .len = fuzz_u32(input) };
    size_t at = 0;
    struct pt_found_block found;
    size_t size = sizeof(head) + (fuzz_u16(input) % 2048u & ~7u);
    unsigned char *bytes = fuzz_alloc(size);
    struct patter_str rest = fuzz_rest(input);
    memcpy(bytes + sizeof(head), rest.data,
           rest.len < size - sizeof(head) ? rest.len : size - sizeof(head));
    for (size_t entry = 0; sizeof(head) + (entry + 1) * 8 <= size; entry++) {
        bytes[sizeof(head) + entry * 8 + 2] &= 1; /* lengths that may be one's */
        bytes[sizeof(head) + entry * 8 + 3] = 0;
    }
    size_t table = head.count * sizeof(struct pt_block_entry);
    if (table <= size - sizeof(head)) {
        uint64_t len = 0;
        for (size_t entry = 0; entry < head.count; entry++) {
            struct pt_block_entry one;
            memcpy(&one, bytes + sizeof(head) + entry * sizeof(one), sizeof(one));
            len += one.len;
        }
        head.len = head.len % 2 ? (uint32_t)len : head.len;
        head.sum =
            XXH3_64bits_withSeed(bytes + sizeof(head), table, XXH3_64bits(&head, sizeof(head)));
    }
    memcpy(bytes, &head, sizeof(head));
    while (pt_block_find(bytes, size, &at, &found)) {
        uint32_t record_at = 0;
        EXPECT(at <= size && found.available <= found.block.len);
        for (uint32_t i = 0; found.entries && i < found.block.count; i++) {
            const struct pt_record *record = pt_block_record(&found, i, record_at);
            EXPECT(!record || record->size == found.entries[i].len);
            record_at += found.entries[i].len;
        }
        EXPECT(!found.entries || record_at == found.block.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    if (fuzz_u8(&input) % 4 == 3) {
        check_forged(&input);
    } else {
        check_damaged(&input);
    }
    fuzz_release();
    return 0;
}
