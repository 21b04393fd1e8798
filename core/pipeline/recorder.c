/* SPDX-License-Identifier: MIT */
#include "core/pipeline/recorder.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <patter/testing.h>

#include "core/base/arena.h"
#include "core/base/text.h"

struct patter_recorder {
    pthread_mutex_t lock;
    struct pt_arena arena; /* under lock, as all that follows */
    const struct patter_span_view **spans;
    size_t count;
    size_t capacity;
};

struct patter_recorder *patter_recorder_new(void)
{
    struct patter_recorder *recorder = calloc(1, sizeof(*recorder));
    if (recorder) {
        pthread_mutex_init(&recorder->lock, NULL);
    }
    return recorder;
}

void patter_recorder_destroy(struct patter_recorder *recorder)
{
    if (recorder) {
        pt_arena_clean(&recorder->arena);
        pthread_mutex_destroy(&recorder->lock);
        free(recorder->spans);
        free(recorder);
    }
}

size_t patter_recorder_count(struct patter_recorder *recorder)
{
    if (!recorder) {
        return 0;
    }
    pthread_mutex_lock(&recorder->lock);
    size_t count = recorder->count;
    pthread_mutex_unlock(&recorder->lock);
    return count;
}

const struct patter_span_view *patter_recorder_span(struct patter_recorder *recorder, size_t index)
{
    if (!recorder) {
        return NULL;
    }
    pthread_mutex_lock(&recorder->lock);
    const struct patter_span_view *span = index < recorder->count ? recorder->spans[index] : NULL;
    pthread_mutex_unlock(&recorder->lock);
    return span;
}

const struct patter_value *patter_recorder_attribute(const struct patter_span_view *span,
                                                     const char *key)
{
    for (size_t i = 0; span && key && i < span->attribute_count; i++) {
        if (pt_str_is(span->attributes[i].key, key)) {
            return &span->attributes[i].value;
        }
    }
    return NULL;
}

void patter_recorder_clear(struct patter_recorder *recorder)
{
    if (!recorder) {
        return;
    }
    pthread_mutex_lock(&recorder->lock);
    pt_arena_reset(&recorder->arena);
    recorder->count = 0;
    pthread_mutex_unlock(&recorder->lock);
}

/* ---- deep copies: a view lives no longer than the send() it came with ----------------- */

struct copier {
    struct pt_arena *arena;
    bool is_short; /* of memory: what was copied must not be shown */
};

static void *copy_bytes(struct copier *copier, const void *bytes, size_t size)
{
    void *copy = size > 0 ? pt_arena_alloc(copier->arena, size) : NULL;
    copier->is_short |= size > 0 && !copy;
    return copy ? memcpy(copy, bytes, size) : NULL;
}

static struct patter_str copy_text(struct copier *copier, struct patter_str text)
{
    struct patter_str copy = pt_arena_copy(copier->arena, text);
    copier->is_short |= !copy.data;
    return copy;
}

static const struct patter_attribute *
copy_attributes(struct copier *copier, const struct patter_attribute *attributes, size_t count)
{
    struct patter_attribute *copy = copy_bytes(copier, attributes, count * sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i].key = copy_text(copier, copy[i].key);
        if (copy[i].value.type == PATTER_TEXT) {
            copy[i].value.as.text = copy_text(copier, copy[i].value.as.text);
        }
    }
    return copy;
}

static const struct patter_event *copy_event(struct copier *copier,
                                             const struct patter_event *event)
{
    struct patter_event *copy = copy_bytes(copier, event, sizeof(*event));
    if (copy) {
        copy->name = copy_text(copier, event->name);
        copy->attributes = copy_attributes(copier, event->attributes, event->attribute_count);
    }
    return copy;
}

static const struct patter_link *copy_link(struct copier *copier, const struct patter_link *link)
{
    struct patter_link *copy = copy_bytes(copier, link, sizeof(*link));
    if (copy) {
        copy->tracestate = copy_text(copier, link->tracestate);
        copy->attributes = copy_attributes(copier, link->attributes, link->attribute_count);
    }
    return copy;
}

static const struct patter_span_view *copy_span(struct copier *copier,
                                                const struct patter_span_view *span)
{
    struct patter_span_view *copy = copy_bytes(copier, span, sizeof(*span));
    if (!copy) {
        return NULL;
    }
    const struct patter_event **events =
        copy_bytes(copier, span->events, span->event_count * sizeof(*events));
    const struct patter_link **links =
        copy_bytes(copier, span->links, span->link_count * sizeof(*links));
    for (size_t i = 0; events && i < span->event_count; i++) {
        events[i] = copy_event(copier, span->events[i]);
    }
    for (size_t i = 0; links && i < span->link_count; i++) {
        links[i] = copy_link(copier, span->links[i]);
    }
    copy->events = events;
    copy->links = links;
    copy->name = copy_text(copier, span->name);
    copy->tracestate = copy_text(copier, span->tracestate);
    copy->call_id = copy_text(copier, span->call_id);
    copy->attributes = copy_attributes(copier, span->attributes, span->attribute_count);
    return copier->is_short ? NULL : copy;
}

/* Under lock. */
static bool make_room(struct patter_recorder *recorder, size_t more)
{
    if (recorder->capacity - recorder->count >= more) {
        return true;
    }
    size_t capacity = (recorder->count + more) * 2;
    const struct patter_span_view **spans =
        realloc(recorder->spans, capacity * sizeof(*recorder->spans));
    if (!spans) {
        return false;
    }
    recorder->spans = spans;
    recorder->capacity = capacity;
    return true;
}

static patter_status record(void *recorder_, const struct patter_batch *batch,
                            struct patter_result *result)
{
    struct patter_recorder *recorder = recorder_;
    patter_status status = PATTER_OK;

    pthread_mutex_lock(&recorder->lock);
    if (!make_room(recorder, batch->span_count)) {
        result->reason = "no_memory";
        status = PATTER_FAILED;
    }
    for (size_t i = 0; status == PATTER_OK && i < batch->span_count; i++) {
        struct copier copier = { .arena = &recorder->arena };
        const struct patter_span_view *copy = copy_span(&copier, batch->spans[i]);
        if (copy) {
            recorder->spans[recorder->count++] = copy;
        } else {
            result->rejected++;
            result->reason = "no_memory";
        }
    }
    pthread_mutex_unlock(&recorder->lock);
    return status;
}

/* The recorder is its user's: nothing to free at the end of tracing. */
static void let_go(void *recorder)
{
    (void)recorder;
}

const struct patter_exporter pt_recorder_exporter = {
    .struct_size = sizeof(struct patter_exporter),
    .option_size = sizeof(struct patter_option),
    .name = "recorder",
    .version = "1.0.0",
    .help = "Keeps spans in this process, for tests.",
    .send = record,
    .destroy = let_go,
};
