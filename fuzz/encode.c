/* SPDX-License-Identifier: MIT */
/* Any spans: the request's bytes are protobuf-c's where the texts are UTF-8, and where they are not
 * protobuf-c reads UTF-8 in them; the JSON is strict JSON that says the same. */
#include "plugins/otlp/encode.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <request.pb-c.h>

#include "fuzz/support/fuzz.h"
#include "plugins/otlp/json.h"
#include "tests/otlp/oracle.h"

enum { SPANS_MAX = 4, ATTRIBUTES_MAX = 6, EVENTS_MAX = 3, LINKS_MAX = 3 };

static bool all_utf8;

/* Longer than the input where a byte says so, for lengths of two and three bytes. */
static struct patter_str take_text(struct fuzz_input *input)
{
    uint8_t how = fuzz_u8(input);
    struct patter_str text = fuzz_copy(fuzz_text(input, 255));
    if (how >= 0xf0) {
        size_t len = how >= 0xfc ? 16370u + fuzz_u8(input) : 100u + fuzz_u8(input) % 60;
        char *filled = fuzz_alloc(len);
        memset(filled, 'x', len);
        text = (struct patter_str){ filled, len };
    }
    all_utf8 = all_utf8 && fuzz_is_utf8(text);
    return text;
}

static struct patter_value take_value(struct fuzz_input *input)
{
    struct patter_value value = { .type = PATTER_BOOL + fuzz_u8(input) % 4 };
    if (value.type == PATTER_TEXT) {
        value.as.text = take_text(input);
    } else if (value.type == PATTER_BOOL) {
        value.as.boolean = fuzz_u8(input) & 1;
    } else {
        value.as.integer = (int64_t)fuzz_u64(input);
    }
    return value;
}

static const struct patter_attribute *take_attributes(struct fuzz_input *input, size_t *ret_count)
{
    *ret_count = fuzz_u8(input) % (ATTRIBUTES_MAX + 1);
    struct patter_attribute *attributes = fuzz_alloc(*ret_count * sizeof(*attributes));
    for (size_t i = 0; i < *ret_count; i++) {
        attributes[i] = (struct patter_attribute){ take_text(input), take_value(input) };
    }
    return *ret_count > 0 ? attributes : NULL;
}

static void take_id(struct fuzz_input *input, uint8_t *id, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        id[i] = fuzz_u8(input);
    }
}

static const struct patter_event *take_event(struct fuzz_input *input)
{
    struct patter_event *event = fuzz_alloc(sizeof(*event));
    event->struct_size = sizeof(*event);
    event->time_unix_ns = fuzz_u64(input);
    event->name = take_text(input);
    event->dropped_attribute_count = fuzz_u16(input);
    event->attributes = take_attributes(input, &event->attribute_count);
    return event;
}

static const struct patter_link *take_link(struct fuzz_input *input)
{
    struct patter_link *link = fuzz_alloc(sizeof(*link));
    link->struct_size = sizeof(*link);
    link->flags = fuzz_u32(input);
    take_id(input, link->trace_id, 16);
    take_id(input, link->span_id, 8);
    link->tracestate = take_text(input);
    link->dropped_attribute_count = fuzz_u32(input);
    link->attributes = take_attributes(input, &link->attribute_count);
    return link;
}

static const struct patter_span_view *take_span(struct fuzz_input *input)
{
    struct patter_span_view *span = fuzz_alloc(sizeof(*span));
    const struct patter_event **events = fuzz_alloc(EVENTS_MAX * sizeof(struct patter_event *));
    const struct patter_link **links = fuzz_alloc(LINKS_MAX * sizeof(struct patter_link *));
    uint8_t counts = fuzz_u8(input);
    span->struct_size = sizeof(*span);
    span->kind = counts % 6;
    span->status_code = counts / 6 % 3;
    take_id(input, span->trace_id, 16);
    take_id(input, span->span_id, 8);
    take_id(input, span->parent_id, counts & 1 ? 8 : 0);
    span->flags = fuzz_u32(input);
    span->begin_unix_ns = fuzz_u64(input);
    span->end_unix_ns = fuzz_u64(input);
    span->name = take_text(input);
    span->call_id = span->name;
    span->tracestate = take_text(input);
    span->attributes = take_attributes(input, &span->attribute_count);
    counts = fuzz_u8(input);
    span->event_count = counts % (EVENTS_MAX + 1);
    span->link_count = counts / 16 % (LINKS_MAX + 1);
    for (size_t i = 0; i < span->event_count; i++) {
        events[i] = take_event(input);
    }
    for (size_t i = 0; i < span->link_count; i++) {
        links[i] = take_link(input);
    }
    span->events = events;
    span->links = links;
    span->dropped_attribute_count = fuzz_u32(input);
    span->dropped_event_count = counts / 64;
    span->dropped_link_count = fuzz_u16(input);
    return span;
}

static void expect_utf8(ProtobufCBinaryData text)
{
    EXPECT(fuzz_is_utf8((struct patter_str){ (const char *)text.data, text.len }));
}

static void expect_decoded_span(const Otlp__Span *found, const struct patter_span_view *span)
{
    EXPECT(found->trace_id.len == 16 && memcmp(found->trace_id.data, span->trace_id, 16) == 0);
    EXPECT(found->kind == (uint32_t)span->kind && found->flags == span->flags);
    EXPECT(found->start_time_unix_nano == span->begin_unix_ns);
    EXPECT(found->end_time_unix_nano == span->end_unix_ns);
    EXPECT(found->n_attributes == span->attribute_count);
    EXPECT(found->n_events == span->event_count && found->n_links == span->link_count);
    EXPECT(found->dropped_attributes_count == span->dropped_attribute_count);
    expect_utf8(found->name);
    expect_utf8(found->trace_state);
    for (size_t i = 0; i < found->n_attributes; i++) {
        const Otlp__AnyValue *value = found->attributes[i]->value;
        expect_utf8(found->attributes[i]->key);
        EXPECT(value);
        if (value->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE) {
            expect_utf8(value->string_value);
        }
    }
    for (size_t i = 0; i < found->n_events; i++) {
        EXPECT(found->events[i]->time_unix_nano == span->events[i]->time_unix_ns);
        EXPECT(found->events[i]->n_attributes == span->events[i]->attribute_count);
        expect_utf8(found->events[i]->name);
    }
    for (size_t i = 0; i < found->n_links; i++) {
        EXPECT(found->links[i]->n_attributes == span->links[i]->attribute_count);
        EXPECT(found->links[i]->flags == span->links[i]->flags);
        expect_utf8(found->links[i]->trace_state);
    }
}

static void check_protobuf(const struct patter_batch *batch)
{
    struct otlp_buffer buffer = { 0 };
    EXPECT(otlp_encode(batch, &buffer));
    Otlp__Request *request = otlp__request__unpack(NULL, buffer.len, buffer.data);
    EXPECT(request && request->n_resource_spans == 1);
    EXPECT(request->resource_spans[0]->n_scope_spans == 1);
    const Otlp__ScopeSpans *spans = request->resource_spans[0]->scope_spans[0];
    EXPECT(spans->n_spans == batch->span_count);
    for (size_t i = 0; i < batch->span_count; i++) {
        expect_decoded_span(spans->spans[i], batch->spans[i]);
    }
    otlp__request__free_unpacked(request, NULL);
    if (all_utf8) {
        size_t len;
        unsigned char *expected = oracle_encode(batch, &len);
        EXPECT(len == buffer.len && memcmp(expected, buffer.data, len) == 0);
        free(expected);
    }
    otlp_buffer_clean(&buffer);
}

/* jansson takes valid UTF-8 alone, and gives numbers back. */
static void expect_json_value(const json_t *value, const struct patter_value *expected)
{
    char digits[32];
    const json_t *text = json_object_get(value, "stringValue");
    const json_t *real = json_object_get(value, "doubleValue");
    EXPECT(json_object_size(value) == 1);
    switch (expected->type) {
    case PATTER_TEXT:
        EXPECT(json_is_string(text));
        EXPECT(
            !fuzz_is_utf8(expected->as.text) ||
            (json_string_length(text) == expected->as.text.len &&
             memcmp(json_string_value(text), expected->as.text.data, expected->as.text.len) == 0));
        break;
    case PATTER_INT:
        snprintf(digits, sizeof(digits), "%" PRId64, expected->as.integer);
        EXPECT(strcmp(json_string_value(json_object_get(value, "intValue")), digits) == 0);
        break;
    case PATTER_DOUBLE:
        EXPECT(json_is_string(real) || json_number_value(real) == expected->as.real);
        break;
    default:
        EXPECT(json_is_true(json_object_get(value, "boolValue")) == (expected->as.boolean != 0));
    }
}

static void check_json(const struct patter_batch *batch)
{
    struct otlp_buffer buffer = { 0 };
    json_error_t error;
    EXPECT(otlp_encode_json(batch, &buffer));
    EXPECT(!memchr(buffer.data, '\n', buffer.len));
    json_t *root = json_loadb((const char *)buffer.data, buffer.len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    EXPECT(root);
    json_t *resource_spans = json_array_get(json_object_get(root, "resourceSpans"), 0);
    json_t *scope_spans = json_array_get(json_object_get(resource_spans, "scopeSpans"), 0);
    json_t *spans = json_object_get(scope_spans, "spans");
    EXPECT(json_array_size(spans) == batch->span_count);
    for (size_t i = 0; i < batch->span_count; i++) {
        const struct patter_span_view *span = batch->spans[i];
        json_t *attributes = json_object_get(json_array_get(spans, i), "attributes");
        json_t *events = json_object_get(json_array_get(spans, i), "events");
        EXPECT(json_array_size(attributes) == span->attribute_count);
        EXPECT(json_array_size(events) == span->event_count);
        for (size_t j = 0; j < span->attribute_count; j++) {
            expect_json_value(json_object_get(json_array_get(attributes, j), "value"),
                              &span->attributes[j].value);
        }
    }
    json_decref(root);
    otlp_buffer_clean(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    const struct patter_span_view *spans[SPANS_MAX];
    struct patter_batch batch = { .struct_size = sizeof(batch), .spans = spans };
    all_utf8 = true;
    batch.span_count = 1u + fuzz_u8(&input) % SPANS_MAX;
    for (size_t i = 0; i < batch.span_count; i++) {
        spans[i] = take_span(&input);
    }
    batch.resource = take_attributes(&input, &batch.resource_count);
    batch.scope_name = take_text(&input);
    batch.scope_version = take_text(&input);
    check_protobuf(&batch);
    check_json(&batch);
    fuzz_release();
    return 0;
}
