/* SPDX-License-Identifier: MIT */
#include "core/pipeline/cursor.h"

#include <criterion/criterion.h>
#include <string.h>

#include "core/pipeline/source.h"
#include "core/record/ring.h"

static struct pt_log_segments records_log;

static void setup(void)
{
    pt_memory_set_max(64u << 20);
    records_log = (struct pt_log_segments){ 0 };
}

/* Appends `count` records of 1,024 bytes: 512 fill a segment. */
static void append(uint32_t count)
{
    static _Alignas(16) unsigned char bytes[1024];
    ((struct pt_record *)(void *)bytes)->size = sizeof(bytes);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(pt_segments_append(&records_log, bytes, sizeof(bytes)), sizeof(bytes));
    }
}

static struct pt_slice take(struct pt_cursor *cursor, uint32_t max_count)
{
    struct pt_slice slice = { 0 };
    pt_cursor_take(cursor, &records_log, max_count, UINT64_MAX, &slice);
    return slice;
}

TestSuite(cursor, .init = setup);

Test(cursor, an_empty_log_gives_nothing)
{
    struct pt_cursor cursor = { 0 };
    cr_assert_eq(take(&cursor, 10).count, 0);
    cr_assert_eq(pt_cursor_acknowledged(&cursor), 0);
}

Test(cursor, slices_follow_each_other_and_stay_inside_a_segment)
{
    struct pt_cursor cursor = { 0 };
    append(600);
    struct pt_slice first = take(&cursor, 500);
    struct pt_slice second = take(&cursor, 500);
    struct pt_slice third = take(&cursor, 500);
    cr_assert_eq(first.count, 500);
    cr_assert_eq(second.count, 12);
    cr_assert_eq(second.first, 500);
    cr_assert_eq(third.count, 88);
    cr_assert_eq(take(&cursor, 500).count, 0);
    append(1);
    cr_assert_eq(take(&cursor, 500).first, 600);
}

Test(cursor, bytes_limit_a_slice_but_one_record_always_goes)
{
    struct pt_cursor cursor = { 0 };
    struct pt_slice slice;
    append(10);
    cr_assert(pt_cursor_take(&cursor, &records_log, 10, 4 * 1024, &slice));
    cr_assert_eq(slice.count, 4);
    cr_assert(pt_cursor_take(&cursor, &records_log, 10, 1, &slice));
    cr_assert_eq(slice.count, 1);
}

Test(cursor, acknowledged_is_what_has_no_gap_before_it)
{
    struct pt_cursor cursor = { 0 };
    append(30);
    struct pt_slice first = take(&cursor, 10);
    struct pt_slice second = take(&cursor, 10);
    cr_assert_eq(pt_cursor_acknowledged(&cursor), 0);
    pt_cursor_done(&cursor, &second);
    cr_assert_eq(pt_cursor_acknowledged(&cursor), 0);
    pt_cursor_done(&cursor, &first);
    cr_assert_eq(pt_cursor_acknowledged(&cursor), 20);
}

Test(cursor, an_evicted_segment_is_passed_over_and_counted)
{
    struct pt_cursor behind = { 0 }, ahead = { 0 };
    append(512 + 100);
    struct pt_slice taken = take(&behind, 200);
    pt_cursor_done(&behind, &taken);
    taken = take(&ahead, 512);
    pt_cursor_done(&ahead, &taken);
    taken = take(&ahead, 100);
    pt_cursor_done(&ahead, &taken);
    cr_assert_eq(pt_cursor_skip(&behind, records_log.oldest), 312);
    cr_assert_eq(pt_cursor_skip(&ahead, records_log.oldest), 0);
    pt_segments_drop_oldest(&records_log);
    cr_assert_eq(take(&behind, 500).first, 512);
    cr_assert_eq(take(&ahead, 500).count, 0);
}

Test(cursor, a_slice_in_flight_keeps_its_bytes)
{
    struct pt_cursor cursor = { 0 };
    append(512);
    struct pt_slice slice = take(&cursor, 10);
    pt_cursor_skip(&cursor, records_log.oldest);
    pt_segments_drop_oldest(&records_log);
    cr_assert_eq(((const struct pt_record *)(void *)slice.bytes)->size, 1024);
    pt_cursor_done(&cursor, &slice);
}

Test(cursor, an_emptied_segment_is_used_again)
{
    struct pt_cursor cursor = { 0 };
    append(3);
    struct pt_slice slice = take(&cursor, 10);
    pt_cursor_done(&cursor, &slice);
    pt_cursor_skip(&cursor, records_log.oldest);
    pt_segments_reuse_newest(&records_log);
    append(2);
    slice = take(&cursor, 10);
    cr_assert_eq(slice.first, 3);
    cr_assert_eq(slice.count, 2);
}

Test(segment, a_full_budget_refuses_and_the_first_segment_never)
{
    static _Alignas(16) unsigned char bytes[1024];
    ((struct pt_record *)(void *)bytes)->size = sizeof(bytes);
    setup();
    pt_memory_set_max(1);
    uint32_t taken = 0;
    while (pt_segments_append(&records_log, bytes, sizeof(bytes)) > 0) {
        taken++;
    }
    cr_assert_eq(taken, PT_SEGMENT_SIZE / 1024);
}

Test(segment, small_records_go_on_in_another_segment)
{
    static _Alignas(16) unsigned char bytes[sizeof(struct pt_record)];
    struct pt_cursor cursor = { 0 };
    ((struct pt_record *)(void *)bytes)->size = sizeof(bytes);
    setup();
    for (uint32_t i = 0; i < PT_SEGMENT_RECORDS + 1; i++) {
        cr_assert_eq(pt_segments_append(&records_log, bytes, sizeof(bytes)), sizeof(bytes));
    }
    cr_assert_eq(records_log.oldest->count, PT_SEGMENT_RECORDS);
    cr_assert_eq(records_log.newest->count, 1);
    cr_assert_eq(take(&cursor, UINT32_MAX).count, PT_SEGMENT_RECORDS);
    cr_assert_eq(take(&cursor, UINT32_MAX).first, PT_SEGMENT_RECORDS);
}

Test(segment, a_copy_takes_whole_records_and_shows_once_published)
{
    static _Alignas(16) unsigned char bytes[3][1000];
    struct pt_cursor cursor = { 0 };
    for (size_t i = 0; i < 3; i++) {
        ((struct pt_record *)(void *)bytes[i])->size = sizeof(bytes[i]);
    }
    setup();
    cr_assert_eq(pt_segments_copy(&records_log, bytes[0], sizeof(bytes)).count, 0);
    cr_assert(pt_segments_grow(&records_log));
    records_log.newest->used = PT_SEGMENT_SIZE - 2500 / 8 * 8;
    struct pt_copied copied = pt_segments_copy(&records_log, bytes[0], sizeof(bytes));
    cr_assert_eq(copied.count, 2);
    cr_assert_eq(copied.len, 2000);
    cr_assert_eq(take(&cursor, 10).count, 0);
    pt_segments_publish(&records_log, copied);
    cr_assert_eq(take(&cursor, 10).count, 2);
    cr_assert_eq(pt_segments_copy(&records_log, bytes[0], sizeof(bytes)).count, 0);
}

Test(segment, one_that_went_is_the_next_and_is_counted_once)
{
    static _Alignas(16) unsigned char bytes[1024];
    ((struct pt_record *)(void *)bytes)->size = sizeof(bytes);
    setup();
    pt_memory_set_max(sizeof(struct pt_segment_memory));
    cr_assert(pt_segments_grow(&records_log));
    const struct pt_segment_memory *first = records_log.oldest->memory;
    cr_assert_not(pt_segments_grow(&records_log), "the budget is spent");
    pt_segments_drop_oldest(&records_log);
    cr_assert(pt_segments_grow(&records_log));
    cr_assert_eq(records_log.oldest->memory, first);
    pt_segments_clean(&records_log);
    cr_assert(pt_memory_take(sizeof(struct pt_segment_memory)));
}

/* ---- with a journal -------------------------------------------------------------------- */

static struct pt_stored_cursor *stored_cursor(struct pt_stored_cursors *cursors)
{
    struct pt_stored_cursor *stored = pt_stored_cursors_claim(cursors, "exporter");
    cr_assert(stored);
    return stored;
}

Test(cursor, no_more_batches_are_in_flight_than_the_journal_can_note)
{
    static struct pt_stored_cursors cursors;
    static struct pt_slice slices[PT_STORED_IN_FLIGHT];
    struct pt_source source = { .is_own = true, .cursors[0] = stored_cursor(&cursors) };
    struct pt_cursor former = { 0 }, next = { 0 };
    append(100);
    records_log.oldest->source = &source;
    for (size_t i = 0; i < PT_STORED_IN_FLIGHT; i++) {
        slices[i] = take(&former, 1);
        cr_assert_eq(slices[i].count, 1);
    }
    next.read = former.read;
    cr_assert_eq(take(&next, 1).count, 0);
    pt_cursor_done(&former, &slices[7]);
    struct pt_slice slice = take(&next, 1);
    cr_assert_eq(slice.count, 1);
    cr_assert_eq(pt_stored_cursor_pending(source.cursors[0], 0, 100), 99, "all but number 7");
}

Test(cursor, an_earlier_journals_batch_answers_for_nothing_of_the_rest)
{
    static struct pt_stored_cursors old_cursors, cursors;
    struct pt_source orphan = { .is_foreign = true, .cursors[0] = stored_cursor(&old_cursors) };
    struct pt_source own = { .is_own = true, .cursors[0] = stored_cursor(&cursors) };
    struct pt_cursor cursor = { 0 };
    append(512);
    records_log.oldest->source = &orphan;
    append(100);
    records_log.newest->source = &own;
    struct pt_slice of_orphan = take(&cursor, 512);

    cursor.closed = true; /* as a reload does */
    cursor.end = 612;
    cursor.closed_at = cursor.read;
    pt_stored_cursor_leave(own.cursors[0], 0, 100);
    struct pt_slice of_own = take(&cursor, 10);
    cr_assert_eq(of_own.count, 10);
    pt_cursor_done(&cursor, &of_own);
    cr_assert_eq(pt_stored_cursor_pending(own.cursors[0], 0, 100), 100, "what was before is not");
    pt_cursor_done(&cursor, &of_orphan);
    of_own = take(&cursor, 10);
    pt_cursor_done(&cursor, &of_own);
    cr_assert_eq(pt_stored_cursor_pending(own.cursors[0], 0, 100), 80);
}

Test(cursor, a_journal_whose_beginning_has_gone_is_answered_for_where_it_stands)
{
    static struct pt_stored_cursors cursors;
    struct pt_source orphan = { .is_foreign = true, .cursors[0] = stored_cursor(&cursors) };
    struct pt_cursor cursor = { 0 };
    append(100);
    records_log.oldest->source = &orphan;
    records_log.oldest->stored_first = 10000;
    struct pt_slice slice = take(&cursor, 30);
    cr_assert_eq(pt_stored_cursor_pending(orphan.cursors[0], 10000, 10100), 100);
    pt_cursor_done(&cursor, &slice);
    cr_assert_eq(pt_stored_cursor_pending(orphan.cursors[0], 10000, 10100), 70);
}
