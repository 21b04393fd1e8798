/* SPDX-License-Identifier: MIT */
#include "core/storage/salvage.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <patter/patter.h>

#include "core/base/text.h"
#include "core/record/survival.h"
#include "core/storage/leftover.h"

static _Alignas(64) union {
    unsigned char bytes[PT_CHUNK_SIZE];
    struct pt_chunk chunk;
} whole;

static _Alignas(64) union {
    unsigned char bytes[sizeof(struct pt_slot)];
    struct pt_slot slot;
} open_slot;

static uint32_t put_item(unsigned char *to, uint16_t key, uint16_t type, const void *payload,
                         uint16_t len)
{
    struct pt_item item = { .key = key, .type = type, .len = len };
    memcpy(to, &item, sizeof(item));
    memset(to + sizeof(item), 0, pt_pad8(len));
    memcpy(to + sizeof(item), payload, len);
    return (uint32_t)sizeof(item) + pt_pad8(len);
}

/* A record with all that one can have. */
static uint32_t put_record(unsigned char *to, uint32_t ring_id, uint64_t sequence)
{
    struct pt_record record = {
        .ring_id = ring_id,
        .sequence = sequence,
        .kind = PATTER_KIND_INTERNAL,
        .begin_unix_ns = 1000,
        .end_unix_ns = 2000,
        .call_id_len = 6,
        .name_len = 14,
        .attribute_count = 2,
        .event_count = 1,
        .link_count = 1,
    };
    struct pt_item_event event = { .time_unix_ns = 1500, .name_len = 3, .attribute_count = 1 };
    struct pt_item_link link = { .flags = 1 };
    unsigned char payload[64];
    uint32_t at = sizeof(record);
    at += pt_record_put(to + at, patter_text("call-1"));
    at += pt_record_put(to + at, patter_text("getpatter.call"));
    at += put_item(to + at, PATTER_KEY_STT_TEXT_LEN, PT_ITEM_INT, &(int64_t){ 22 }, 8);
    at += put_item(to + at, PATTER_KEY_TOOL_NAME, PT_ITEM_TEXT, "lookup", 6);
    memcpy(payload, &event, sizeof(event));
    uint32_t len = sizeof(event) + pt_record_put(payload + sizeof(event), patter_text("hit"));
    len += put_item(payload + len, PATTER_KEY_LLM_TTFT_MS, PT_ITEM_INT, &(int64_t){ 5 }, 8);
    at += put_item(to + at, 0, PT_ITEM_EVENT, payload, (uint16_t)len);
    at += put_item(to + at, 0, PT_ITEM_LINK, &link, sizeof(link));
    record.size = at;
    memcpy(to, &record, sizeof(record));
    return at;
}

static uint32_t fill_chunk(uint32_t count)
{
    uint32_t at = 0;
    memset(&whole, 0, sizeof(whole));
    for (uint32_t i = 0; i < count; i++) {
        at += put_record(whole.chunk.data + at, 7, 100 + i);
    }
    atomic_store(&whole.chunk.head, at);
    return at / count;
}

static void fill_slot(void)
{
    memset(&open_slot, 0, sizeof(open_slot));
    atomic_store(&open_slot.slot.generation, 8 * PT_SLOT_STATES + PT_SLOT_OPEN);
    atomic_store(&open_slot.slot.is_root, true);
    open_slot.slot.record = (void *)(uintptr_t)0xdead0000; /* of another process */
    put_record(open_slot.slot.inline_bytes, 0, 0);
}

/* ---- chunks ------------------------------------------------------------------------------- */

Test(salvage, a_chunk_gives_what_lies_between_tail_and_head)
{
    struct pt_salvaged_part part;
    uint32_t size = fill_chunk(5);
    pt_salvage_chunk(whole.bytes, &part);
    cr_assert_eq(part.count, 5);
    cr_assert_eq(part.ring_id, 7);
    cr_assert_eq(part.sequence, 100);
    atomic_store(&whole.chunk.tail, 2 * size);
    pt_salvage_chunk(whole.bytes, &part);
    cr_assert_eq(part.count, 3);
    cr_assert_eq(part.sequence, 102);
    cr_assert_not(part.is_damaged);
    atomic_store(&whole.chunk.tail, 5 * size);
    pt_salvage_chunk(whole.bytes, &part);
    cr_assert_eq(part.count, 0);
    atomic_store(&whole.chunk.head, 0); /* taken anew */
    pt_salvage_chunk(whole.bytes, &part);
    cr_assert_eq(part.count, 0);
    cr_assert_not(part.is_damaged);
}

Test(salvage, a_record_that_would_leave_its_chunk_is_none)
{
    struct pt_salvaged_part part;
    struct pt_chunk *chunk = aligned_alloc(64, sizeof(*chunk)); /* so that leaving it is seen */
    memset(chunk, 0, sizeof(*chunk));
    uint32_t at = PT_CHUNK_DATA - 512;
    uint32_t size = put_record(chunk->data + at, 7, 100);
    struct pt_record *record = (void *)(chunk->data + at + size);
    *record = (struct pt_record){ .size = 4096, .ring_id = 7, .sequence = 101 };
    atomic_store(&chunk->tail, at);
    atomic_store(&chunk->head, PT_CHUNK_DATA);
    pt_salvage_chunk((unsigned char *)chunk, &part);
    cr_assert_eq(part.count, 1);
    cr_assert(part.is_damaged);
    atomic_store(&chunk->head, PT_CHUNK_DATA + 8192);
    pt_salvage_chunk((unsigned char *)chunk, &part);
    cr_assert_eq(part.count, 0);
    cr_assert(part.is_damaged);
    free(chunk);
}

Test(salvage, what_follows_damage_is_left_out)
{
    struct pt_salvaged_part part;
    uint32_t size = fill_chunk(5);
    whole.chunk.data[2 * size + offsetof(struct pt_record, sequence)] ^= 1;
    pt_salvage_chunk(whole.bytes, &part);
    cr_assert_eq(part.count, 2);
    cr_assert(part.is_damaged);
}

Test(salvage, a_flipped_byte_gives_no_record_that_is_not_sound)
{
    struct pt_salvaged_part part;
    uint32_t size = fill_chunk(150);
    uint32_t used = 64 + 150 * size;
    cr_assert_lt(used, PT_CHUNK_SIZE);
    for (uint32_t i = 0; i < used; i++) {
        for (int bit = 0; bit < 8; bit += 3) {
            whole.bytes[i] ^= (unsigned char)(1 << bit);
            pt_salvage_chunk(whole.bytes, &part);
            uint32_t at = 0;
            for (uint32_t j = 0; j < part.count && i < 4096; j++) {
                const struct pt_record *record = (const void *)(part.records + at);
                cr_assert(pt_record_is_sound(record, part.len - at), "byte %u, record %u", i, j);
                at += record->size;
            }
            whole.bytes[i] ^= (unsigned char)(1 << bit);
        }
    }
}

/* ---- slots ---------------------------------------------------------------------------------- */

Test(salvage, an_open_root_is_closed_as_abandoned)
{
    struct pt_salvaged_root root;
    fill_slot();
    cr_assert_eq(pt_salvage_slot(open_slot.bytes, &root), PT_SLOT_HAS_ROOT);
    cr_assert_not(root.is_ending);
    pt_salvaged_root_close(&root, PATTER_KEY_ERROR_TYPE, 9000);
    cr_assert(pt_record_is_sound(&root.record, sizeof(root.bytes)));
    cr_assert_eq(root.record.end_unix_ns, 9000);
    cr_assert_eq(root.record.status, PATTER_STATUS_ERROR);
    cr_assert_eq(root.record.attribute_count, 3);
    uint32_t size = root.record.size;
    pt_salvaged_root_close(&root, PATTER_KEY_ERROR_TYPE, 500);
    cr_assert_eq(root.record.size, size, "it has one");
    cr_assert_eq(root.record.end_unix_ns, 1000, "not before its begin");
}

Test(salvage, the_largest_root_has_room_for_its_end)
{
    struct pt_salvaged_root root;
    fill_slot();
    struct pt_record *record = (void *)open_slot.slot.inline_bytes;
    char text[PT_SLOT_INLINE] = "x";
    uint16_t room = (uint16_t)(PT_SLOT_INLINE - record->size - sizeof(struct pt_item));
    record->size += put_item(open_slot.slot.inline_bytes + record->size, PATTER_KEY_CALL_DIRECTION,
                             PT_ITEM_TEXT, text, room);
    record->attribute_count++;
    cr_assert_eq(record->size, PT_SLOT_INLINE);
    cr_assert_eq(pt_salvage_slot(open_slot.bytes, &root), PT_SLOT_HAS_ROOT);
    pt_salvaged_root_close(&root, PATTER_KEY_ERROR_TYPE, 9000);
    cr_assert(pt_record_is_sound(&root.record, sizeof(root.bytes)));
    cr_assert_eq(root.record.attribute_count, 4);
}

Test(salvage, an_attribute_that_was_being_set_is_left_out)
{
    struct pt_salvaged_root root;
    struct pt_record *record = (void *)open_slot.slot.inline_bytes;
    fill_slot();
    record->attribute_count = 1; /* the size had grown, the count had not */
    cr_assert_eq(pt_salvage_slot(open_slot.bytes, &root), PT_SLOT_HAS_ROOT);
    cr_assert_eq(root.record.attribute_count, 1);
    fill_slot();
    record->size -= 8;
    cr_assert_eq(pt_salvage_slot(open_slot.bytes, &root), PT_SLOT_HAS_ROOT);
    cr_assert_eq(root.record.attribute_count, 2);
    cr_assert_eq(root.record.link_count, 0);
}

Test(salvage, other_slots_have_no_root)
{
    struct pt_salvaged_root root;
    fill_slot();
    atomic_store(&open_slot.slot.is_root, false);
    cr_assert_eq(pt_salvage_slot(open_slot.bytes, &root), PT_SLOT_HAS_NONE);
    fill_slot();
    atomic_store(&open_slot.slot.generation, 9 * PT_SLOT_STATES);
    cr_assert_eq(pt_salvage_slot(open_slot.bytes, &root), PT_SLOT_HAS_ROOT);
    cr_assert(root.is_ending);
}

Test(salvage, a_flipped_byte_of_a_slot_gives_a_sound_root_or_none)
{
    struct pt_salvaged_root root;
    fill_slot();
    for (uint32_t i = 0; i < sizeof(open_slot); i++) {
        for (int value = 1; value < 256; value++) {
            open_slot.bytes[i] ^= (unsigned char)value;
            if (pt_salvage_slot(open_slot.bytes, &root) == PT_SLOT_HAS_ROOT) {
                pt_salvaged_root_close(&root, PATTER_KEY_ERROR_TYPE, 9000);
                cr_assert(pt_record_is_sound(&root.record, sizeof(root.bytes)), "byte %u", i);
            }
            open_slot.bytes[i] ^= (unsigned char)value;
        }
    }
}

/* ---- a folder ------------------------------------------------------------------------------- */

struct taken {
    uint64_t records, roots, appended, appended_roots, newest;
};

static uint64_t appended(void *taken_, uint32_t ring_id)
{
    struct taken *taken = taken_;
    return ring_id == PT_SALVAGED_ROOTS ? taken->appended_roots : taken->appended;
}

static bool take(void *taken_, const struct pt_record *record)
{
    struct taken *taken = taken_;
    cr_assert(pt_record_is_sound(record, record->size));
    if (record->ring_id == PT_SALVAGED_ROOTS) {
        taken->roots++;
        taken->newest = record->end_unix_ns;
    } else {
        taken->records++;
    }
    return true;
}

static char folder[] = "/tmp/patter-salvage-XXXXXX";

static int new_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put_file(int dirfd, const char *name, const void *bytes, size_t len)
{
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void remove_folder(int dirfd)
{
    static const char *const names[] = { "keys", "rings.0000", "rings.0001", "slots.0000" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unlinkat(dirfd, names[i], 0);
    }
    close(dirfd);
    cr_assert_eq(rmdir(folder), 0);
}

static struct pt_salvaged_keys keys = { .alive_unix_ns = 1234, .count = 2 };

static bool read_all(int dirfd, struct taken *taken, struct pt_leftover_counts *ret_counts)
{
    struct patter_error error = { 0 };
    struct pt_leftover_reader reader = { taken, appended, take };
    return pt_leftovers_read(dirfd, &keys, 0, &reader, ret_counts, &error);
}

Test(leftover, what_the_log_has_is_left_out)
{
    struct pt_leftover_counts counts;
    int dirfd = new_folder();
    fill_chunk(5);
    fill_slot();
    put_file(dirfd, "rings.0000", whole.bytes, sizeof(whole));
    put_file(dirfd, "rings.0001", whole.bytes, sizeof(whole)); /* the same sequences again */
    put_file(dirfd, "slots.0000", open_slot.bytes, sizeof(open_slot));
    struct taken taken = { .appended = 103 };
    cr_assert(read_all(dirfd, &taken, &counts));
    cr_assert_eq(taken.records, 2);
    cr_assert_eq(taken.roots, 1);
    cr_assert_eq(taken.newest, 2000, "the newest record is newer than the last sign of life");
    taken = (struct taken){ .appended = 105, .appended_roots = 1 };
    cr_assert(read_all(dirfd, &taken, &counts));
    cr_assert_eq(taken.records + taken.roots, 0);
    remove_folder(dirfd);
}

static uint64_t records_left(int dirfd)
{
    struct pt_leftover_counts counts;
    struct taken taken = { 0 };
    cr_assert(read_all(dirfd, &taken, &counts));
    cr_assert_eq(counts.damaged, 0);
    return counts.records;
}

Test(leftover, only_what_the_pump_has_not_moved_is_left)
{
    static struct pt_ring ring = { .id = 7 };
    static _Alignas(8) unsigned char record[1000];
    enum { WRITTEN = 1000 };
    struct patter_error error = { 0 };
    const unsigned char *bytes;
    int dirfd = new_folder();
    uint32_t size = put_record(record, 0, 0);
    cr_assert(pt_survival_begin(dirfd, 4 << 20, &error));
    for (int i = 0; i < WRITTEN; i++) {
        cr_assert_neq(pt_ring_write(&ring, (const void *)record, 1), PT_RING_REFUSED);
    }
    cr_assert_eq(records_left(dirfd), WRITTEN);
    uint32_t in_chunk = PT_CHUNK_DATA / size;
    cr_assert_eq(pt_ring_peek(&ring, &bytes), in_chunk * size);
    pt_ring_advance(&ring, in_chunk * size, in_chunk);
    cr_assert_gt(pt_ring_peek(&ring, &bytes), 10 * size);
    pt_ring_advance(&ring, 10 * size, 10);
    cr_assert_eq(records_left(dirfd), WRITTEN - in_chunk - 10);

    pt_ring_discard(&ring);
    pt_survival_end();
    cr_assert_eq(records_left(dirfd), WRITTEN - in_chunk - 10, "a later start has them to find");
    remove_folder(dirfd);
}

Test(leftover, a_root_that_was_ending_is_there_once)
{
    struct pt_leftover_counts counts;
    int dirfd = new_folder();
    fill_chunk(5);
    fill_slot();
    struct pt_record *record = (void *)open_slot.slot.inline_bytes;
    atomic_store(&open_slot.slot.generation, 9 * PT_SLOT_STATES);
    record->ring_id = 7;
    for (record->sequence = 98; record->sequence < 108; record->sequence++) {
        put_file(dirfd, "rings.0000", whole.bytes, sizeof(whole));
        put_file(dirfd, "slots.0000", open_slot.bytes, sizeof(open_slot));
        struct taken taken = { .appended = 102 };
        cr_assert(read_all(dirfd, &taken, &counts));
        cr_assert_eq(taken.roots, record->sequence >= 105, "place %d", (int)record->sequence);
    }
    remove_folder(dirfd);
}

Test(leftover, what_is_no_file_of_ours_is_told)
{
    static struct pt_salvaged_keys found;
    struct pt_leftover_counts counts;
    struct patter_error error = { 0 };
    struct taken taken = { 0 };
    int dirfd = new_folder();
    cr_assert(read_all(dirfd, &taken, &counts), "nothing was left");
    cr_assert_not(pt_leftover_keys_read(dirfd, &found, &error));
    put_file(dirfd, "keys", "short", 5);
    cr_assert_not(pt_leftover_keys_read(dirfd, &found, &error));
    cr_assert_eq(mkfifoat(dirfd, "rings.0000", 0600), 0);
    fill_slot();
    put_file(dirfd, "slots.0000", open_slot.bytes, sizeof(open_slot));
    cr_assert_not(read_all(dirfd, &taken, &counts));
    cr_assert_eq(taken.roots, 1, "the other files were read");
    remove_folder(dirfd);
}

Test(leftover, names_of_keys_that_are_none_are_empty)
{
    static _Alignas(64) struct pt_survival_keys stored;
    static struct pt_salvaged_keys found;
    stored.magic = PT_SURVIVAL_MAGIC;
    stored.names.count = UINT32_MAX;
    stored.names.places[1].len = 5;
    memcpy(stored.names.places[1].name, "a.key", 5);
    stored.names.places[2].len = UINT32_MAX;
    stored.names.places[PT_KEYS_MAX - 1].len = 5;
    memcpy(stored.names.places[PT_KEYS_MAX - 1].name, "a key", 5);
    pt_salvage_keys((const unsigned char *)&stored, sizeof(stored), &found);
    cr_assert(pt_str_equal(pt_salvaged_key_name(&found, 1), patter_text("a.key")));
    cr_assert_eq(pt_salvaged_key_name(&found, 2).len, 0);
    cr_assert_eq(pt_salvaged_key_name(&found, PT_KEYS_MAX - 1).len, 0);
    cr_assert_eq(pt_salvaged_key_name(&found, UINT32_MAX).len, 0);
    stored.magic++;
    pt_salvage_keys((const unsigned char *)&stored, sizeof(stored), &found);
    cr_assert_eq(pt_salvaged_key_name(&found, 1).len, 0);
}
