/* SPDX-License-Identifier: MIT */
#include "tests/otlp/oracle.h"

#include <stdlib.h>

#include <request.pb-c.h>

enum { ARENA_SIZE = 4 * 1024 * 1024 };

/* Messages of one call; freed together. */
static _Alignas(16) unsigned char arena[ARENA_SIZE];
static size_t arena_used;

static void *alloc(size_t count, size_t size)
{
    size_t needed = (count * size + 15) / 16 * 16;
    if (ARENA_SIZE - arena_used < needed) {
        abort();
    }
    void *memory = arena + arena_used;
    arena_used += needed;
    return memory;
}

#define NEW(type, init, ret_message)                                                               \
    do {                                                                                           \
        type blank = init;                                                                         \
        (ret_message) = alloc(1, sizeof(blank));                                                   \
        memcpy((ret_message), &blank, sizeof(blank));                                              \
    } while (0)

static ProtobufCBinaryData text(struct patter_str view)
{
    return (ProtobufCBinaryData){ view.len, (uint8_t *)(uintptr_t)view.data };
}

static ProtobufCBinaryData bytes(const uint8_t *data, size_t len)
{
    return (ProtobufCBinaryData){ len, (uint8_t *)(uintptr_t)data };
}

static Otlp__AnyValue *any_value(const struct patter_value *value)
{
    Otlp__AnyValue *any;
    NEW(Otlp__AnyValue, OTLP__ANY_VALUE__INIT, any);
    switch (value->type) {
    case PATTER_BOOL:
        any->value_case = OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
        any->bool_value = value->as.boolean;
        break;
    case PATTER_INT:
        any->value_case = OTLP__ANY_VALUE__VALUE_INT_VALUE;
        any->int_value = value->as.integer;
        break;
    case PATTER_DOUBLE:
        any->value_case = OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE;
        any->double_value = value->as.real;
        break;
    default:
        any->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
        any->string_value = text(value->as.text);
        break;
    }
    return any;
}

static Otlp__KeyValue **key_values(const struct patter_attribute *attributes, size_t count)
{
    Otlp__KeyValue **list = alloc(count, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        NEW(Otlp__KeyValue, OTLP__KEY_VALUE__INIT, list[i]);
        list[i]->key = text(attributes[i].key);
        list[i]->value = any_value(&attributes[i].value);
    }
    return list;
}

static Otlp__Event *event(const struct patter_event *from)
{
    Otlp__Event *to;
    NEW(Otlp__Event, OTLP__EVENT__INIT, to);
    to->time_unix_nano = from->time_unix_ns;
    to->name = text(from->name);
    to->n_attributes = from->attribute_count;
    to->attributes = key_values(from->attributes, from->attribute_count);
    to->dropped_attributes_count = from->dropped_attribute_count;
    return to;
}

static Otlp__Link *new_link(const struct patter_link *from)
{
    Otlp__Link *to;
    NEW(Otlp__Link, OTLP__LINK__INIT, to);
    to->trace_id = bytes(from->trace_id, sizeof(from->trace_id));
    to->span_id = bytes(from->span_id, sizeof(from->span_id));
    to->trace_state = text(from->tracestate);
    to->n_attributes = from->attribute_count;
    to->attributes = key_values(from->attributes, from->attribute_count);
    to->dropped_attributes_count = from->dropped_attribute_count;
    to->flags = from->flags;
    return to;
}

static Otlp__Span *new_span(const struct patter_span_view *from)
{
    static const uint8_t root[8];
    Otlp__Span *to;
    NEW(Otlp__Span, OTLP__SPAN__INIT, to);
    to->trace_id = bytes(from->trace_id, sizeof(from->trace_id));
    to->span_id = bytes(from->span_id, sizeof(from->span_id));
    to->trace_state = text(from->tracestate);
    to->parent_span_id = bytes(from->parent_id, memcmp(from->parent_id, root, 8) ? 8 : 0);
    to->name = text(from->name);
    to->kind = (uint32_t)from->kind;
    to->start_time_unix_nano = from->begin_unix_ns;
    to->end_time_unix_nano = from->end_unix_ns;
    to->n_attributes = from->attribute_count;
    to->attributes = key_values(from->attributes, from->attribute_count);
    to->dropped_attributes_count = from->dropped_attribute_count;
    to->n_events = from->event_count;
    to->events = alloc(from->event_count, sizeof(*to->events));
    for (size_t i = 0; i < from->event_count; i++) {
        to->events[i] = event(from->events[i]);
    }
    to->dropped_events_count = from->dropped_event_count;
    to->n_links = from->link_count;
    to->links = alloc(from->link_count, sizeof(*to->links));
    for (size_t i = 0; i < from->link_count; i++) {
        to->links[i] = new_link(from->links[i]);
    }
    to->dropped_links_count = from->dropped_link_count;
    if (from->status_code != PATTER_STATUS_UNSET) {
        NEW(Otlp__SpanStatus, OTLP__SPAN_STATUS__INIT, to->status);
        to->status->code = (uint32_t)from->status_code;
    }
    to->flags = from->flags;
    return to;
}

unsigned char *oracle_encode(const struct patter_batch *batch, size_t *ret_len)
{
    arena_used = 0;
    Otlp__Resource resource = OTLP__RESOURCE__INIT;
    resource.n_attributes = batch->resource_count;
    resource.attributes = key_values(batch->resource, batch->resource_count);

    Otlp__Scope scope = OTLP__SCOPE__INIT;
    scope.name = text(batch->scope_name);
    scope.version = text(batch->scope_version);

    Otlp__ScopeSpans scope_spans = OTLP__SCOPE_SPANS__INIT;
    Otlp__ScopeSpans *scope_spans_list[] = { &scope_spans };
    scope_spans.scope = &scope;
    scope_spans.n_spans = batch->span_count;
    scope_spans.spans = alloc(batch->span_count, sizeof(*scope_spans.spans));
    for (size_t i = 0; i < batch->span_count; i++) {
        scope_spans.spans[i] = new_span(batch->spans[i]);
    }

    Otlp__ResourceSpans resource_spans = OTLP__RESOURCE_SPANS__INIT;
    Otlp__ResourceSpans *resource_spans_list[] = { &resource_spans };
    resource_spans.resource = &resource;
    resource_spans.n_scope_spans = 1;
    resource_spans.scope_spans = scope_spans_list;

    Otlp__Request request = OTLP__REQUEST__INIT;
    request.n_resource_spans = 1;
    request.resource_spans = resource_spans_list;

    *ret_len = otlp__request__get_packed_size(&request);
    unsigned char *packed = malloc(*ret_len);
    if (!packed) {
        abort();
    }
    otlp__request__pack(&request, packed);
    return packed;
}
