/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/encode.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/otlp/utf8.h"

/*
 * Written from the last byte to the first: when a message's length is wanted, its content is there
 * already, so one pass does and every varint is minimal. The back_ functions write before `at` and
 * return where they began; whoever calls them has made room for the most they write, once for an
 * attribute or a head instead of once for each part, which takes a fifth off. protobuf-c
 * takes eight times as long; the tests hold this to its bytes.
 */
struct writer {
    struct otlp_buffer *buffer;
    unsigned char *begin; /* of the memory */
    unsigned char *at;    /* the first byte written; what follows it is the message's end */
    unsigned char *end;
    bool failed; /* memory was short */
};

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

enum {
    FIRST_CAPACITY = 16 * 1024,
    PREFIX_MOST = 2 + 10,                      /* a tag and a length, or a number */
    ATTRIBUTE_MOST = 4 * PREFIX_MOST,          /* without its texts */
    HEAD_MOST = 16 * PREFIX_MOST + 16 + 8 + 8, /* a span's, event's or link's, likewise */
    TEXT_GROWS = OTLP_UTF8_REPLACEMENT_LEN     /* times, at most, by being cleaned */
};

/* ---- memory -------------------------------------------------------------------- */

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

/* Room for `len` bytes before the content; false once memory was short. */
static inline bool make_room(struct writer *writer, size_t len)
{
    return ((size_t)(writer->at - writer->begin) >= len && !writer->failed) || grow(writer, len);
}

static inline size_t text_most(struct patter_str text)
{
    return PREFIX_MOST + TEXT_GROWS * text.len;
}

/* ---- what a message is made of --------------------------------------------------- */

static inline unsigned char *back_varint(unsigned char *at, uint64_t value)
{
    if (value < 0x80) {
        *--at = (unsigned char)value;
        return at;
    }
    size_t len = 1;
    for (uint64_t rest = value >> 7; rest; rest >>= 7) {
        len++;
    }
    at -= len;
    for (size_t i = 0; i + 1 < len; i++, value >>= 7) {
        at[i] = (unsigned char)(value | 0x80);
    }
    at[len - 1] = (unsigned char)value;
    return at;
}

static inline unsigned char *back_tag(unsigned char *at, uint32_t field, enum wire_type type)
{
    return back_varint(at, field << 3 | type);
}

static inline unsigned char *back_uint(unsigned char *at, uint32_t field, uint64_t value)
{
    return value ? back_tag(back_varint(at, value), field, WIRE_VARINT) : at;
}

static inline unsigned char *back_little_endian32(unsigned char *at, uint32_t value)
{
    uint32_t ordered = htole32(value);
    return memcpy(at - sizeof(ordered), &ordered, sizeof(ordered));
}

static inline unsigned char *back_little_endian64(unsigned char *at, uint64_t value)
{
    uint64_t ordered = htole64(value);
    return memcpy(at - sizeof(ordered), &ordered, sizeof(ordered));
}

static inline unsigned char *back_fixed32(unsigned char *at, uint32_t field, uint32_t value)
{
    return value ? back_tag(back_little_endian32(at, value), field, WIRE_FIXED32) : at;
}

static inline unsigned char *back_fixed64(unsigned char *at, uint32_t field, uint64_t value)
{
    return value ? back_tag(back_little_endian64(at, value), field, WIRE_FIXED64) : at;
}

/* `len` is a constant. */
static inline unsigned char *back_id(unsigned char *at, uint32_t field, const uint8_t *id,
                                     size_t len)
{
    at -= len;
    memcpy(at, id, len);
    return back_tag(back_varint(at, len), field, WIRE_BYTES);
}

/* Also when empty: a member of a oneof is always written. */
static inline unsigned char *back_text_member(unsigned char *at, uint32_t field,
                                              struct patter_str text)
{
    size_t len = text.len;
    if (!otlp_utf8_copy_ascii(text, at - len)) {
        len = otlp_utf8_clean_len(text);
        otlp_utf8_clean(text, at - len);
    }
    return back_tag(back_varint(at - len, len), field, WIRE_BYTES);
}

static inline unsigned char *back_text(unsigned char *at, uint32_t field, struct patter_str text)
{
    return text.len ? back_text_member(at, field, text) : at;
}

/* The head of a message whose content is [at, end). */
static inline unsigned char *back_message(unsigned char *at, uint32_t field,
                                          const unsigned char *end)
{
    return back_tag(back_varint(at, (size_t)(end - at)), field, WIRE_BYTES);
}

/* ---- the messages ---------------------------------------------------------------- */

/* The memory may move while a message is written, so a mark counts bytes from the end of all. */
static size_t message_begin(const struct writer *writer)
{
    return (size_t)(writer->end - writer->at);
}

static void message_end(struct writer *writer, uint32_t field, size_t mark)
{
    if (make_room(writer, PREFIX_MOST)) {
        writer->at = back_message(writer->at, field, writer->end - mark);
    }
}

static inline unsigned char *back_value(unsigned char *at, const struct patter_value *value)
{
    const unsigned char *end = at;
    uint64_t bits;
    switch (value->type) {
    case PATTER_TEXT:
        at = back_text_member(at, 1, value->as.text);
        break;
    case PATTER_BOOL:
        at = back_tag(back_varint(at, value->as.boolean != 0), 2, WIRE_VARINT);
        break;
    case PATTER_INT:
        at = back_tag(back_varint(at, (uint64_t)value->as.integer), 3, WIRE_VARINT);
        break;
    case PATTER_DOUBLE:
        memcpy(&bits, &value->as.real, sizeof(bits));
        at = back_tag(back_little_endian64(at, bits), 4, WIRE_FIXED64);
        break;
    default:
        break;
    }
    return back_message(at, 2, end);
}

static void put_attributes(struct writer *writer, uint32_t field,
                           const struct patter_attribute *attributes, size_t count)
{
    while (count > 0) {
        const struct patter_attribute *attribute = &attributes[--count];
        size_t most = ATTRIBUTE_MOST + text_most(attribute->key);
        if (attribute->value.type == PATTER_TEXT) {
            most += text_most(attribute->value.as.text);
        }
        if (!make_room(writer, most)) {
            return;
        }
        const unsigned char *end = writer->at;
        unsigned char *at = back_value(writer->at, &attribute->value);
        writer->at = back_message(back_text(at, 1, attribute->key), field, end);
    }
}

static void put_event(struct writer *writer, const struct patter_event *event)
{
    size_t mark = message_begin(writer);
    if (make_room(writer, PREFIX_MOST)) {
        writer->at = back_uint(writer->at, 4, event->dropped_attribute_count);
    }
    put_attributes(writer, 3, event->attributes, event->attribute_count);
    if (make_room(writer, HEAD_MOST + text_most(event->name))) {
        writer->at = back_text(writer->at, 2, event->name);
        writer->at = back_fixed64(writer->at, 1, event->time_unix_ns);
    }
    message_end(writer, 11, mark);
}

static void put_link(struct writer *writer, const struct patter_link *link)
{
    size_t mark = message_begin(writer);
    if (make_room(writer, 2 * PREFIX_MOST)) {
        writer->at = back_fixed32(writer->at, 6, link->flags);
        writer->at = back_uint(writer->at, 5, link->dropped_attribute_count);
    }
    put_attributes(writer, 4, link->attributes, link->attribute_count);
    if (make_room(writer, HEAD_MOST + text_most(link->tracestate))) {
        writer->at = back_text(writer->at, 3, link->tracestate);
        writer->at = back_id(writer->at, 2, link->span_id, sizeof(link->span_id));
        writer->at = back_id(writer->at, 1, link->trace_id, sizeof(link->trace_id));
    }
    message_end(writer, 13, mark);
}

static unsigned char *back_status(unsigned char *at, int32_t code)
{
    return code == PATTER_STATUS_UNSET ? at
                                       : back_message(back_uint(at, 3, (uint64_t)code), 15, at);
}

/* What stands behind a span's attributes. */
static void put_tail(struct writer *writer, const struct patter_span_view *span)
{
    if (make_room(writer, HEAD_MOST)) {
        unsigned char *at = back_fixed32(writer->at, 16, span->flags);
        at = back_status(at, span->status_code);
        writer->at = back_uint(at, 14, span->dropped_link_count);
    }
    for (size_t i = span->link_count; i > 0; i--) {
        put_link(writer, span->links[i - 1]);
    }
    if (make_room(writer, PREFIX_MOST)) {
        writer->at = back_uint(writer->at, 12, span->dropped_event_count);
    }
    for (size_t i = span->event_count; i > 0; i--) {
        put_event(writer, span->events[i - 1]);
    }
    if (make_room(writer, PREFIX_MOST)) {
        writer->at = back_uint(writer->at, 10, span->dropped_attribute_count);
    }
}

/* What stands before them. */
static void put_head(struct writer *writer, const struct patter_span_view *span)
{
    static const uint8_t no_parent[sizeof(span->parent_id)];
    if (!make_room(writer, HEAD_MOST + text_most(span->name) + text_most(span->tracestate))) {
        return;
    }
    unsigned char *at = back_fixed64(writer->at, 8, span->end_unix_ns);
    at = back_fixed64(at, 7, span->begin_unix_ns);
    at = back_uint(at, 6, (uint64_t)span->kind);
    at = back_text(at, 5, span->name);
    if (memcmp(span->parent_id, no_parent, sizeof(no_parent)) != 0) {
        at = back_id(at, 4, span->parent_id, sizeof(span->parent_id));
    }
    at = back_text(at, 3, span->tracestate);
    at = back_id(at, 2, span->span_id, sizeof(span->span_id));
    writer->at = back_id(at, 1, span->trace_id, sizeof(span->trace_id));
}

static void put_span(struct writer *writer, const struct patter_span_view *span)
{
    size_t mark = message_begin(writer);
    put_tail(writer, span);
    put_attributes(writer, 9, span->attributes, span->attribute_count);
    put_head(writer, span);
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
    if (make_room(writer, text_most(batch->scope_version) + text_most(batch->scope_name))) {
        writer->at = back_text(writer->at, 2, batch->scope_version);
        writer->at = back_text(writer->at, 1, batch->scope_name);
    }
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
