/* SPDX-License-Identifier: MIT */
#include "core/record/ring.h"

#include <criterion/criterion.h>
#include <string.h>

struct wide_record {
    struct pt_record head;
    unsigned char rest[PT_RECORD_MAX - sizeof(struct pt_record)];
};

static enum pt_ring_result write_record(struct pt_ring *ring, uint32_t size)
{
    static struct wide_record record;
    record.head.size = size;
    return pt_ring_write(ring, &record.head, record.head.end_unix_ns);
}

/* Reads all there is and checks that sequences follow each other; returns how many. */
static uint64_t read_all(struct pt_ring *ring, uint64_t first)
{
    const unsigned char *bytes;
    uint64_t count = 0;
    uint32_t len;
    while ((len = pt_ring_peek(ring, &bytes)) > 0) {
        uint64_t in_part = 0;
        for (uint32_t at = 0; at < len; in_part++) {
            const struct pt_record *record = (const void *)(bytes + at);
            cr_assert_eq(record->sequence, first + count + in_part);
            cr_assert_eq(record->ring_id, ring->id);
            at += record->size;
        }
        pt_ring_advance(ring, len, in_part);
        count += in_part;
    }
    return count;
}

Test(ring, an_empty_ring_shows_nothing)
{
    struct pt_ring ring = { .id = 7 };
    const unsigned char *bytes;
    cr_assert_eq(pt_ring_peek(&ring, &bytes), 0);
    cr_assert_eq(pt_ring_waiting(&ring), 0);
}

Test(ring, records_come_out_in_order_over_many_chunks)
{
    struct pt_ring ring = { .id = 7 };
    pt_memory_set_max(64u << 20);
    for (int i = 0; i < 5000; i++) {
        cr_assert_neq(write_record(&ring, 200), PT_RING_REFUSED);
    }
    cr_assert_eq(pt_ring_waiting(&ring), 5000);
    cr_assert_eq(read_all(&ring, 0), 5000);
    cr_assert_eq(pt_ring_waiting(&ring), 0);
}

Test(ring, reading_and_writing_alternate)
{
    struct pt_ring ring = { .id = 7 };
    uint64_t read = 0;
    pt_memory_set_max(64u << 20);
    for (int round = 0; round < 2000; round++) {
        write_record(&ring, 104);
        write_record(&ring, 1000);
        read += read_all(&ring, read);
    }
    cr_assert_eq(read, 4000);
}

Test(ring, one_that_rests_holds_nothing_and_goes_on_in_order)
{
    enum { RINGS = 100 };
    static struct pt_ring rings[RINGS];
    pt_ring_rest(&rings[0]); /* has nothing yet */
    for (uint64_t round = 0; round < 3; round++) {
        for (int i = 0; i < RINGS; i++) {
            cr_assert_eq(write_record(&rings[i], 200), PT_RING_WRITTEN);
            cr_assert_eq(read_all(&rings[i], round), 1);
            pt_ring_rest(&rings[i]);
            cr_assert_null(rings[i].writing);
            cr_assert_eq(atomic_load(&rings[i].chunk_count), 0);
        }
    }
    pt_memory_set_max(PT_CHUNK_SIZE);
    write_record(&rings[0], PT_RECORD_MAX);
    cr_assert_eq(write_record(&rings[0], PT_RECORD_MAX), PT_RING_FILLING, "the budget is whole");
    cr_assert_eq(read_all(&rings[0], 3), 2);
}

Test(ring, the_largest_record_fits)
{
    struct pt_ring ring = { .id = 7 };
    pt_memory_set_max(64u << 20);
    cr_assert_neq(write_record(&ring, PT_RECORD_MAX), PT_RING_REFUSED);
    cr_assert_neq(write_record(&ring, PT_RECORD_MAX), PT_RING_REFUSED);
    cr_assert_eq(read_all(&ring, 0), 2);
}

Test(ring, tells_when_a_burst_takes_its_64th_chunk_and_when_the_budget_shrinks)
{
    struct pt_ring ring = { .id = 7 }, other = { .id = 8 };
    int told = 0;
    pt_memory_set_max(64u << 20);
    for (int i = 0; i < 64 * 65; i++) { /* of 1,000 bytes: 65 a chunk */
        told += write_record(&ring, 1000) == PT_RING_FILLING;
    }
    cr_assert_eq(told, 1);
    pt_memory_set_max(8 * PT_CHUNK_SIZE); /* the first ring is charged for 63 */
    cr_assert_eq(write_record(&other, 1000), PT_RING_FILLING);
    cr_assert_eq(write_record(&other, 1000), PT_RING_WRITTEN);
}

Test(ring, refuses_the_newest_when_the_budget_is_spent_and_recovers)
{
    struct pt_ring ring = { .id = 7 };
    uint64_t written = 0;
    pt_memory_set_max(2 * PT_CHUNK_SIZE); /* the first chunk is free of charge */
    while (write_record(&ring, 1000) != PT_RING_REFUSED) {
        written++;
    }
    cr_assert_eq(written, 3 * ((PT_CHUNK_SIZE - 64) / 1000));
    cr_assert_eq(read_all(&ring, 0), written);
    cr_assert_neq(write_record(&ring, 1000), PT_RING_REFUSED);
    cr_assert_eq(read_all(&ring, written), 1);
}
