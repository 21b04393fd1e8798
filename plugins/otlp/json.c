/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/json.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/otlp/utf8.h"

/* Ids are hex, 64-bit numbers are strings, enums are numbers, defaults are left out: OTLP's own
 * exceptions from protobuf's JSON. */
struct writer {
    struct otlp_buffer *buffer;
    bool failed; /* memory was short */
};

enum { NUMBER_MAX = 32, ESCAPED_MAX = 6 };

/* Room for `len` bytes, counted in once they are written; NULL when memory is short. */
static unsigned char *room(struct writer *writer, size_t len)
{
    struct otlp_buffer *buffer = writer->buffer;
    if (writer->failed || !otlp_buffer_extend(buffer, len)) {
        writer->failed = true;
        return NULL;
    }
    return buffer->data + buffer->len;
}

static void put(struct writer *writer, const char *text)
{
    size_t len = strlen(text);
    unsigned char *out = room(writer, len);
    if (out) {
        memcpy(out, text, len);
        writer->buffer->len += len;
    }
}

static size_t escape(unsigned char byte, unsigned char *out)
{
    static const char digits[] = "0123456789abcdef";
    if (byte == '"' || byte == '\\') {
        out[0] = '\\';
        out[1] = byte;
        return 2;
    }
    memcpy(out, "\\u00", 4);
    out[4] = (unsigned char)digits[byte >> 4];
    out[5] = (unsigned char)digits[byte & 15];
    return ESCAPED_MAX;
}

static void put_text(struct writer *writer, struct patter_str text)
{
    const unsigned char *in = (const unsigned char *)text.data;
    unsigned char *first = room(writer, text.len * ESCAPED_MAX + 2);
    if (!first) {
        return;
    }
    unsigned char *out = first;
    *out++ = '"';
    for (size_t at = 0; at < text.len;) {
        size_t len = otlp_utf8_char_len(in + at, text.len - at);
        if (len == 0) {
            memcpy(out, OTLP_UTF8_REPLACEMENT, OTLP_UTF8_REPLACEMENT_LEN);
            out += OTLP_UTF8_REPLACEMENT_LEN;
            at++;
        } else if (in[at] < ' ' || in[at] == '"' || in[at] == '\\') {
            out += escape(in[at++], out);
        } else {
            memcpy(out, in + at, len);
            out += len;
            at += len;
        }
    }
    *out++ = '"';
    writer->buffer->len += (size_t)(out - first);
}

static void put_hex(struct writer *writer, const uint8_t *id, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char *out = room(writer, 2 * len + 2);
    if (!out) {
        return;
    }
    *out++ = '"';
    for (size_t i = 0; i < len; i++) {
        *out++ = (unsigned char)digits[id[i] >> 4];
        *out++ = (unsigned char)digits[id[i] & 15];
    }
    *out = '"';
    writer->buffer->len += 2 * len + 2;
}

static void put_int64(struct writer *writer, int64_t value)
{
    char text[NUMBER_MAX];
    snprintf(text, sizeof(text), "\"%" PRId64 "\"", value);
    put(writer, text);
}

/* The shortest decimal that reads back as the same number. */
static void put_double(struct writer *writer, double value)
{
    if (isnan(value)) {
        put(writer, "\"NaN\"");
        return;
    }
    if (isinf(value)) {
        put(writer, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    char text[NUMBER_MAX];
    int precision = 15;
    do {
        snprintf(text, sizeof(text), "%.*g", precision, value);
    } while (precision++ < 17 && strtod(text, NULL) != value);
    put(writer, text);
}

/* The members of an object that OTLP lets us leave out; each comes after another one. */

static void put_text_member(struct writer *writer, const char *name, struct patter_str text)
{
    if (text.len) {
        put(writer, name);
        put_text(writer, text);
    }
}

static void put_uint32_member(struct writer *writer, const char *name, uint32_t value)
{
    if (value) {
        char text[NUMBER_MAX];
        snprintf(text, sizeof(text), "%" PRIu32, value);
        put(writer, name);
        put(writer, text);
    }
}

static void put_time(struct writer *writer, const char *name, uint64_t unix_ns)
{
    char text[NUMBER_MAX];
    snprintf(text, sizeof(text), "\"%" PRIu64 "\"", unix_ns);
    put(writer, name);
    put(writer, text);
}

static void put_value(struct writer *writer, const struct patter_value *value)
{
    switch (value->type) {
    case PATTER_TEXT:
        put(writer, "{\"stringValue\":");
        put_text(writer, value->as.text);
        break;
    case PATTER_BOOL:
        put(writer, value->as.boolean ? "{\"boolValue\":true" : "{\"boolValue\":false");
        break;
    case PATTER_INT:
        put(writer, "{\"intValue\":");
        put_int64(writer, value->as.integer);
        break;
    case PATTER_DOUBLE:
        put(writer, "{\"doubleValue\":");
        put_double(writer, value->as.real);
        break;
    default:
        put(writer, "{");
        break;
    }
    put(writer, "}");
}

static void put_attributes(struct writer *writer, const char *name,
                           const struct patter_attribute *attributes, size_t count)
{
    if (count == 0) {
        return;
    }
    put(writer, name);
    for (size_t i = 0; i < count; i++) {
        put(writer, i == 0 ? "[{\"key\":" : ",{\"key\":");
        put_text(writer, attributes[i].key);
        put(writer, ",\"value\":");
        put_value(writer, &attributes[i].value);
        put(writer, "}");
    }
    put(writer, "]");
}

static void put_events(struct writer *writer, const struct patter_span_view *span)
{
    for (size_t i = 0; i < span->event_count; i++) {
        const struct patter_event *event = span->events[i];
        put_time(writer, i == 0 ? ",\"events\":[{\"timeUnixNano\":" : ",{\"timeUnixNano\":",
                 event->time_unix_ns);
        put_text_member(writer, ",\"name\":", event->name);
        put_attributes(writer, ",\"attributes\":", event->attributes, event->attribute_count);
        put_uint32_member(writer, ",\"droppedAttributesCount\":", event->dropped_attribute_count);
        put(writer, "}");
    }
    put(writer, span->event_count ? "]" : "");
}

static void put_links(struct writer *writer, const struct patter_span_view *span)
{
    for (size_t i = 0; i < span->link_count; i++) {
        const struct patter_link *link = span->links[i];
        put(writer, i == 0 ? ",\"links\":[{\"traceId\":" : ",{\"traceId\":");
        put_hex(writer, link->trace_id, sizeof(link->trace_id));
        put(writer, ",\"spanId\":");
        put_hex(writer, link->span_id, sizeof(link->span_id));
        put_text_member(writer, ",\"traceState\":", link->tracestate);
        put_attributes(writer, ",\"attributes\":", link->attributes, link->attribute_count);
        put_uint32_member(writer, ",\"droppedAttributesCount\":", link->dropped_attribute_count);
        put_uint32_member(writer, ",\"flags\":", link->flags);
        put(writer, "}");
    }
    put(writer, span->link_count ? "]" : "");
}

static void put_span(struct writer *writer, const struct patter_span_view *span)
{
    static const uint8_t no_parent[sizeof(span->parent_id)];
    put(writer, "{\"traceId\":");
    put_hex(writer, span->trace_id, sizeof(span->trace_id));
    put(writer, ",\"spanId\":");
    put_hex(writer, span->span_id, sizeof(span->span_id));
    put_text_member(writer, ",\"traceState\":", span->tracestate);
    if (memcmp(span->parent_id, no_parent, sizeof(no_parent)) != 0) {
        put(writer, ",\"parentSpanId\":");
        put_hex(writer, span->parent_id, sizeof(span->parent_id));
    }
    put_text_member(writer, ",\"name\":", span->name);
    put_uint32_member(writer, ",\"kind\":", (uint32_t)span->kind);
    put_time(writer, ",\"startTimeUnixNano\":", span->begin_unix_ns);
    put_time(writer, ",\"endTimeUnixNano\":", span->end_unix_ns);
    put_attributes(writer, ",\"attributes\":", span->attributes, span->attribute_count);
    put_uint32_member(writer, ",\"droppedAttributesCount\":", span->dropped_attribute_count);
    put_events(writer, span);
    put_uint32_member(writer, ",\"droppedEventsCount\":", span->dropped_event_count);
    put_links(writer, span);
    put_uint32_member(writer, ",\"droppedLinksCount\":", span->dropped_link_count);
    if (span->status_code != PATTER_STATUS_UNSET) {
        put_uint32_member(writer, ",\"status\":{\"code\":", (uint32_t)span->status_code);
        put(writer, "}");
    }
    put_uint32_member(writer, ",\"flags\":", span->flags);
    put(writer, "}");
}

static void put_batch(struct writer *writer, const struct patter_batch *batch)
{
    put(writer, "{\"resourceSpans\":[{\"resource\":{");
    put_attributes(writer, "\"attributes\":", batch->resource, batch->resource_count);
    put(writer, "},\"scopeSpans\":[{\"scope\":{\"name\":");
    put_text(writer, batch->scope_name);
    put_text_member(writer, ",\"version\":", batch->scope_version);
    put(writer, "},\"spans\":[");
    for (size_t i = 0; i < batch->span_count; i++) {
        put(writer, i == 0 ? "" : ",");
        put_span(writer, batch->spans[i]);
    }
    put(writer, "]}]}]}");
}

bool otlp_encode_json(const struct patter_batch *batch, struct otlp_buffer *buffer)
{
    struct writer writer = { .buffer = buffer };
    buffer->data = buffer->memory;
    buffer->len = 0;
    /* The program may have set a locale with a decimal comma. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = plain ? uselocale(plain) : (locale_t)0;
    writer.failed = !plain;
    put_batch(&writer, batch);
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    buffer->len = writer.failed ? 0 : buffer->len;
    return !writer.failed;
}
