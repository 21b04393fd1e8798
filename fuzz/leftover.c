/* SPDX-License-Identifier: MIT */
/* A folder of a process that died, whole and damaged: what had not reached the log comes once and
 * in order, ring by ring, and then the roots of open calls; nothing of it is unsound. */
#include "core/storage/leftover.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/record/survival.h"
#include "fuzz/support/record.h"

enum { CHUNKS_MAX = 3, IN_CHUNK_MAX = 5, SLOTS_MAX = 3, RINGS = 2 };

/* What is taken over, ring by ring. */
struct taken {
    uint64_t appended[1 + RINGS]; /* by ring; 0 stands for the roots */
    uint64_t next[1 + RINGS];
    uint64_t count;
    uint64_t roots;
    uint32_t last_ring;
};

static struct pt_salvaged_keys keys;

static uint64_t appended(void *data, uint32_t ring_id)
{
    const struct taken *taken = data;
    return ring_id <= RINGS ? taken->appended[ring_id] : 0;
}

static bool take(void *data, const struct pt_record *record)
{
    struct taken *taken = data;
    EXPECT(pt_record_is_sound(record, PT_RECORD_MAX));
    if (record->ring_id == PT_SALVAGED_ROOTS) {
        EXPECT(record->status == PATTER_STATUS_ERROR);
        EXPECT(record->end_unix_ns >= record->begin_unix_ns);
        taken->roots++;
    } else {
        EXPECT(taken->roots == 0 && record->ring_id >= taken->last_ring);
        taken->last_ring = record->ring_id;
        taken->count++;
    }
    if (record->ring_id <= RINGS) {
        EXPECT(record->sequence >= taken->next[record->ring_id] || record->sequence == UINT64_MAX);
        EXPECT(record->sequence >= taken->appended[record->ring_id]);
        taken->next[record->ring_id] = record->sequence + 1;
    }
    return true;
}

static int make(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    EXPECT(fd >= 0);
    return fd;
}

/* The damaged bytes are few and near the beginning, where something stands. */
static void put(struct fuzz_input *input, int fd, unsigned char *bytes, size_t used, size_t size,
                off_t at, bool damages)
{
    if (damages) {
        (void)fuzz_damage(input, bytes, used, NULL);
    }
    EXPECT(pwrite(fd, bytes, used, at) == (ssize_t)used);
    EXPECT(ftruncate(fd, at + (off_t)size) == 0);
}

/* Chunks of two rings in turn; returns how many of their records the log does not have. */
static uint64_t put_rings(struct fuzz_input *input, int folder, const struct taken *taken,
                          bool damages)
{
    static struct pt_chunk chunk;
    uint64_t sequences[1 + RINGS] = { 0 };
    uint64_t unread = 0;
    int fd = make(folder, "rings.0000");
    uint32_t chunks = fuzz_u8(input) % (CHUNKS_MAX + 1);
    for (uint32_t i = 0; i < chunks; i++) {
        uint32_t ring = 1 + fuzz_u8(input) % RINGS;
        uint32_t count = fuzz_u8(input) % (IN_CHUNK_MAX + 1);
        uint32_t head = 0;
        bool is_read = fuzz_u8(input) % 4 == 1;
        for (uint32_t j = 0; j < count; j++) {
            struct pt_record *record = (void *)(chunk.data + head);
            head += fuzz_record(input, chunk.data + head);
            record->ring_id = ring;
            record->sequence = sequences[ring]++;
            unread += !is_read && record->sequence >= taken->appended[ring];
        }
        chunk.head = head;
        chunk.tail = is_read ? head : 0;
        put(input, fd, (unsigned char *)&chunk, 64 + head, sizeof(chunk),
            (off_t)(i * sizeof(chunk)), damages);
        memset(&chunk, 0, 64 + head);
    }
    close(fd);
    return unread;
}

static uint64_t put_slots(struct fuzz_input *input, int folder, bool damages)
{
    static _Alignas(64) struct pt_slot slot;
    uint64_t roots = 0;
    int fd = make(folder, "slots.0000");
    uint32_t slots = fuzz_u8(input) % (SLOTS_MAX + 1);
    for (uint32_t i = 0; i < slots; i++) {
        unsigned char made[FUZZ_RECORD_MAX] __attribute__((aligned(8)));
        uint32_t size = fuzz_record(input, made);
        bool is_root = size <= PT_SLOT_INLINE && fuzz_u8(input) % 4;
        memset(&slot, 0, sizeof(slot));
        memcpy(slot.inline_bytes, made, size < PT_SLOT_INLINE ? size : PT_SLOT_INLINE);
        slot.is_root = is_root;
        slot.generation = PT_SLOT_OPEN;
        roots += is_root;
        put(input, fd, (unsigned char *)&slot, sizeof(slot), sizeof(slot),
            (off_t)(i * sizeof(slot)), damages);
    }
    close(fd);
    return roots;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    struct taken taken = { .last_ring = 0 };
    struct pt_leftover_reader reader = { &taken, appended, take };
    struct pt_leftover_counts counts;
    struct patter_error error = { .cause_count = 0 };
    int folder = fuzz_folder();
    bool damages = fuzz_u8(&input) % 2;
    taken.appended[1] = fuzz_u8(&input) % 4;
    taken.appended[2] = fuzz_u8(&input) % 4;
    uint64_t unread = put_rings(&input, folder, &taken, damages);
    uint64_t roots = put_slots(&input, folder, damages);
    bool done = pt_leftovers_read(folder, &keys, fuzz_u16(&input), &reader, &counts, &error);
    EXPECT(done && counts.records == taken.count && counts.roots == taken.roots);
    EXPECT(damages || (taken.count == unread && taken.roots == roots && counts.damaged == 0));
    return 0;
}
