/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/held.h"

#include <stdlib.h>

#include "plugins/stdout/words.h"

static void add_links(struct out_text *words, const struct patter_span_view *view)
{
    for (size_t i = 0; i < view->link_count; i++) {
        out_text_add(words, "link=");
        for (size_t byte = 0; byte < sizeof(view->links[i]->trace_id); byte++) {
            out_text_add(words, "%02x", view->links[i]->trace_id[byte]);
        }
        out_text_add(words, "\n");
    }
}

static void add_dropped(struct out_text *words, const struct patter_span_view *view)
{
    const struct {
        const char *what;
        uint32_t count;
    } dropped[] = { { "attributes", view->dropped_attribute_count },
                    { "events", view->dropped_event_count },
                    { "links", view->dropped_link_count } };
    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        if (dropped[i].count > 0) {
            out_text_add(words, "dropped_%s=%u\n", dropped[i].what, dropped[i].count);
        }
    }
}

/* The texts of a span one after the other, each with its NUL: name, error, words, then name and
 * words of each event. */
static void write_texts(struct out_text *texts, const struct patter_span_view *view)
{
    bool failed = view->status_code == PATTER_STATUS_ERROR;
    out_text_put_safe(texts, out_words_short_name(view->name));
    out_text_put(texts, "", 1);
    if (failed) {
        out_text_put_safe(texts,
                          out_words_find(view->attributes, view->attribute_count, "error.type"));
    }
    out_text_put(texts, "", 1);
    out_words_attributes(texts, view->attributes, view->attribute_count, view->name, failed);
    add_links(texts, view);
    add_dropped(texts, view);
    out_text_put(texts, "", 1);
    for (size_t i = 0; i < view->event_count; i++) {
        const struct patter_event *event = view->events[i];
        out_text_put_safe(texts, out_words_short_name(event->name));
        out_text_put(texts, "", 1);
        out_words_attributes(texts, event->attributes, event->attribute_count, event->name, false);
        out_text_put(texts, "", 1);
    }
}

/* Takes the next of the texts that lie one behind the other. */
static const char *next_text(const char **texts)
{
    const char *text = *texts;
    *texts += strlen(text) + 1;
    return text;
}

static bool is_zero(const uint8_t *id, size_t len)
{
    static const uint8_t zero[16];
    return memcmp(id, zero, len) == 0;
}

static bool is_root(const struct patter_span_view *view)
{
    static const char name[] = "getpatter.call";
    return is_zero(view->parent_id, sizeof(view->parent_id)) ||
           (view->name.len == sizeof(name) - 1 &&
            memcmp(view->name.data, name, view->name.len) == 0);
}

static struct out_span *span_new(const struct patter_span_view *view)
{
    struct out_text texts = { 0 };
    write_texts(&texts, view);
    size_t events_size = view->event_count * sizeof(struct out_event);
    size_t size = sizeof(struct out_span) + events_size + texts.len;
    struct out_span *span = texts.failed ? NULL : malloc(size);
    if (span) {
        char *data = memcpy((char *)(span + 1) + events_size, texts.data, texts.len);
        const char *next = data;
        *span = (struct out_span){
            .size = size,
            .begin_unix_ns = view->begin_unix_ns,
            .end_unix_ns = view->end_unix_ns,
            .is_root = is_root(view),
            .failed = view->status_code == PATTER_STATUS_ERROR,
            .event_count = view->event_count,
            .events = (struct out_event *)(span + 1),
        };
        memcpy(span->span_id, view->span_id, sizeof(span->span_id));
        memcpy(span->parent_id, view->parent_id, sizeof(span->parent_id));
        span->name = next_text(&next);
        span->error = next_text(&next);
        span->words = next_text(&next);
        for (size_t i = 0; i < span->event_count; i++) {
            span->events[i].time_unix_ns = view->events[i]->time_unix_ns;
            span->events[i].name = next_text(&next);
            span->events[i].words = next_text(&next);
        }
    }
    out_text_clean(&texts);
    return span;
}

static bool same_trace(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, 16) == 0;
}

static struct out_call *find(struct out_held *held, const uint8_t *trace_id)
{
    if (held->last_found && same_trace(held->last_found->trace_id, trace_id)) {
        return held->last_found;
    }
    struct out_call *call = held->calls;
    while (call && !same_trace(call->trace_id, trace_id)) {
        call = call->next;
    }
    return call;
}

static char *copy(struct patter_str view)
{
    struct out_text text = { 0 };
    out_text_put_safe(&text, view);
    out_text_put(&text, "", 1);
    return text.data;
}

static void call_destroy(struct out_call *call)
{
    if (call) {
        for (struct out_span *span = call->first; span;) {
            struct out_span *next = span->next;
            free(span);
            span = next;
        }
        free(call->id);
        free(call->service);
        free(call);
    }
}

static struct out_call *open_call(struct out_held *held, const struct patter_batch *batch,
                                  const struct patter_span_view *view)
{
    struct out_call *call = calloc(1, sizeof(*call));
    if (!call) {
        return NULL;
    }
    memcpy(call->trace_id, view->trace_id, sizeof(call->trace_id));
    call->id = copy(view->call_id);
    call->service = copy(out_words_find(batch->resource, batch->resource_count, "service.name"));
    if (!call->id || !call->service) {
        call_destroy(call);
        return NULL;
    }
    for (unsigned i = 0; i < OUT_PAST_CALLS; i++) {
        if (held->past[i].is_used && same_trace(held->past[i].trace_id, call->trace_id)) {
            call->is_cut = held->past[i].is_cut;
            call->state = call->is_cut ? OUT_CALL_RUNNING : OUT_CALL_LATE;
        }
    }
    call->size = sizeof(*call) + strlen(call->id) + strlen(call->service) + 2;
    held->size += call->size;

    struct out_call **end = &held->calls;
    while (*end) {
        end = &(*end)->next;
    }
    *end = call;
    return call;
}

struct out_call *out_held_add(struct out_held *held, const struct patter_batch *batch,
                              const struct patter_span_view *view)
{
    struct out_span *span = span_new(view);
    if (!span) {
        return NULL;
    }
    struct out_call *call = find(held, view->trace_id);
    if (!call) {
        call = open_call(held, batch, view);
    }
    if (!call) {
        free(span);
        return NULL;
    }
    *(call->last ? &call->last->next : &call->first) = span;
    call->last = span;
    call->span_count++;
    call->size += span->size;
    held->size += span->size;
    held->last_found = call;
    call->is_touched = true;
    if (span->is_root) {
        call->state = OUT_CALL_ENDED;
    }
    return call;
}

bool out_held_is_over(const struct out_held *held)
{
    return held->size > held->max_memory && held->calls;
}

static void remember(struct out_held *held, const struct out_call *call)
{
    unsigned slot = held->next_past;
    for (unsigned i = 0; i < OUT_PAST_CALLS; i++) {
        if (held->past[i].is_used && same_trace(held->past[i].trace_id, call->trace_id)) {
            slot = i;
        }
    }
    if (slot == held->next_past) {
        held->next_past = (held->next_past + 1) % OUT_PAST_CALLS;
    }
    memcpy(held->past[slot].trace_id, call->trace_id, sizeof(call->trace_id));
    held->past[slot].is_used = true;
    held->past[slot].is_cut = call->state == OUT_CALL_RUNNING;
}

void out_held_forget(struct out_held *held, struct out_call *call)
{
    struct out_call **link = &held->calls;
    while (*link != call) {
        link = &(*link)->next;
    }
    *link = call->next;
    held->size -= call->size;
    held->last_found = NULL;
    remember(held, call);
    call_destroy(call);
}

void out_held_clean(struct out_held *held)
{
    while (held->calls) {
        out_held_forget(held, held->calls);
    }
}
