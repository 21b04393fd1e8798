/* SPDX-License-Identifier: MIT */
#include "core/pipeline/view.h"

#include <string.h>

#include <patter/patter.h>

#include "core/record/key.h"

static const struct pt_item *next_item(const struct pt_item *item)
{
    return (const void *)((const unsigned char *)(item + 1) + pt_pad8(item->len));
}

static void read_attribute(const struct pt_item *item, struct patter_attribute *ret_attribute)
{
    const void *payload = item + 1;
    struct patter_value *value = &ret_attribute->value;

    *ret_attribute =
        (struct patter_attribute){ .key = pt_key_name(item->key), .value.type = item->type };
    switch (item->type) {
    case PT_ITEM_BOOL:
        memcpy(&value->as.integer, payload, 8);
        value->as.boolean = value->as.integer != 0;
        break;
    case PT_ITEM_INT:
    case PT_ITEM_DOUBLE:
        memcpy(&value->as, payload, 8);
        break;
    default:
        value->as.text = (struct patter_str){ payload, item->len };
        break;
    }
}

/* `count` attribute items in a row; false when memory is short: a span goes whole or not at all. */
static bool read_attributes(const void *items, size_t count, struct pt_arena *arena,
                            const struct patter_attribute **ret_attributes)
{
    struct patter_attribute *attributes =
        count > 0 ? pt_arena_take(arena, count * sizeof(*attributes)) : NULL;
    const struct pt_item *item = items;
    for (size_t i = 0; attributes && i < count; i++, item = next_item(item)) {
        read_attribute(item, &attributes[i]);
    }
    *ret_attributes = attributes;
    return attributes || count == 0;
}

static const struct patter_event *read_event(const struct pt_item *item, struct pt_arena *arena)
{
    const struct pt_item_event *head = (const void *)(item + 1);
    const char *name = (const char *)(head + 1);
    struct patter_event *event = pt_arena_take(arena, sizeof(*event));
    if (!event) {
        return NULL;
    }
    *event = (struct patter_event){
        .struct_size = sizeof(*event),
        .dropped_attribute_count = head->dropped_attribute_count,
        .time_unix_ns = head->time_unix_ns,
        .name = { name, head->name_len },
        .attribute_count = head->attribute_count,
    };
    return read_attributes(name + pt_pad8(head->name_len), head->attribute_count, arena,
                           &event->attributes)
               ? event
               : NULL;
}

static const struct patter_link *read_link(const struct pt_item *item, struct pt_arena *arena)
{
    const struct pt_item_link *head = (const void *)(item + 1);
    const char *tracestate = (const char *)(head + 1);
    struct patter_link *link = pt_arena_take(arena, sizeof(*link));
    if (!link) {
        return NULL;
    }
    *link = (struct patter_link){
        .struct_size = sizeof(*link),
        .flags = head->flags,
        .tracestate = { tracestate, head->tracestate_len },
        .attribute_count = head->attribute_count,
        .dropped_attribute_count = head->dropped_attribute_count,
    };
    memcpy(link->trace_id, head->trace_id, sizeof(link->trace_id));
    memcpy(link->span_id, head->span_id, sizeof(link->span_id));
    return read_attributes(tracestate + pt_pad8(head->tracestate_len), head->attribute_count, arena,
                           &link->attributes)
               ? link
               : NULL;
}

/* Sorts the record's items into the view's three lists, which have the room. */
static bool read_items(const struct pt_record *record, struct patter_span_view *view,
                       struct patter_attribute *attributes, const struct patter_event **events,
                       const struct patter_link **links, struct pt_arena *arena)
{
    const unsigned char *end = (const unsigned char *)record + record->size;
    const struct pt_item *item =
        (const void *)((const unsigned char *)record + pt_record_items_at(record));
    attributes[view->attribute_count++] = (struct patter_attribute){
        .key = pt_key_name(PATTER_KEY_CALL_ID),
        .value = { .type = PATTER_TEXT, .as.text = view->call_id },
    };
    for (; (const unsigned char *)item < end; item = next_item(item)) {
        if (item->type == PT_ITEM_EVENT && events) {
            events[view->event_count] = read_event(item, arena);
            if (!events[view->event_count++]) {
                return false;
            }
        } else if (item->type == PT_ITEM_LINK && links) {
            links[view->link_count] = read_link(item, arena);
            if (!links[view->link_count++]) {
                return false;
            }
        } else {
            read_attribute(item, &attributes[view->attribute_count++]);
        }
    }
    return true;
}

static void read_head(const struct pt_record *record, struct patter_span_view *view)
{
    *view = (struct patter_span_view){
        .struct_size = sizeof(*view),
        .kind = record->kind,
        .flags = record->flags,
        .status_code = record->status,
        .tracestate = pt_record_tracestate(record),
        .name = pt_record_name(record),
        .call_id = pt_record_call_id(record),
        .begin_unix_ns = record->begin_unix_ns,
        .end_unix_ns = record->end_unix_ns,
        .dropped_attribute_count = record->dropped_attribute_count,
        .dropped_event_count = record->dropped_event_count,
        .dropped_link_count = record->dropped_link_count,
    };
    memcpy(view->trace_id, record->trace_id, sizeof(view->trace_id));
    memcpy(view->span_id, record->span_id, sizeof(view->span_id));
    memcpy(view->parent_id, record->parent_id, sizeof(view->parent_id));
}

/*
 * A record comes from memory that another processor wrote: it is asked for some records before it
 * is read, which the processor does not do by itself where each record's size is in the one before.
 */
static void prefetch(const unsigned char *bytes, uint32_t size)
{
    enum { LINE = 64, AHEAD = 1024 };
    for (uint32_t at = 0; at < size; at += LINE) {
        __builtin_prefetch(bytes + AHEAD + at);
    }
}

static const struct patter_span_view *make_view(const struct pt_record *record,
                                                struct pt_arena *arena)
{
    struct patter_span_view *view = pt_arena_take(arena, sizeof(*view));
    struct patter_attribute *attributes =
        pt_arena_take(arena, (1u + record->attribute_count) * sizeof(*attributes));
    const struct patter_event **events = NULL;
    const struct patter_link **links = NULL;

    if (record->event_count > 0) {
        events = pt_arena_take(arena, record->event_count * sizeof(*events));
    }
    if (record->link_count > 0) {
        links = pt_arena_take(arena, record->link_count * sizeof(*links));
    }
    if (!view || !attributes || (record->event_count > 0 && !events) ||
        (record->link_count > 0 && !links)) {
        return NULL;
    }
    read_head(record, view);
    if (!read_items(record, view, attributes, events, links, arena)) {
        return NULL;
    }
    view->attributes = attributes;
    view->events = events;
    view->links = links;
    return view;
}

const struct patter_span_view **pt_views_make(const unsigned char *bytes, uint32_t count,
                                              struct pt_arena *arena, size_t *ret_view_count)
{
    const struct patter_span_view **views = pt_arena_take(arena, count * sizeof(*views));
    size_t made = 0;
    for (uint32_t i = 0; views && i < count; i++) {
        const struct pt_record *record = (const void *)bytes;
        prefetch(bytes, record->size);
        bytes += record->size;
        if (!pt_record_is_sound(record, record->size)) {
            continue;
        }
        views[made] = make_view(record, arena);
        if (!views[made++]) {
            return NULL;
        }
    }
    *ret_view_count = made;
    return views;
}
