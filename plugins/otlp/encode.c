/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/encode.h"

#include <stdlib.h>

#include "plugins/otlp/utf8.h"

/*
 * Written from the last byte to the first: when a message's length is wanted, its content is there
 * already, so one pass does and every varint is minimal. protobuf-c takes five times as long; the
 * tests hold this to its bytes.
 */
struct writer {
    struct otlp_buffer *buffer;
    unsigned char *begin; /* of the memory */
    unsigned char *at;    /* the first byte written; what follows it is the message's end */
    unsigned char *end;
    bool failed; /* memory was short */
};

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

enum { FIRST_CAPACITY = 16 * 1024 };

__attribute__((noinline)) static bool grow(struct writer *writer, size_t needed)
{
    struct otlp_buffer *buffer = writer->buffer;
    size_t len = (size_t)(writer->end - writer->at);
    size_t capacity = buffer->capacity;
    while (capacity - len < needed) {
        capacity *= 2;
    }
    unsigned char *memory = writer->failed ? NULL : malloc(capacity);
    if (!memory) {
        writer->failed = true;
        return false;
    }
    memcpy(memory + capacity - len, writer->at, len);
    free(buffer->memory);
    buffer->memory = memory;
    buffer->capacity = capacity;
    writer->begin = memory;
    writer->end = memory + capacity;
    writer->at = writer->end - len;
    return true;
}

/* Room for `len` bytes before the content, or NULL. */
static inline unsigned char *put(struct writer *writer, size_t len)
{
    if ((size_t)(writer->at - writer->begin) < len && !grow(writer, len)) {
        return NULL;
    }
    writer->at -= len;
    return writer->at;
}

static inline void put_raw(struct writer *writer, const void *bytes, size_t len)
{
    unsigned char *out = put(writer, len);
    if (out && len) {
        memcpy(out, bytes, len);
    }
}

static inline void put_varint(struct writer *writer, uint64_t value)
{
    size_t len = 1;
    for (uint64_t rest = value >> 7; rest; rest >>= 7) {
        len++;
    }
    unsigned char *out = put(writer, len);
    if (!out) {
        return;
    }
    while (value >= 0x80) {
        *out++ = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    *out = (unsigned char)value;
}

static inline void put_tag(struct writer *writer, uint32_t field, enum wire_type type)
{
    put_varint(writer, field << 3 | type);
}

static void put_uint(struct writer *writer, uint32_t field, uint64_t value)
{
    if (value) {
        put_varint(writer, value);
        put_tag(writer, field, WIRE_VARINT);
    }
}

static void put_little_endian(struct writer *writer, uint64_t value, size_t len)
{
    unsigned char *out = put(writer, len);
    for (size_t i = 0; out && i < len; i++) {
        out[i] = (unsigned char)(value >> (8 * i));
    }
}

static void put_fixed32(struct writer *writer, uint32_t field, uint32_t value)
{
    if (value) {
        put_little_endian(writer, value, sizeof(value));
        put_tag(writer, field, WIRE_FIXED32);
    }
}

static void put_fixed64(struct writer *writer, uint32_t field, uint64_t value)
{
    if (value) {
        put_little_endian(writer, value, sizeof(value));
        put_tag(writer, field, WIRE_FIXED64);
    }
}

static inline void put_bytes(struct writer *writer, uint32_t field, const void *bytes, size_t len)
{
    put_raw(writer, bytes, len);
    put_varint(writer, len);
    put_tag(writer, field, WIRE_BYTES);
}

/* Also when empty: a member of a oneof is always written. */
static void put_text_member(struct writer *writer, uint32_t field, struct patter_str text)
{
    size_t clean_len = otlp_utf8_clean_len(text);
    if (clean_len == text.len) {
        put_bytes(writer, field, text.data, text.len);
        return;
    }
    unsigned char *out = put(writer, clean_len);
    if (out) {
        otlp_utf8_clean(text, out);
    }
    put_varint(writer, clean_len);
    put_tag(writer, field, WIRE_BYTES);
}

static void put_text(struct writer *writer, uint32_t field, struct patter_str text)
{
    if (text.len) {
        put_text_member(writer, field, text);
    }
}

/* A message begins where its end is: `mark` bytes from the end of all. */
static size_t message_begin(const struct writer *writer)
{
    return (size_t)(writer->end - writer->at);
}

static void message_end(struct writer *writer, uint32_t field, size_t mark)
{
    put_varint(writer, (size_t)(writer->end - writer->at) - mark);
    put_tag(writer, field, WIRE_BYTES);
}

static void put_value(struct writer *writer, const struct patter_value *value)
{
    size_t mark = message_begin(writer);
    switch (value->type) {
    case PATTER_TEXT:
        put_text_member(writer, 1, value->as.text);
        break;
    case PATTER_BOOL:
        put_varint(writer, value->as.boolean != 0);
        put_tag(writer, 2, WIRE_VARINT);
        break;
    case PATTER_INT:
        put_varint(writer, (uint64_t)value->as.integer);
        put_tag(writer, 3, WIRE_VARINT);
        break;
    case PATTER_DOUBLE: {
        uint64_t bits;
        memcpy(&bits, &value->as.real, sizeof(bits));
        put_little_endian(writer, bits, sizeof(bits));
        put_tag(writer, 4, WIRE_FIXED64);
        break;
    }
    default:
        break;
    }
    message_end(writer, 2, mark);
}

static void put_attributes(struct writer *writer, uint32_t field,
                           const struct patter_attribute *attributes, size_t count)
{
    while (count > 0) {
        const struct patter_attribute *attribute = &attributes[--count];
        size_t mark = message_begin(writer);
        put_value(writer, &attribute->value);
        put_text(writer, 1, attribute->key);
        message_end(writer, field, mark);
    }
}

static void put_event(struct writer *writer, const struct patter_event *event)
{
    size_t mark = message_begin(writer);
    put_uint(writer, 4, event->dropped_attribute_count);
    put_attributes(writer, 3, event->attributes, event->attribute_count);
    put_text(writer, 2, event->name);
    put_fixed64(writer, 1, event->time_unix_ns);
    message_end(writer, 11, mark);
}

static void put_link(struct writer *writer, const struct patter_link *link)
{
    size_t mark = message_begin(writer);
    put_fixed32(writer, 6, link->flags);
    put_uint(writer, 5, link->dropped_attribute_count);
    put_attributes(writer, 4, link->attributes, link->attribute_count);
    put_text(writer, 3, link->tracestate);
    put_bytes(writer, 2, link->span_id, sizeof(link->span_id));
    put_bytes(writer, 1, link->trace_id, sizeof(link->trace_id));
    message_end(writer, 13, mark);
}

static void put_status(struct writer *writer, int32_t code)
{
    if (code != PATTER_STATUS_UNSET) {
        size_t mark = message_begin(writer);
        put_uint(writer, 3, (uint64_t)code);
        message_end(writer, 15, mark);
    }
}

static void put_span(struct writer *writer, const struct patter_span_view *span)
{
    static const uint8_t no_parent[sizeof(span->parent_id)];
    size_t mark = message_begin(writer);
    put_fixed32(writer, 16, span->flags);
    put_status(writer, span->status_code);
    put_uint(writer, 14, span->dropped_link_count);
    for (size_t i = span->link_count; i > 0; i--) {
        put_link(writer, span->links[i - 1]);
    }
    put_uint(writer, 12, span->dropped_event_count);
    for (size_t i = span->event_count; i > 0; i--) {
        put_event(writer, span->events[i - 1]);
    }
    put_uint(writer, 10, span->dropped_attribute_count);
    put_attributes(writer, 9, span->attributes, span->attribute_count);
    put_fixed64(writer, 8, span->end_unix_ns);
    put_fixed64(writer, 7, span->begin_unix_ns);
    put_uint(writer, 6, (uint64_t)span->kind);
    put_text(writer, 5, span->name);
    if (memcmp(span->parent_id, no_parent, sizeof(no_parent)) != 0) {
        put_bytes(writer, 4, span->parent_id, sizeof(span->parent_id));
    }
    put_text(writer, 3, span->tracestate);
    put_bytes(writer, 2, span->span_id, sizeof(span->span_id));
    put_bytes(writer, 1, span->trace_id, sizeof(span->trace_id));
    message_end(writer, 2, mark);
}

static void put_batch(struct writer *writer, const struct patter_batch *batch)
{
    size_t resource_spans = message_begin(writer);
    size_t scope_spans = resource_spans;
    for (size_t i = batch->span_count; i > 0; i--) {
        put_span(writer, batch->spans[i - 1]);
    }
    size_t scope = message_begin(writer);
    put_text(writer, 2, batch->scope_version);
    put_text(writer, 1, batch->scope_name);
    message_end(writer, 1, scope);
    message_end(writer, 2, scope_spans);
    size_t resource = message_begin(writer);
    put_attributes(writer, 1, batch->resource, batch->resource_count);
    message_end(writer, 1, resource);
    message_end(writer, 1, resource_spans);
}

bool otlp_encode(const struct patter_batch *batch, struct otlp_buffer *buffer)
{
    if (!otlp_buffer_reserve(buffer, FIRST_CAPACITY)) {
        return false;
    }
    unsigned char *end = buffer->memory + buffer->capacity;
    struct writer writer = { .buffer = buffer, .begin = buffer->memory, .at = end, .end = end };
    put_batch(&writer, batch);
    buffer->data = writer.at;
    buffer->len = writer.failed ? 0 : (size_t)(writer.end - writer.at);
    return !writer.failed;
}
