/* SPDX-License-Identifier: MIT */
/* What a process that died left in memory, whole and damaged: only sound records of one ring in
 * their order come out of a chunk, all of them where nothing is damaged; a root span closes
 * soundly. */
#include "core/storage/salvage.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/class.h"
#include "core/record/survival.h"
#include "fuzz/support/record.h"

enum { RECORDS_MAX = 12, ERROR_TYPE = 7 };

static void expect_part(const struct pt_salvaged_part *part, const struct pt_chunk *chunk)
{
    uint32_t at = 0;
    uint32_t count = 0;
    EXPECT((part->len == 0) == (part->count == 0));
    EXPECT(part->len == 0 || (part->records >= chunk->data &&
                              part->records + part->len <= chunk->data + PT_CHUNK_DATA));
    for (; at < part->len; count++) {
        const struct pt_record *record = (const void *)(part->records + at);
        EXPECT(pt_record_is_sound(record, part->len - at));
        EXPECT(record->ring_id == part->ring_id && record->ring_id != PT_SALVAGED_ROOTS);
        EXPECT(record->sequence == part->sequence + count);
        at += record->size;
    }
    EXPECT(at == part->len && count == part->count);
}

static void check_chunk(struct fuzz_input *input)
{
    static struct pt_chunk chunk; /* 64 KiB: only its beginning is used, and cleared again */
    struct pt_salvaged_part part;
    uint32_t count = fuzz_u8(input) % (RECORDS_MAX + 1);
    uint32_t read = count > 0 ? fuzz_u8(input) % (count + 1) : 0;
    uint32_t head = 0;
    uint32_t tail = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct pt_record *record = (void *)(chunk.data + head);
        tail = i == read ? head : tail;
        head += fuzz_record(input, chunk.data + head);
        record->sequence = 1000 + i;
    }
    chunk.head = head;
    chunk.tail = read == count ? head : tail;
    pt_salvage_chunk((const unsigned char *)&chunk, &part);
    EXPECT(!part.is_damaged && part.count == count - read);
    expect_part(&part, &chunk);
    (void)fuzz_damage(input, (unsigned char *)&chunk, 64 + head, NULL);
    pt_salvage_chunk((const unsigned char *)&chunk, &part);
    expect_part(&part, &chunk);
    memset(&chunk, 0, 64 + head);
}

static void expect_closed(struct pt_salvaged_root *root, uint64_t end)
{
    uint16_t attributes = root->record.attribute_count;
    pt_salvaged_root_close(root, ERROR_TYPE, end);
    EXPECT(pt_record_is_sound(&root->record, sizeof(root->bytes)));
    EXPECT(root->record.status == PATTER_STATUS_ERROR);
    EXPECT(root->record.end_unix_ns >= root->record.begin_unix_ns);
    EXPECT(root->record.attribute_count - attributes <= 1);
}

static void check_slot(struct fuzz_input *input)
{
    struct pt_slot *slot = aligned_alloc(64, sizeof(*slot));
    struct pt_salvaged_root root;
    unsigned char made[FUZZ_RECORD_MAX] __attribute__((aligned(8)));
    memset(slot, 0, sizeof(*slot));
    uint32_t size = fuzz_record(input, made);
    uint64_t end = fuzz_u32(input);
    bool fits = size <= PT_SLOT_INLINE;
    slot->is_root = true;
    memcpy(slot->inline_bytes, made, fits ? size : PT_SLOT_INLINE);
    enum pt_salvaged_slot found = pt_salvage_slot((const unsigned char *)slot, &root);
    EXPECT(found == (fits ? PT_SLOT_HAS_ROOT : PT_SLOT_IS_DAMAGED));
    if (fits) {
        EXPECT(memcmp(&root.record, made, size) == 0);
        expect_closed(&root, end);
    }
    (void)fuzz_damage(input, slot->inline_bytes, size < PT_SLOT_INLINE ? size : PT_SLOT_INLINE,
                      NULL);
    (void)fuzz_damage(input, (unsigned char *)slot, sizeof(*slot), NULL);
    if (pt_salvage_slot((const unsigned char *)slot, &root) == PT_SLOT_HAS_ROOT) {
        expect_closed(&root, end);
    }
    free(slot);
}

static void check_keys(struct fuzz_input *input)
{
    static struct pt_survival_keys keys;
    static struct pt_salvaged_keys found;
    uint32_t count = fuzz_u8(input) % 8;
    memset(&keys, 0, sizeof(keys));
    keys.magic = PT_SURVIVAL_MAGIC;
    keys.alive_unix_ns = fuzz_u64(input);
    keys.names.count = fuzz_u8(input) % 4 ? count : fuzz_u32(input);
    for (uint32_t i = 1; i < count; i++) {
        struct patter_str name = fuzz_text(input, PT_KEY_NAME_MAX);
        memcpy(keys.names.places[i].name, name.data, name.len);
        keys.names.places[i].len = fuzz_u8(input) % 8 ? (uint32_t)name.len : fuzz_u32(input);
    }
    size_t len = fuzz_u8(input) % 8 ? sizeof(keys) : fuzz_u16(input);
    pt_salvage_keys((const unsigned char *)&keys, len, &found);
    EXPECT(found.count <= PT_KEYS_MAX);
    for (uint32_t i = 0; i < PT_KEYS_MAX + 10; i++) {
        struct patter_str name = pt_salvaged_key_name(&found, i);
        EXPECT(name.len == 0 || (pt_class_is_key(name) && i < found.count));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    switch (fuzz_u8(&input) % 3) {
    case 0:
        check_chunk(&input);
        break;
    case 1:
        check_slot(&input);
        break;
    default:
        check_keys(&input);
        break;
    }
    return 0;
}
