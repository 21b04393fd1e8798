/* SPDX-License-Identifier: MIT */
#include "core/record/record.h"

/* True when `count` attribute items fill exactly [at, end). */
static bool attributes_are_sound(const unsigned char *bytes, uint32_t at, uint32_t end,
                                 uint32_t count)
{
    for (; count > 0; count--) {
        if (end - at < sizeof(struct pt_item)) {
            return false;
        }
        const struct pt_item *item = (const struct pt_item *)(const void *)(bytes + at);
        uint32_t size = (uint32_t)sizeof(*item) + pt_pad8(item->len);
        bool is_text = item->type == PT_ITEM_TEXT;
        bool is_number = item->type >= PT_ITEM_BOOL && item->type < PT_ITEM_TEXT && item->len == 8;
        if (size > end - at || !(is_text || is_number)) {
            return false;
        }
        at += size;
    }
    return at == end;
}

static bool event_is_sound(const unsigned char *bytes, uint32_t at, uint32_t len)
{
    const struct pt_item_event *event = (const void *)(bytes + at);
    if (len < sizeof(*event)) {
        return false;
    }
    uint32_t head = (uint32_t)sizeof(*event) + pt_pad8(event->name_len);
    return head <= len && attributes_are_sound(bytes, at + head, at + len, event->attribute_count);
}

static bool link_is_sound(const unsigned char *bytes, uint32_t at, uint32_t len)
{
    const struct pt_item_link *link = (const void *)(bytes + at);
    if (len < sizeof(*link)) {
        return false;
    }
    uint32_t head = (uint32_t)sizeof(*link) + pt_pad8(link->tracestate_len);
    return head <= len && attributes_are_sound(bytes, at + head, at + len, link->attribute_count);
}

bool pt_record_item_is_sound(const unsigned char *bytes, uint32_t at)
{
    const struct pt_item *item = (const void *)(bytes + at);
    uint32_t payload = at + (uint32_t)sizeof(*item);
    switch (item->type) {
    case PT_ITEM_BOOL:
    case PT_ITEM_INT:
    case PT_ITEM_DOUBLE:
        return item->len == 8;
    case PT_ITEM_TEXT:
        return true;
    case PT_ITEM_EVENT:
        return event_is_sound(bytes, payload, item->len);
    case PT_ITEM_LINK:
        return link_is_sound(bytes, payload, item->len);
    default:
        return false;
    }
}

bool pt_record_is_sound(const struct pt_record *record, size_t available)
{
    const unsigned char *bytes = (const void *)record;
    uint32_t attributes = 0, events = 0, links = 0;

    if (available < sizeof(*record) || record->size > available || record->size % 8 != 0 ||
        record->size > PT_RECORD_MAX || pt_record_items_at(record) > record->size) {
        return false;
    }
    const uint32_t end = record->size;
    for (uint32_t at = pt_record_items_at(record); at < end;) {
        const struct pt_item *item = (const void *)(bytes + at);
        uint32_t size = (uint32_t)sizeof(*item) + pt_pad8(item->len);
        bool is_number = item->type - 1u < PT_ITEM_TEXT - 1u && item->len == 8; /* most are */
        if (size > end - at || !(is_number || pt_record_item_is_sound(bytes, at))) {
            return false;
        }
        events += item->type == PT_ITEM_EVENT;
        links += item->type == PT_ITEM_LINK;
        attributes += item->type <= PT_ITEM_TEXT;
        at += size;
    }
    return attributes == record->attribute_count && events == record->event_count &&
           links == record->link_count;
}
