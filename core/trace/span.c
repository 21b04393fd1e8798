/* SPDX-License-Identifier: MIT */
#include "core/trace/span.h"

#include <string.h>

#include "core/base/random.h"
#include "core/base/sized.h"
#include "core/record/bell.h"
#include "core/trace/filter.h"
#include "core/trace/tracer.h"

static const char *const known_names[] = {
    [PATTER_SPAN_CALL] = "getpatter.call",         [PATTER_SPAN_STT] = "getpatter.stt",
    [PATTER_SPAN_ENDPOINT] = "getpatter.endpoint", [PATTER_SPAN_LLM] = "getpatter.llm",
    [PATTER_SPAN_TTS] = "getpatter.tts",           [PATTER_SPAN_TOOL] = "getpatter.tool",
    [PATTER_SPAN_BARGEIN] = "getpatter.bargein",
};

static void set_begin(struct pt_thread *thread, struct pt_slot *slot, uint64_t begin_unix_ns)
{
    slot->begin_ticks = begin_unix_ns ? 0 : pt_ticks_now();
    slot->record->begin_unix_ns =
        begin_unix_ns ? begin_unix_ns : pt_ticks_unix_ns(&thread->anchor, slot->begin_ticks);
}

uint64_t pt_span_now_unix_ns(struct pt_thread *thread, const struct pt_slot *slot)
{
    uint64_t begin = slot->record->begin_unix_ns;
    uint64_t now_ticks = pt_ticks_now();
    uint64_t since = now_ticks - slot->begin_ticks;
    if (slot->begin_ticks && since <= pt_ticks.per_second) {
        return begin + pt_ticks_to_ns(since);
    }
    /* A longer span goes by the system's clock: the calibration's error would grow with it. */
    uint64_t now = pt_ticks_unix_ns(&thread->anchor, now_ticks);
    return now > begin ? now : begin;
}

static void set_name(struct pt_record *record, struct patter_str name)
{
    uint32_t padded = pt_pad8((uint32_t)name.len);
    unsigned char *at = (unsigned char *)record + record->size;
    record->name_len = (uint16_t)name.len;
    memset(at, 0, padded);
    memcpy(at, name.data, name.len);
    record->size += padded;
}

/* Counted whatever becomes of the record: nothing is lost in silence. */
static void count_refused(struct pt_thread *thread)
{
    pt_count(thread, PT_ENDED, 1);
    pt_count(thread, PT_BUFFER_FULL, 1);
}

struct pt_slot *pt_span_open(struct pt_thread *thread, const struct pt_call_template *template,
                             uint64_t span_id, struct patter_str name, uint64_t begin_unix_ns,
                             uint64_t *ret_handle)
{
    struct pt_slot *slot = pt_slot_take(thread, ret_handle);
    uint64_t trace_id[2];
    if (!slot) {
        count_refused(thread);
        return NULL;
    }
    memcpy(slot->record, template, template->record.size);
    memcpy(slot->record->span_id, &span_id, 8);
    set_name(slot->record, name);
    memcpy(trace_id, template->record.trace_id, 16);
    atomic_store_explicit(&slot->trace_id[0], trace_id[0], memory_order_release);
    atomic_store_explicit(&slot->trace_id[1], trace_id[1], memory_order_release);
    atomic_store_explicit(&slot->span_id, span_id, memory_order_release);
    set_begin(thread, slot, begin_unix_ns);
    pt_count(thread, PT_LIVE, 1);
    return slot;
}

void pt_span_close(struct pt_thread *thread, uint64_t handle, uint64_t end_unix_ns)
{
    struct pt_slot *slot = pt_slot_find(handle);
    if (!slot || !pt_slot_claim(slot, handle)) {
        pt_count(thread, PT_MISUSES, 1);
        return;
    }
    struct pt_record *record = slot->record;
    record->end_unix_ns = end_unix_ns ? end_unix_ns : pt_span_now_unix_ns(thread, slot);
    if (record->end_unix_ns < record->begin_unix_ns) {
        record->end_unix_ns = record->begin_unix_ns;
    }
    pt_count(thread, PT_LIVE, (uint64_t)-1);
    enum pt_ring_result result = pt_ring_write(&thread->ring, record);
    if (result == PT_RING_REFUSED) {
        count_refused(thread);
    } else {
        pt_count(thread, PT_ENDED, 1);
    }
    pt_slot_give(thread, slot);
    pt_bell_ring(result != PT_RING_WRITTEN);
}

/* Where a child hangs: under `parent` when that is open and of the same call. */
static void set_parent(struct pt_call_template *template, struct patter_span parent)
{
    uint8_t trace_id[16];
    uint8_t span_id[8];
    if (parent.handle && pt_slot_ids(parent.handle, trace_id, span_id) &&
        memcmp(trace_id, template->record.trace_id, 16) == 0) {
        memcpy(template->record.parent_id, span_id, 8);
    }
}

static struct patter_span begin(struct pt_thread *thread, struct patter_call call,
                                struct patter_str name, const struct patter_span_options *options)
{
    struct patter_span span = { 0 };
    struct pt_call_template template;
    uint64_t root;

    if (!pt_call_read(call.handle, &template, &root)) {
        pt_count(thread, PT_MISUSES, 1);
        return span;
    }
    pt_count(thread, PT_STARTED, 1);
    if (!root) {
        pt_count(thread, PT_UNSAMPLED, 1);
        return span;
    }
    if (options) {
        set_parent(&template, options->parent);
        if (options->kind > 0 && options->kind <= PATTER_KIND_CONSUMER) {
            template.record.kind = (uint8_t)options->kind;
        }
    }
    uint64_t handle;
    if (pt_span_open(thread, &template, pt_random(), name, options ? options->begin_unix_ns : 0,
                     &handle)) {
        span.handle = handle;
    }
    return span;
}

struct patter_span patter_span_begin_known_(struct patter_call call, uint32_t name)
{
    struct patter_span span = { 0 };
    struct pt_thread *thread = pt_section_enter();
    if (thread) {
        bool is_known = name > 0 && name < sizeof(known_names) / sizeof(known_names[0]);
        span =
            begin(thread, call,
                  is_known ? patter_text(known_names[name]) : pt_filter_name(thread, NULL), NULL);
        pt_section_exit(thread);
    }
    return span;
}

struct patter_span patter_span_begin_(struct patter_call call,
                                      const struct patter_span_options *options)
{
    struct patter_span span = { 0 };
    struct pt_thread *thread = pt_section_enter();
    if (thread) {
        struct patter_span_options known;
        pt_sized_take(&known, sizeof(known), options);
        span = begin(thread, call, pt_filter_name(thread, known.name), &known);
        pt_section_exit(thread);
    }
    return span;
}

void patter_span_end_(struct patter_span span, uint64_t end_unix_ns)
{
    struct pt_thread *thread = pt_section_enter();
    if (!thread) {
        return;
    }
    struct pt_slot *slot = pt_slot_find(span.handle);
    if (slot && slot->is_root) {
        pt_count(thread, PT_MISUSES, 1); /* its call ends it */
    } else {
        pt_span_close(thread, span.handle, end_unix_ns);
    }
    pt_section_exit(thread);
}
