/* SPDX-License-Identifier: MIT */
#include "tests/otlp/random_batch.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MAX_SPANS = 40, MAX_ATTRIBUTES = 6, MAX_EVENTS = 3, MAX_LINKS = 3, MAX_BLOCKS = 8192 };

struct random_batch {
    struct patter_batch batch;
    uint64_t state;
    void *blocks[MAX_BLOCKS];
    size_t block_count;
};

static uint64_t next(struct random_batch *random)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return random->state * UINT64_C(0x2545F4914F6CDD1D);
}

static uint32_t below(struct random_batch *random, uint32_t limit)
{
    return (uint32_t)((next(random) >> 33) % limit);
}

static void *alloc(struct random_batch *random, size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size);
    if (!block || random->block_count == MAX_BLOCKS) {
        abort();
    }
    random->blocks[random->block_count++] = block;
    return block;
}

/* Lengths around those where a varint, of the text or of what holds it, takes one byte more. */
static size_t random_len(struct random_batch *random)
{
    static const uint16_t edges[] = { 0, 1, 2, 90, 100, 110, 120, 127, 128, 16383, 16384 };
    switch (below(random, 12)) {
    case 0:
        return edges[below(random, sizeof(edges) / sizeof(edges[0]))];
    case 1:
        return 100 + below(random, 60);
    case 2:
        return below(random, 300) == 0 ? 16200 + below(random, 300) : 8;
    default:
        return below(random, 24);
    }
}

static struct patter_str random_text(struct random_batch *random, size_t min_len)
{
    static const char *const pieces[] = { "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                          "\"\\/\n" };
    size_t len = random_len(random);
    len = len < min_len ? min_len : len;
    char *text = alloc(random, len + 1, 1);
    for (size_t i = 0; i < len;) {
        const char *piece = pieces[below(random, 4)];
        if (below(random, 20) == 0 && strlen(piece) <= len - i) {
            memcpy(text + i, piece, strlen(piece));
            i += strlen(piece);
        } else {
            text[i++] = (char)('a' + below(random, 26));
        }
    }
    return (struct patter_str){ len ? text : NULL, len };
}

static int64_t random_int(struct random_batch *random)
{
    static const int64_t edges[] = { 0,     1,         -1,        127,       128,      16383,
                                     16384, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN };
    return below(random, 2) ? edges[below(random, sizeof(edges) / sizeof(edges[0]))]
                            : (int64_t)(next(random) >> below(random, 64));
}

static double random_double(struct random_batch *random)
{
    static const double edges[] = {
        0.0, -0.0, 1.0, 0.1, NAN, INFINITY, -INFINITY, DBL_MAX, 5e-324
    };
    return below(random, 2) ? edges[below(random, sizeof(edges) / sizeof(edges[0]))]
                            : (double)random_int(random) / 7.0;
}

static struct patter_value random_value(struct random_batch *random)
{
    struct patter_value value = { .type = (patter_type)(PATTER_BOOL + (int)below(random, 4)) };
    switch (value.type) {
    case PATTER_BOOL:
        value.as.boolean = (int32_t)below(random, 2);
        break;
    case PATTER_INT:
        value.as.integer = random_int(random);
        break;
    case PATTER_DOUBLE:
        value.as.real = random_double(random);
        break;
    default:
        value.as.text = random_text(random, 0);
        break;
    }
    return value;
}

static const struct patter_attribute *random_attributes(struct random_batch *random,
                                                        size_t *ret_count)
{
    size_t count = below(random, MAX_ATTRIBUTES + 1);
    struct patter_attribute *attributes = alloc(random, count, sizeof(*attributes));
    for (size_t i = 0; i < count; i++) {
        attributes[i].key = random_text(random, 1);
        attributes[i].value = random_value(random);
    }
    *ret_count = count;
    return count ? attributes : NULL;
}

static void random_id(struct random_batch *random, uint8_t *id, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        id[i] = (uint8_t)below(random, 256);
    }
}

static uint32_t random_count(struct random_batch *random)
{
    static const uint32_t edges[] = { 0, 0, 0, 1, 127, 128, UINT32_MAX };
    return edges[below(random, sizeof(edges) / sizeof(edges[0]))];
}

static uint32_t random_flags(struct random_batch *random)
{
    static const uint32_t edges[] = { 0, 1, 0x101, 0x103, 0x301, 0x303 };
    return edges[below(random, sizeof(edges) / sizeof(edges[0]))];
}

static const struct patter_event *random_event(struct random_batch *random)
{
    struct patter_event *event = alloc(random, 1, sizeof(*event));
    event->struct_size = sizeof(*event);
    event->dropped_attribute_count = random_count(random);
    event->time_unix_ns = below(random, 10) ? next(random) : 0;
    event->name = random_text(random, 0);
    event->attributes = random_attributes(random, &event->attribute_count);
    return event;
}

static const struct patter_link *random_link(struct random_batch *random)
{
    struct patter_link *link = alloc(random, 1, sizeof(*link));
    link->struct_size = sizeof(*link);
    link->flags = random_flags(random);
    random_id(random, link->trace_id, sizeof(link->trace_id));
    random_id(random, link->span_id, sizeof(link->span_id));
    link->tracestate = random_text(random, 0);
    link->attributes = random_attributes(random, &link->attribute_count);
    link->dropped_attribute_count = random_count(random);
    return link;
}

static const struct patter_span_view *random_span(struct random_batch *random)
{
    struct patter_span_view *span = alloc(random, 1, sizeof(*span));
    span->struct_size = sizeof(*span);
    span->kind = (int32_t)below(random, 6);
    random_id(random, span->trace_id, sizeof(span->trace_id));
    random_id(random, span->span_id, sizeof(span->span_id));
    if (below(random, 2)) {
        random_id(random, span->parent_id, sizeof(span->parent_id));
    }
    span->flags = random_flags(random);
    span->status_code = (int32_t)below(random, 3);
    span->tracestate = random_text(random, 0);
    span->name = random_text(random, 1);
    span->call_id = random_text(random, 1);
    span->begin_unix_ns = below(random, 10) ? next(random) : 0;
    span->end_unix_ns = below(random, 10) ? next(random) : UINT64_MAX;
    span->attributes = random_attributes(random, &span->attribute_count);
    span->event_count = below(random, MAX_EVENTS + 1);
    const struct patter_event **events = alloc(random, span->event_count, sizeof(*events));
    for (size_t i = 0; i < span->event_count; i++) {
        events[i] = random_event(random);
    }
    span->events = events;
    span->link_count = below(random, MAX_LINKS + 1);
    const struct patter_link **links = alloc(random, span->link_count, sizeof(*links));
    for (size_t i = 0; i < span->link_count; i++) {
        links[i] = random_link(random);
    }
    span->links = links;
    span->dropped_attribute_count = random_count(random);
    span->dropped_event_count = random_count(random);
    span->dropped_link_count = random_count(random);
    return span;
}

struct random_batch *random_batch_new(uint64_t seed)
{
    struct random_batch *random = calloc(1, sizeof(*random));
    if (!random) {
        abort();
    }
    random->state = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    struct patter_batch *batch = &random->batch;
    batch->struct_size = sizeof(*batch);
    batch->span_count = 1 + below(random, below(random, 4) ? 3 : MAX_SPANS);
    const struct patter_span_view **spans = alloc(random, batch->span_count, sizeof(*spans));
    for (size_t i = 0; i < batch->span_count; i++) {
        spans[i] = random_span(random);
    }
    batch->spans = spans;
    batch->resource = random_attributes(random, &batch->resource_count);
    batch->scope_name = random_text(random, 0);
    batch->scope_version = random_text(random, 0);
    return random;
}

void random_batch_destroy(struct random_batch *random)
{
    for (size_t i = 0; i < random->block_count; i++) {
        free(random->blocks[i]);
    }
    free(random);
}

const struct patter_batch *random_batch_get(const struct random_batch *random)
{
    return &random->batch;
}

const struct patter_batch *plain_batch(const char *key, struct patter_value value)
{
    static struct patter_attribute attributes[2];
    static struct patter_span_view span;
    static const struct patter_span_view *const spans[] = { &span };
    static struct patter_attribute resource;
    static struct patter_batch batch;

    attributes[0] = (struct patter_attribute){ patter_text("getpatter.call.id"),
                                               { PATTER_TEXT, { .text = { "c-1", 3 } } } };
    attributes[1] = (struct patter_attribute){ patter_text(key), value };
    span = (struct patter_span_view){
        .struct_size = sizeof(span),
        .kind = PATTER_KIND_INTERNAL,
        .trace_id = { 0x5B, 0x8E, 1 },
        .span_id = { 0xEE, 0xE1, 2 },
        .flags = 0x103,
        .name = patter_text("getpatter.stt"),
        .call_id = patter_text("c-1"),
        .begin_unix_ns = UINT64_C(1700000000000000001),
        .end_unix_ns = UINT64_C(1700000000250000001),
        .attributes = attributes,
        .attribute_count = 2,
    };
    resource = (struct patter_attribute){ patter_text("service.name"),
                                          { PATTER_TEXT, { .text = { "front-desk-bot", 14 } } } };
    batch = (struct patter_batch){
        .struct_size = sizeof(batch),
        .spans = spans,
        .span_count = 1,
        .resource = &resource,
        .resource_count = 1,
        .scope_name = patter_text("patter"),
        .scope_version = patter_text("0.1.0"),
        .deadline_ns = UINT64_MAX,
    };
    return &batch;
}
