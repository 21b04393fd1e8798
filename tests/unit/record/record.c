/* SPDX-License-Identifier: MIT */
#include "core/record/record.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/random.h"
#include "core/pipeline/view.h"
#include "core/record/slot.h"
#include "core/record/thread.h"

/* A record with one of everything. */
static uint32_t make_record(unsigned char *bytes)
{
    struct pt_record *record = (void *)bytes;
    unsigned char *at;
    memset(bytes, 0, 512);
    record->call_id_len = 5;
    record->tracestate_len = 3;
    record->name_len = 13;
    memcpy(bytes + sizeof(*record), "abcde", 5);
    memcpy(bytes + pt_record_tracestate_at(record), "k=v", 3);
    memcpy(bytes + pt_record_name_at(record), "getpatter.stt", 13);
    at = bytes + pt_record_items_at(record);

    *(struct pt_item *)(void *)at = (struct pt_item){ .key = 4, .type = PT_ITEM_INT, .len = 8 };
    at[8] = 22;
    at += 16;
    *(struct pt_item *)(void *)at = (struct pt_item){ .key = 11, .type = PT_ITEM_TEXT, .len = 3 };
    memcpy(at + 8, "abc", 3);
    at += 16;
    struct pt_item *event = (void *)at;
    *event = (struct pt_item){ .type = PT_ITEM_EVENT, .len = 16 + 8 + 16 };
    *(struct pt_item_event *)(void *)(at + 8) =
        (struct pt_item_event){ .time_unix_ns = 9, .name_len = 4, .attribute_count = 1 };
    memcpy(at + 24, "name", 4);
    *(struct pt_item *)(void *)(at + 32) =
        (struct pt_item){ .key = 5, .type = PT_ITEM_DOUBLE, .len = 8 };
    at += 48;
    *(struct pt_item *)(void *)at =
        (struct pt_item){ .type = PT_ITEM_LINK, .len = sizeof(struct pt_item_link) + 16 };
    *(struct pt_item_link *)(void *)(at + 8) = (struct pt_item_link){ .attribute_count = 1 };
    at += 8 + sizeof(struct pt_item_link);
    *(struct pt_item *)(void *)at = (struct pt_item){ .key = 6, .type = PT_ITEM_INT, .len = 8 };
    at += 16;
    record->attribute_count = 2;
    record->event_count = 1;
    record->link_count = 1;
    record->size = (uint32_t)(at - bytes);
    return record->size;
}

Test(record, a_whole_record_is_sound_and_views_show_all_of_it)
{
    _Alignas(16) unsigned char bytes[512];
    struct pt_arena arena = { 0 };
    size_t count;
    uint32_t size = make_record(bytes);

    cr_assert(pt_record_is_sound((void *)bytes, size));
    const struct patter_span_view **views = pt_views_make(bytes, 1, &arena, &count);
    cr_assert_eq(count, 1);
    const struct patter_span_view *view = views[0];
    cr_assert_eq(view->attribute_count, 3, "the call id comes first");
    cr_assert_eq(view->attributes[1].value.as.integer, 22);
    cr_assert_eq(memcmp(view->attributes[2].value.as.text.data, "abc", 3), 0);
    cr_assert_eq(view->event_count, 1);
    cr_assert_eq(view->events[0]->time_unix_ns, 9);
    cr_assert_eq(view->events[0]->attribute_count, 1);
    cr_assert_eq(view->link_count, 1);
    pt_arena_clean(&arena);
}

static bool memory_is_short;

/* The linker's names for both sides of --wrap=malloc. */
void *real_malloc(size_t size) __asm__("__real_malloc");
void *scarce_malloc(size_t size) __asm__("__wrap_malloc");

void *scarce_malloc(size_t size)
{
    return memory_is_short ? NULL : real_malloc(size);
}

Test(record, where_memory_is_short_there_is_no_view_rather_than_a_part_of_one)
{
    enum { BLOCK = 4096, ENOUGH = 1024 };
    _Alignas(16) unsigned char bytes[512];
    uint32_t whole_count = 0;
    make_record(bytes);
    for (uint32_t room = 0; room <= ENOUGH; room += 16) {
        struct pt_arena arena = { 0 };
        size_t count;
        pt_arena_alloc(&arena, BLOCK - room);
        memory_is_short = true;
        const struct patter_span_view **views = pt_views_make(bytes, 1, &arena, &count);
        memory_is_short = false;
        if (views) {
            whole_count++;
            cr_assert_eq(views[0]->attribute_count, 3);
            cr_assert_eq(views[0]->events[0]->attribute_count, 1);
            cr_assert_eq(views[0]->links[0]->attribute_count, 1);
        }
        pt_arena_clean(&arena);
    }
    cr_assert(whole_count > 0 && whole_count < ENOUGH / 16);
}

Test(record, every_shorter_one_is_refused)
{
    _Alignas(16) unsigned char bytes[512];
    uint32_t size = make_record(bytes);
    for (uint32_t available = 0; available < size; available++) {
        cr_assert_not(pt_record_is_sound((void *)bytes, available));
    }
}

Test(record, whatever_is_flipped_reading_stays_inside)
{
    struct pt_arena arena = { 0 };
    for (int round = 0; round < 200000; round++) {
        _Alignas(16) unsigned char scratch[512];
        uint32_t size = make_record(scratch);
        for (int flips = 1 + (int)(pt_random() % 3); flips > 0; flips--) {
            scratch[pt_random() % size] = (unsigned char)pt_random();
        }
        /* Exactly as many bytes as there are, so that a step outside is seen. */
        unsigned char *bytes = aligned_alloc(16, (size + 15) & ~15u);
        memcpy(bytes, scratch, size);
        if (pt_record_is_sound((void *)bytes, size)) {
            size_t count;
            pt_views_make(bytes, 1, &arena, &count);
            pt_arena_reset(&arena);
        }
        free(bytes);
    }
    pt_arena_clean(&arena);
}
