/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

static const uint64_t epoch_ns = 1773500966ull * 1000000000;

uint64_t script_instant(double ms)
{
    return epoch_ns + (uint64_t)(ms * 1e6);
}

void script_init(struct script *script)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    memset(script, 0, sizeof(*script));
    script->resource.key = patter_text("service.name");
    script->resource.value.type = PATTER_TEXT;
    script->resource.value.as.text = patter_text("front-desk-bot");
    script->batch = (struct patter_batch){
        .struct_size = sizeof(script->batch),
        .spans = script->views,
        .resource = &script->resource,
        .resource_count = 1,
        .scope_name = patter_text("patter"),
        .scope_version = patter_text("1.0"),
        .deadline_ns = (uint64_t)(now.tv_sec + 1) * 1000000000 + (uint64_t)now.tv_nsec,
    };
}

static struct patter_attribute *next_attribute(struct script_span *span, const char *key)
{
    assert(span->view.attribute_count < SCRIPT_ATTRIBUTES);
    struct patter_attribute *attribute = &span->attributes[span->view.attribute_count++];
    attribute->key = patter_text(key);
    return attribute;
}

void script_set_int(struct script_span *span, const char *key, int64_t value)
{
    struct patter_attribute *attribute = next_attribute(span, key);
    attribute->value.type = PATTER_INT;
    attribute->value.as.integer = value;
}

void script_set_real(struct script_span *span, const char *key, double value)
{
    struct patter_attribute *attribute = next_attribute(span, key);
    attribute->value.type = PATTER_DOUBLE;
    attribute->value.as.real = value;
}

void script_set_text(struct script_span *span, const char *key, const char *value)
{
    struct patter_attribute *attribute = next_attribute(span, key);
    attribute->value.type = PATTER_TEXT;
    attribute->value.as.text = patter_text(value);
}

void script_fail(struct script_span *span, const char *error_type)
{
    span->view.status_code = PATTER_STATUS_ERROR;
    if (error_type) {
        script_set_text(span, "error.type", error_type);
    }
}

void script_event(struct script_span *span, const char *name, double at_ms, const char *key,
                  const char *value)
{
    span->event_attribute.key = patter_text(key);
    span->event_attribute.value.type = PATTER_TEXT;
    span->event_attribute.value.as.text = patter_text(value);
    span->event = (struct patter_event){
        .struct_size = sizeof(span->event),
        .time_unix_ns = script_instant(at_ms),
        .name = patter_text(name),
        .attributes = &span->event_attribute,
        .attribute_count = 1,
    };
    span->events[0] = &span->event;
    span->view.events = span->events;
    span->view.event_count = 1;
}

struct script_span *script_add(struct script *script, int call, int id, int parent,
                               const char *name, double begin_ms, double end_ms)
{
    static const char *const call_ids[] = { "7c9e6679-7425-40de-944b-e07fc1f90ae7",
                                            "550e8400-e29b-41d4-a716-446655440000",
                                            "h-5f2c1a9be04d77c3a1b2c3d4e5f60718" };
    assert(script->batch.span_count < SCRIPT_SPANS);
    size_t index = script->batch.span_count++;
    struct script_span *span = &script->spans[index];
    script->views[index] = &span->view;
    span->view = (struct patter_span_view){
        .struct_size = sizeof(span->view),
        .kind = PATTER_KIND_INTERNAL,
        .flags = 1,
        .name = patter_text(name),
        .call_id = patter_text(call_ids[call % 3]),
        .begin_unix_ns = script_instant(begin_ms),
        .end_unix_ns = script_instant(end_ms),
        .attributes = span->attributes,
    };
    memset(span->view.trace_id, 0x40 + call, sizeof(span->view.trace_id));
    span->view.span_id[6] = (uint8_t)(id >> 8);
    span->view.span_id[7] = (uint8_t)id;
    span->view.parent_id[6] = (uint8_t)(parent >> 8);
    span->view.parent_id[7] = (uint8_t)parent;
    script_set_text(span, "getpatter.call.id", call_ids[call % 3]);
    return span;
}

void script_turn(struct script *script, int call, int first_id, double at_ms)
{
    int id = first_id;
    struct script_span *span;
    span = script_add(script, call, id++, 1, "getpatter.stt", at_ms, at_ms + 1204);
    script_set_int(span, "getpatter.stt.text_len", 22);
    script_set_real(span, "getpatter.stt.confidence", 0.91);
    span = script_add(script, call, id++, 1, "getpatter.endpoint", at_ms + 904, at_ms + 1204);
    script_set_int(span, "getpatter.endpoint.silence_ms", 300);
    int llm = id++;
    span = script_add(script, call, id++, llm, "getpatter.tool", at_ms + 1600, at_ms + 1711);
    script_set_text(span, "getpatter.tool.name", "opening_hours");
    script_set_text(span, "getpatter.tool.transport", "webhook");
    span = script_add(script, call, llm, 1, "getpatter.llm", at_ms + 1208, at_ms + 2020);
    script_set_int(span, "getpatter.llm.iteration", 0);
    script_set_int(span, "getpatter.llm.history_size", 3);
    script_set_real(span, "getpatter.llm.ttft_ms", 212.3456);
    span = script_add(script, call, id++, 1, "getpatter.tts", at_ms + 2021, at_ms + 4130);
    script_set_int(span, "getpatter.tts.text_len", 47);
}
