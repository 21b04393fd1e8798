/* SPDX-License-Identifier: MIT */
#include "core/storage/import.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <patter/patter.h>

#include "core/base/text.h"
#include "core/record/key.h"
#include "core/storage/file.h"

/* What an older process stored, through today's filter. */

enum { KEYS = 16, ROOM = 4096 };

/* The dead process's numbers. */
enum { THEIR_TOOL = 3, THEIR_COUNT, THEIR_DENIED, THEIR_HASHED, THEIR_UNKNOWN, THEIR_CHOICE };

static struct pt_salvaged_keys *keys;
static struct pt_hash *hash;
static _Alignas(8) unsigned char stored[ROOM], imported[ROOM];
static uint32_t len;
static uint16_t starts[64];

static void name_key(uint32_t number, const char *name)
{
    keys->places[number].len = (uint32_t)strlen(name);
    memcpy(keys->places[number].name, name, strlen(name));
}

static void setup(void)
{
    static const char *const choices[] = { "sales", "support", NULL };
    keys = calloc(1, sizeof(*keys));
    keys->count = KEYS;
    name_key(THEIR_TOOL, "getpatter.tool.name");
    name_key(THEIR_COUNT, "getpatter.stt.text_len");
    name_key(THEIR_DENIED, "app.denied");
    name_key(THEIR_HASHED, "app.caller");
    name_key(THEIR_UNKNOWN, "app.never_seen_here");
    name_key(THEIR_CHOICE, "app.queue");
    pt_key_intern(patter_text("app.first_here"));
    pt_key_intern(patter_text("app.denied"));
    struct pt_key_permission permissions[] = {
        { pt_key_intern(patter_text("app.caller")), PT_CLASS_HASHED, NULL },
        { pt_key_intern(patter_text("app.queue")), PT_CLASS_CHOICE, choices },
    };
    cr_assert(pt_keys_permit(permissions, 2));
    hash = pt_hash_new("0123456789abcdef", 16);
}

static void teardown(void)
{
    pt_hash_destroy(hash);
    free(keys);
}

TestSuite(import, .init = setup, .fini = teardown);

/* ---- making records ------------------------------------------------------------------- */

static struct pt_record *record;

static void put(const void *bytes, uint32_t size)
{
    memcpy(stored + len, bytes, size);
    len += size;
    record->size += size;
}

static void put_padded(const char *text)
{
    uint32_t size = pt_record_put(stored + len, patter_text(text));
    len += size;
    record->size += size;
}

static void begin(const char *call_id, const char *tracestate, const char *name)
{
    struct pt_record head = { .sequence = 7,
                              .ring_id = 2,
                              .begin_unix_ns = 10,
                              .end_unix_ns = 20,
                              .call_id_len = (uint16_t)strlen(call_id),
                              .tracestate_len = (uint16_t)strlen(tracestate),
                              .name_len = (uint16_t)strlen(name) };
    record = (void *)(stored + len);
    *record = head;
    record->size = sizeof(head);
    len += (uint32_t)sizeof(head);
    put_padded(call_id);
    put_padded(tracestate);
    put_padded(name);
}

static void add_text(uint16_t key, const char *text)
{
    struct pt_item item = { .key = key, .type = PT_ITEM_TEXT, .len = (uint16_t)strlen(text) };
    put(&item, sizeof(item));
    put_padded(text);
}

static void add_int(uint16_t key, int64_t value)
{
    struct pt_item item = { .key = key, .type = PT_ITEM_INT, .len = 8 };
    put(&item, sizeof(item));
    put(&value, 8);
}

static uint32_t begin_item(uint16_t type)
{
    struct pt_item item = { .type = type };
    put(&item, sizeof(item));
    return len;
}

static void end_item(uint32_t payload)
{
    ((struct pt_item *)(void *)(stored + payload))[-1].len = (uint16_t)(len - payload);
}

/* ---- looking at what became of them ---------------------------------------------------- */

static const struct pt_record *import(void)
{
    memset(imported, 0xee, sizeof(imported));
    uint32_t written = pt_import(keys, hash, stored, len, imported, starts);
    cr_assert_leq(written, len);
    const struct pt_record *first = (const void *)imported;
    cr_assert(pt_record_is_sound(first, written));
    return first;
}

static const struct pt_item *item_at(const struct pt_record *from, uint32_t index)
{
    const unsigned char *at = (const unsigned char *)from + pt_record_items_at(from);
    for (; index > 0; index--) {
        at += sizeof(struct pt_item) + pt_pad8(((const struct pt_item *)(const void *)at)->len);
    }
    return (const void *)at;
}

static void expect_text(const struct pt_item *item, const char *key, const char *text)
{
    cr_assert(pt_str_is(pt_key_name(item->key), key));
    cr_assert_eq(item->type, PT_ITEM_TEXT);
    cr_assert(pt_str_is((struct patter_str){ (const char *)(item + 1), item->len }, text));
}

Test(import, gives_keys_their_numbers_of_today)
{
    begin("call-1", "vendor=1", "getpatter.tool");
    add_text(THEIR_TOOL, "lookup");
    add_int(THEIR_COUNT, 22);
    record->attribute_count = 2;
    const struct pt_record *now = import();
    cr_assert_eq(now->size, record->size);
    cr_assert_eq(now->attribute_count, 2);
    cr_assert_eq(now->sequence, 7);
    cr_assert(pt_str_is(pt_record_call_id(now), "call-1"));
    cr_assert(pt_str_is(pt_record_tracestate(now), "vendor=1"));
    cr_assert(pt_str_is(pt_record_name(now), "getpatter.tool"));
    expect_text(item_at(now, 0), "getpatter.tool.name", "lookup");
    cr_assert_eq(item_at(now, 1)->key, PATTER_KEY_STT_TEXT_LEN);
    cr_assert_eq(*(const int64_t *)(const void *)(item_at(now, 1) + 1), 22);
}

Test(import, leaves_out_what_may_not_leave_today)
{
    begin("call-1", "", "getpatter.tool");
    add_text(THEIR_DENIED, "x");
    add_text(THEIR_UNKNOWN, "x");
    add_text(THEIR_TOOL, "+393331234567");
    add_text(THEIR_TOOL, "what the caller said");
    add_text(THEIR_COUNT, "twelve");
    add_int(THEIR_COUNT, -1);
    add_text(THEIR_CHOICE, "billing");
    add_text(THEIR_CHOICE, "sales");
    add_text(0, "x");
    add_text(KEYS, "x");
    add_text(UINT16_MAX, "x");
    record->attribute_count = 11;
    const struct pt_record *now = import();
    cr_assert_eq(now->attribute_count, 1);
    expect_text(item_at(now, 0), "app.queue", "sales");
    cr_assert_eq(now->size, pt_record_items_at(now) + 16);
}

Test(import, keeps_what_was_hashed_and_drops_what_should_have_been)
{
    begin("call-1", "", "getpatter.tool");
    add_text(THEIR_HASHED, "h-0123456789abcdef0123456789abcdef");
    add_text(THEIR_HASHED, "anna");
    add_text(THEIR_HASHED, "h-0123456789abcdef0123456789abcdeF");
    add_int(THEIR_HASHED, 5);
    record->attribute_count = 4;
    const struct pt_record *now = import();
    cr_assert_eq(now->attribute_count, 1);
    expect_text(item_at(now, 0), "app.caller", "h-0123456789abcdef0123456789abcdef");
}

Test(import, filters_inside_events_and_links)
{
    struct pt_item_event event = { .time_unix_ns = 15, .name_len = 20, .attribute_count = 2 };
    struct pt_item_link link = { .tracestate_len = 39, .attribute_count = 2 };
    begin("call-1", "", "getpatter.tool");
    uint32_t at = begin_item(PT_ITEM_EVENT);
    put(&event, sizeof(event));
    put_padded("the caller said that");
    add_text(THEIR_DENIED, "x");
    add_text(THEIR_TOOL, "lookup");
    end_item(at);
    at = begin_item(PT_ITEM_LINK);
    put(&link, sizeof(link));
    put_padded("a=1,phone=+393331234567,said=hello anna");
    add_text(THEIR_TOOL, "lookup");
    add_text(THEIR_DENIED, "x");
    end_item(at);
    record->event_count = 1;
    record->link_count = 1;
    const struct pt_record *now = import();

    const struct pt_item *item = item_at(now, 0);
    const struct pt_item_event *new_event = (const void *)(item + 1);
    cr_assert_eq(new_event->time_unix_ns, 15);
    cr_assert_eq(new_event->attribute_count, 1);
    cr_assert(pt_str_is((struct patter_str){ (const char *)(new_event + 1), new_event->name_len },
                        "getpatter.custom"));
    expect_text((const void *)((const char *)(new_event + 1) + 16), "getpatter.tool.name",
                "lookup");
    const struct pt_item_link *new_link = (const void *)(item_at(now, 1) + 1);
    cr_assert_eq(new_link->attribute_count, 1);
    cr_assert(pt_str_is(
        (struct patter_str){ (const char *)(new_link + 1), new_link->tracestate_len }, "a=1"));
}

Test(import, hashes_a_call_id_and_replaces_a_name_within_their_room)
{
    char hashed[PT_HASH_TEXT];
    begin("sip:anna.smith@example.com;tag=27182818", "a b c", "getpatter.tool and so on");
    const struct pt_record *now = import();
    pt_hash_text(hash, patter_text("sip:anna.smith@example.com;tag=27182818"), hashed);
    cr_assert(pt_str_is(pt_record_call_id(now), hashed));
    cr_assert(pt_str_is(pt_record_name(now), "getpatter.custom"));
    cr_assert_eq(now->tracestate_len, 0);

    len = 0;
    begin("+393331234567", "", "a b");
    now = import();
    pt_hash_text(hash, patter_text("+393331234567"), hashed);
    cr_assert(pt_str_equal(pt_record_call_id(now), (struct patter_str){ hashed, 16 }));
    cr_assert(pt_str_is(pt_record_name(now), "custom"));

    len = 0;
    begin("h-0123456789abcdef0123456789abcdef", "", "n");
    cr_assert(pt_str_is(pt_record_call_id(import()), "h-0123456789abcdef0123456789abcdef"));
    len = 0;
    begin("6f2c1f0e-9a0b-4c55-8f36-0a1b2c3d4e5f", "", "n");
    cr_assert(pt_str_is(pt_record_call_id(import()), "6f2c1f0e-9a0b-4c55-8f36-0a1b2c3d4e5f"));
}

Test(import, keeps_places_with_tombstones_for_what_is_not_sound)
{
    begin("call-1", "", "one");
    add_text(THEIR_DENIED, "a longer text that goes away");
    record->attribute_count = 1;
    begin("call-1", "", "two");
    record->attribute_count = 9; /* it has none */
    len += pt_tombstone_write(stored + len);
    begin("call-1", "", "three");
    import();
    const unsigned char *two = imported + starts[1] * 8u;
    const struct pt_record *three = (const void *)(imported + starts[3] * 8u);
    cr_assert_not(pt_record_is_sound((const void *)two, sizeof(struct pt_record)));
    cr_assert_not(
        pt_record_is_sound((const void *)(imported + starts[2] * 8u), sizeof(struct pt_record)));
    cr_assert(pt_str_is(pt_record_name(three), "three"));
}

/* Bytes that a record's checksum lets through may still be anybody's. */
Test(import, noise_in_a_record_leads_nowhere, .timeout = 60)
{
    struct pt_item_event event = { .time_unix_ns = 15, .name_len = 4, .attribute_count = 1 };
    begin("call-1", "vendor=1", "getpatter.tool");
    add_text(THEIR_TOOL, "lookup");
    uint32_t at = begin_item(PT_ITEM_EVENT);
    put(&event, sizeof(event));
    put_padded("tick");
    add_text(THEIR_TOOL, "lookup");
    end_item(at);
    record->attribute_count = 1;
    record->event_count = 1;
    unsigned char *from = aligned_alloc(8, len), *to = aligned_alloc(8, len);
    uint64_t state = 88172645463325252u;
    for (int round = 0; round < 20000; round++) {
        memcpy(from, stored, len);
        for (int i = 0; i <= round % 4; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            from[sizeof(uint32_t) + state % (len - sizeof(uint32_t))] =
                (unsigned char)(state >> 40);
        }
        uint32_t written = pt_import(keys, hash, from, len, to, starts);
        cr_assert_leq(written, len);
        const struct pt_record *now = (const void *)to;
        if (pt_record_is_sound((const void *)from, len)) {
            cr_assert(pt_record_is_sound(now, written));
        }
    }
    free(from);
    free(to);
}
