/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <patter/propagate.h>

#include "core/trace/filter.h"
#include "core/trace/span.h"
#include "core/trace/tracer.h"

/* Events and links: items with attribute items inside. */

/* How an item with a text and attributes inside comes to be: its head first, then each attribute
 * behind it, then the head learns its length. */
struct nest {
    struct pt_slot *slot;
    uint32_t at; /* of the outer item, in bytes from the record's beginning */
    uint32_t attributes_at;
    uint16_t attribute_count;
    uint16_t dropped_attribute_count;
};

static unsigned char *nest_begin(struct nest *nest, struct pt_slot *slot, enum pt_item_type type,
                                 uint32_t head_size, struct patter_str text)
{
    *nest = (struct nest){ .slot = slot, .at = slot->record->size };
    unsigned char *payload = pt_slot_append(slot, 0, type, head_size + pt_pad8((uint32_t)text.len));
    if (payload) {
        memset(payload, 0, head_size + pt_pad8((uint32_t)text.len));
        if (text.len > 0) {
            memcpy(payload + head_size, text.data, text.len);
        }
    }
    nest->attributes_at = slot->record->size;
    return payload;
}

static struct pt_item *nest_item(const struct nest *nest, uint32_t at)
{
    return (struct pt_item *)(void *)((unsigned char *)nest->slot->record + at);
}

static uint32_t nest_item_end(const struct nest *nest, uint32_t at)
{
    return at + (uint32_t)sizeof(struct pt_item) + pt_pad8(nest_item(nest, at)->len);
}

/* Where attribute `key` stands, or 0. */
static uint32_t nest_find(const struct nest *nest, uint32_t key)
{
    uint32_t at = nest->attributes_at;
    for (uint16_t i = 0; i < nest->attribute_count; i++, at = nest_item_end(nest, at)) {
        if (nest_item(nest, at)->key == key) {
            return at;
        }
    }
    return 0;
}

static void nest_remove(struct nest *nest, uint32_t at)
{
    struct pt_record *record = nest->slot->record;
    unsigned char *bytes = (unsigned char *)record;
    uint32_t end = nest_item_end(nest, at);
    memmove(bytes + at, bytes + end, record->size - end);
    record->size -= end - at;
    nest->attribute_count--;
}

/* As on a span: a repeated key replaces. False when there is no room, and then nothing changed. */
static bool nest_set(struct nest *nest, uint32_t key, const struct pt_passed *passed)
{
    uint32_t at = nest_find(nest, key);
    if (at == 0 && nest->attribute_count >= pt_tracer()->attributes) {
        return false;
    }
    unsigned char *to = pt_slot_append(nest->slot, key, passed->type, passed->len);
    if (!to) {
        return false;
    }
    memcpy(to, passed->payload, passed->len);
    nest->attribute_count++;
    if (at != 0) {
        nest_remove(nest, at);
    }
    return true;
}

/* `fields` NULL is none, whatever `count` says: a caller's slip must not end a call. */
static void nest_add(struct nest *nest, struct pt_thread *thread, const struct patter_field *fields,
                     size_t count)
{
    for (size_t i = 0; fields && i < count; i++) {
        struct pt_passed passed;
        if (pt_filter_value(thread, fields[i].key.id, &fields[i].value, &passed) &&
            !nest_set(nest, fields[i].key.id, &passed)) {
            nest->dropped_attribute_count += nest->dropped_attribute_count < UINT16_MAX;
            pt_count(thread, PT_ATTRIBUTES_OVER_LIMIT, 1);
        }
    }
}

/* The outer item's payload once it is whole; NULL, and the item gone, when it is too long. */
static unsigned char *nest_end(struct nest *nest)
{
    struct pt_record *record = nest->slot->record;
    struct pt_item *item = (void *)((unsigned char *)record + nest->at);
    uint32_t len = record->size - nest->at - (uint32_t)sizeof(*item);
    if (len > UINT16_MAX) {
        record->size = nest->at;
        return NULL;
    }
    item->len = (uint16_t)len;
    return (unsigned char *)(item + 1);
}

static bool add_event(struct pt_thread *thread, struct pt_slot *slot, struct patter_str name,
                      const struct patter_field *fields, size_t count, uint64_t time_unix_ns)
{
    struct nest nest;
    struct pt_item_event event = { .time_unix_ns = time_unix_ns, .name_len = (uint16_t)name.len };
    if (slot->record->event_count >= pt_tracer()->events ||
        !nest_begin(&nest, slot, PT_ITEM_EVENT, sizeof(event), name)) {
        return false;
    }
    nest_add(&nest, thread, fields, count);
    unsigned char *payload = nest_end(&nest);
    if (!payload) {
        return false;
    }
    event.attribute_count = nest.attribute_count;
    event.dropped_attribute_count = nest.dropped_attribute_count;
    memcpy(payload, &event, sizeof(event));
    slot->record->event_count++;
    return true;
}

void patter_span_event_(struct patter_span span, const char *name,
                        const struct patter_field *fields, size_t count, uint64_t time_unix_ns)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter(span, &thread);
    if (!slot) {
        return;
    }
    if (!add_event(thread, slot, pt_filter_name(thread, name), fields, count,
                   time_unix_ns ? time_unix_ns : pt_span_now_unix_ns(thread, slot))) {
        pt_count(thread, PT_EVENTS_OVER_LIMIT, 1);
        slot->record->dropped_event_count += slot->record->dropped_event_count < UINT16_MAX;
    }
    pt_section_exit(thread);
}

void patter_span_exception_(struct patter_span span, const char *type)
{
    struct patter_field field = {
        .key = { PATTER_KEY_EXCEPTION_TYPE },
        .value = { .type = PATTER_TEXT, .as.text = patter_text(type) },
    };
    patter_span_event_(span, "exception", &field, type ? 1 : 0, 0);
}

static bool add_link(struct pt_thread *thread, struct pt_slot *slot,
                     const struct patter_context *to, const struct patter_field *fields,
                     size_t count)
{
    struct nest nest;
    char buffer[PT_TRACESTATE_MAX + 1];
    struct patter_str tracestate = pt_filter_tracestate(thread, to->tracestate, buffer);
    struct pt_item_link link = { .flags =
                                     (uint32_t)to->flags | PT_FLAG_REMOTE_KNOWN | PT_FLAG_REMOTE,
                                 .tracestate_len = (uint16_t)tracestate.len };
    if (slot->record->link_count >= pt_tracer()->links ||
        !nest_begin(&nest, slot, PT_ITEM_LINK, sizeof(link), tracestate)) {
        return false;
    }
    nest_add(&nest, thread, fields, count);
    unsigned char *payload = nest_end(&nest);
    if (!payload) {
        return false;
    }
    memcpy(link.trace_id, to->trace_id, sizeof(link.trace_id));
    memcpy(link.span_id, to->span_id, sizeof(link.span_id));
    link.attribute_count = nest.attribute_count;
    link.dropped_attribute_count = nest.dropped_attribute_count;
    memcpy(payload, &link, sizeof(link));
    slot->record->link_count++;
    return true;
}

void patter_span_link_(struct patter_span span, const struct patter_context *to,
                       const struct patter_field *fields, size_t count)
{
    struct pt_thread *thread;
    struct pt_slot *slot = to ? pt_span_enter(span, &thread) : NULL;
    if (!slot) {
        return;
    }
    if (!add_link(thread, slot, to, fields, count)) {
        pt_count(thread, PT_LINKS_OVER_LIMIT, 1);
        slot->record->dropped_link_count += slot->record->dropped_link_count < UINT16_MAX;
    }
    pt_section_exit(thread);
}
