/* SPDX-License-Identifier: MIT */
#include "fuzz/support/record.h"

enum { TEXT_MAX = 24, ATTRIBUTES_MAX = 4, DAMAGES_MAX = 8 };

static uint32_t put_attribute(struct fuzz_input *input, unsigned char *to)
{
    struct pt_item item = { .key = fuzz_u8(input), .type = PT_ITEM_BOOL + fuzz_u8(input) % 4 };
    uint64_t number;
    if (item.type == PT_ITEM_TEXT) {
        struct patter_str text = fuzz_text(input, TEXT_MAX);
        item.len = (uint16_t)text.len;
        memcpy(to, &item, sizeof(item));
        return (uint32_t)sizeof(item) + pt_record_put(to + sizeof(item), text);
    }
    number = fuzz_u16(input);
    item.len = sizeof(number);
    memcpy(to, &item, sizeof(item));
    memcpy(to + sizeof(item), &number, sizeof(number));
    return (uint32_t)(sizeof(item) + sizeof(number));
}

static uint32_t put_event(struct fuzz_input *input, unsigned char *to)
{
    struct pt_item_event event = { .time_unix_ns = fuzz_u32(input), .attribute_count = 1 };
    struct patter_str name = fuzz_text(input, TEXT_MAX);
    uint32_t at = (uint32_t)(sizeof(struct pt_item) + sizeof(event));
    event.name_len = (uint16_t)name.len;
    memcpy(to + sizeof(struct pt_item), &event, sizeof(event));
    at += pt_record_put(to + at, name);
    at += put_attribute(input, to + at);
    struct pt_item item = { .type = PT_ITEM_EVENT, .len = (uint16_t)(at - sizeof(item)) };
    memcpy(to, &item, sizeof(item));
    return at;
}

uint32_t fuzz_record(struct fuzz_input *input, unsigned char *to)
{
    uint8_t counts = fuzz_u8(input);
    struct patter_str call_id = fuzz_text(input, TEXT_MAX);
    struct patter_str name = fuzz_text(input, TEXT_MAX);
    struct pt_record record = { .ring_id = 1,
                                .kind = PATTER_KIND_INTERNAL,
                                .attribute_count = counts % (ATTRIBUTES_MAX + 1),
                                .event_count = counts / 16 % 3,
                                .call_id_len = (uint16_t)call_id.len,
                                .name_len = (uint16_t)name.len,
                                .begin_unix_ns = fuzz_u16(input),
                                .end_unix_ns = UINT16_MAX };
    uint32_t at = (uint32_t)sizeof(record);
    at += pt_record_put(to + at, call_id);
    at += pt_record_put(to + at, name);
    for (uint32_t i = 0; i < record.attribute_count; i++) {
        at += put_attribute(input, to + at);
    }
    for (uint32_t i = 0; i < record.event_count; i++) {
        at += put_event(input, to + at);
    }
    record.size = at;
    memcpy(to, &record, sizeof(record));
    EXPECT(at <= FUZZ_RECORD_MAX && pt_record_is_sound((const void *)to, at));
    return at;
}

size_t fuzz_damage(struct fuzz_input *input, unsigned char *bytes, size_t size, bool *ret_touched)
{
    size_t count = fuzz_u8(input) % (DAMAGES_MAX + 1);
    size_t cut = fuzz_u8(input) % 4 == 1 ? fuzz_u16(input) : 0;
    for (size_t i = 0; i < count && size > 0; i++) {
        size_t at = fuzz_u16(input) % size;
        uint8_t flips = fuzz_u8(input);
        bytes[at] ^= flips;
        if (ret_touched) {
            ret_touched[at] = ret_touched[at] || flips != 0;
        }
    }
    return size > cut ? size - cut : 0;
}
