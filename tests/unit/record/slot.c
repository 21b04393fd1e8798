/* SPDX-License-Identifier: MIT */
#include "core/record/slot.h"

#include <criterion/criterion.h>
#include <string.h>

#include "core/record/thread.h"

static struct pt_thread thread;

static struct pt_slot *new_slot(uint64_t *ret_handle)
{
    struct pt_slot *slot = pt_slot_take(&thread, ret_handle);
    memset(slot->record, 0, sizeof(*slot->record));
    slot->record->size = sizeof(*slot->record);
    return slot;
}

static bool set_text(struct pt_slot *slot, uint32_t key, const char *text)
{
    return pt_slot_set(slot, key, PT_ITEM_TEXT, text, (uint32_t)strlen(text), 32);
}

static const struct pt_item *first_item(const struct pt_slot *slot)
{
    return (const void *)((const char *)slot->record + pt_record_items_at(slot->record));
}

Test(slot, a_handle_is_void_after_the_end)
{
    uint64_t handle;
    struct pt_slot *slot = new_slot(&handle);
    cr_assert_eq(pt_slot_find(handle), slot);
    cr_assert(pt_slot_claim(&thread, slot, handle));
    cr_assert_not(pt_slot_claim(&thread, slot, handle), "the second end must lose");
    pt_slot_give(&thread, slot);
    cr_assert_null(pt_slot_find(handle));
}

Test(slot, a_stale_handle_does_not_reach_its_successor)
{
    uint64_t first, second;
    struct pt_slot *slot = new_slot(&first);
    pt_slot_claim(&thread, slot, first);
    pt_slot_give(&thread, slot);
    cr_assert_eq(new_slot(&second), slot, "the spare slot is used again");
    cr_assert_null(pt_slot_find(first));
    cr_assert_not(pt_slot_claim(&thread, slot, first));
    cr_assert_eq(pt_slot_find(second), slot);
}

Test(slot, nonsense_handles_find_nothing)
{
    cr_assert_null(pt_slot_find(0));
    cr_assert_null(pt_slot_find(UINT64_MAX));
    cr_assert_null(pt_slot_find(0x100000000ull));
}

Test(slot, a_repeated_key_replaces_whatever_the_size)
{
    uint64_t handle;
    struct pt_slot *slot = new_slot(&handle);
    cr_assert(set_text(slot, 5, "short"));
    cr_assert(set_text(slot, 6, "other"));
    cr_assert(set_text(slot, 5, "a rather longer value than before"));
    cr_assert_eq(slot->record->attribute_count, 2);
    cr_assert(set_text(slot, 5, "x"));
    cr_assert_eq(slot->record->attribute_count, 2);
    cr_assert_eq(first_item(slot)->key, 6);
    cr_assert(pt_record_is_sound(slot->record, slot->record->size));
}

Test(slot, a_replacement_is_allowed_at_the_limit_a_new_key_is_not)
{
    uint64_t handle;
    struct pt_slot *slot = new_slot(&handle);
    for (uint32_t key = 1; key <= 32; key++) {
        cr_assert(set_text(slot, key, "v"));
    }
    cr_assert_not(set_text(slot, 33, "v"));
    cr_assert(set_text(slot, 32, "w"));
    cr_assert_eq(slot->record->attribute_count, 32);
}

Test(slot, grows_beyond_its_own_bytes_up_to_the_largest_record)
{
    uint64_t handle;
    struct pt_slot *slot = new_slot(&handle);
    static const char text[1000];
    uint32_t key = 0;
    while (pt_slot_set(slot, key + 1, PT_ITEM_TEXT, text, sizeof(text), 1000)) {
        key++;
    }
    cr_assert_gt(slot->record->size, PT_RECORD_MAX - 1100);
    cr_assert_leq(slot->record->size, PT_RECORD_MAX);
    cr_assert_eq(slot->record->attribute_count, key);
    cr_assert(pt_record_is_sound(slot->record, slot->record->size));
    pt_slot_claim(&thread, slot, handle);
    pt_slot_give(&thread, slot);
}

Test(slot, ids_are_those_of_the_open_span)
{
    uint64_t handle;
    uint8_t trace_id[16], span_id[8];
    struct pt_slot *slot = new_slot(&handle);
    slot->record->span_id[0] = 42;
    cr_assert(pt_slot_ids(handle, trace_id, span_id));
    cr_assert_eq(span_id[0], 42);
    pt_slot_claim(&thread, slot, handle);
    cr_assert_not(pt_slot_ids(handle, trace_id, span_id));
    pt_slot_give(&thread, slot);
}

Test(slot, one_ended_by_another_thread_returns_to_its_owner)
{
    static struct pt_thread other;
    uint64_t first, second;
    struct pt_slot *slot = new_slot(&first);
    cr_assert(pt_slot_claim(&other, slot, first));
    cr_assert_not(pt_slot_claim(&thread, slot, first), "the second end must lose");
    pt_slot_give(&other, slot);
    cr_assert_eq(other.spare_count, 0, "it stays its owner's");
    cr_assert_eq(new_slot(&second), slot);
    cr_assert_null(pt_slot_find(first));
    cr_assert_eq(pt_slot_find(second), slot);
}

Test(slot, two_ends_at_one_instant_do_not_give_it_to_two_spans)
{
    static struct pt_thread other;
    uint64_t handle, next, after;
    struct pt_slot *slot = new_slot(&handle);
    uint32_t seen = atomic_load(&slot->generation); /* the owner has looked and is about to store */
    cr_assert(pt_slot_claim(&other, slot, handle));
    atomic_store(&slot->generation, seen - PT_SLOT_OPEN + PT_SLOT_STATES);
    pt_slot_give(&thread, slot);
    pt_slot_give(&other, slot);
    cr_assert_eq(new_slot(&next), slot);
    cr_assert_neq(new_slot(&after), slot);
    cr_assert_eq(pt_slot_find(next), slot, "still open");
    cr_assert(pt_slot_claim(&other, slot, next));
    pt_slot_give(&other, slot);
    cr_assert_eq(new_slot(&handle), slot, "and it still comes back");
}

Test(slot, a_large_record_ends_on_its_own_thread_and_on_another)
{
    static const char text[4096];
    static struct pt_thread other;
    struct pt_thread *enders[] = { &thread, &other };
    for (int i = 0; i < 4; i++) {
        uint64_t handle;
        struct pt_slot *slot = new_slot(&handle);
        cr_assert(pt_slot_set(slot, 1, PT_ITEM_TEXT, text, sizeof(text), 32));
        cr_assert(pt_slot_claim(enders[i % 2], slot, handle));
        cr_assert_not(pt_slot_claim(enders[i % 2], slot, handle));
        pt_slot_give(enders[i % 2], slot);
        cr_assert_null(pt_slot_find(handle));
    }
}

Test(slot, open_spans_are_bounded_and_those_that_end_make_room)
{
    enum { SLOTS = 3 * 64 }; /* three blocks */
    static uint64_t handles[SLOTS];
    static struct pt_slot *slots[SLOTS];
    uint64_t handle;
    pt_slots_set_max(SLOTS * sizeof(struct pt_slot));
    for (int i = 0; i < SLOTS; i++) {
        slots[i] = pt_slot_take(&thread, &handles[i]);
        cr_assert_not_null(slots[i], "number %d", i);
    }
    cr_assert_null(pt_slot_take(&thread, &handle));
    pt_slot_claim(&thread, slots[5], handles[5]);
    pt_slot_give(&thread, slots[5]);
    cr_assert_not_null(pt_slot_take(&thread, &handle));
}

Test(slot, a_large_record_counts_against_the_budget)
{
    static const char text[4096];
    uint64_t handle;
    pt_memory_set_max(4096);
    struct pt_slot *slot = new_slot(&handle);
    cr_assert_not(pt_slot_set(slot, 1, PT_ITEM_TEXT, text, sizeof(text), 32));
    pt_memory_set_max(65536);
    cr_assert(pt_slot_set(slot, 1, PT_ITEM_TEXT, text, sizeof(text), 32));
    pt_slot_claim(&thread, slot, handle);
    pt_slot_give(&thread, slot);
    cr_assert(pt_memory_take(65536), "given back");
}

Test(slot, a_forked_child_has_every_slot_and_its_parents_handles_are_void)
{
    enum { SLOTS = 64 };
    static uint64_t handles[SLOTS];
    uint64_t handle;
    pt_slots_set_max(SLOTS * sizeof(struct pt_slot));
    for (int i = 0; i < SLOTS; i++) {
        struct pt_slot *slot = pt_slot_take(&thread, &handles[i]);
        if (i % 2) {
            pt_slot_claim(&thread, slot,
                          handles[i]); /* in the hands of a thread that the child has not */
        }
    }
    cr_assert_null(pt_slot_take(&thread, &handle));
    pt_slots_forget();
    thread.spare_count = 0;
    for (int i = 0; i < SLOTS; i++) {
        cr_assert_null(pt_slot_find(handles[i]));
    }
    for (int i = 0; i < SLOTS; i++) {
        cr_assert_not_null(pt_slot_take(&thread, &handle), "number %d", i);
    }
    cr_assert_null(pt_slot_take(&thread, &handle));
}

Test(slot, a_handle_that_never_was_is_void)
{
    uint64_t handle;
    pt_slot_take(&thread, &handle);
    for (uint64_t number = 1; number <= 64; number++) {
        cr_assert_null(pt_slot_find(number), "slot %d was never used", (int)number - 1);
    }
}
