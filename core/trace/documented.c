/* SPDX-License-Identifier: MIT */
#include <patter/patter.h>

#include "core/trace/span.h"

/*
 * The documented spans that begin or end with attributes, each in one call: a bot's thread enters
 * the library once for them, which costs it a third of a call for each attribute.
 */

static void set_count(struct pt_thread *thread, struct pt_slot *slot, uint32_t key, int64_t count)
{
    if (count >= 0) {
        pt_span_set_int(thread, slot, key, count);
    }
}

static void set_real(struct pt_thread *thread, struct pt_slot *slot, uint32_t key, double value)
{
    if (value >= 0) {
        pt_span_set_double(thread, slot, key, value);
    }
}

/* Opens a section with a new span in it; NULL, and no section, when there is none. */
static struct pt_slot *enter_new(struct patter_call call, uint32_t name,
                                 struct patter_span *ret_span, struct pt_thread **ret_thread)
{
    *ret_span = (struct patter_span){ 0 };
    *ret_thread = pt_section_enter();
    if (!*ret_thread) {
        return NULL;
    }
    struct pt_slot *slot = pt_span_begin_known(*ret_thread, call, name, ret_span);
    if (!slot) {
        pt_section_exit(*ret_thread);
    }
    return slot;
}

void patter_stt_end_(struct patter_span span, int64_t text_len, double confidence)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter_to_end(span, &thread);
    if (slot) {
        set_count(thread, slot, PATTER_KEY_STT_TEXT_LEN, text_len);
        set_real(thread, slot, PATTER_KEY_STT_CONFIDENCE, confidence);
        pt_span_end(thread, slot, span.handle, 0);
        pt_section_exit(thread);
    }
}

void patter_endpoint_end_(struct patter_span span, int64_t silence_ms)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter_to_end(span, &thread);
    if (slot) {
        set_count(thread, slot, PATTER_KEY_ENDPOINT_SILENCE_MS, silence_ms);
        pt_span_end(thread, slot, span.handle, 0);
        pt_section_exit(thread);
    }
}

struct patter_span patter_llm_begin_(struct patter_call call, int64_t iteration,
                                     int64_t history_size)
{
    struct patter_span span;
    struct pt_thread *thread;
    struct pt_slot *slot = enter_new(call, PATTER_SPAN_LLM, &span, &thread);
    if (slot) {
        set_count(thread, slot, PATTER_KEY_LLM_ITERATION, iteration);
        set_count(thread, slot, PATTER_KEY_LLM_HISTORY_SIZE, history_size);
        pt_section_exit(thread);
    }
    return span;
}

void patter_llm_end_(struct patter_span span, double ttft_ms)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter_to_end(span, &thread);
    if (slot) {
        set_real(thread, slot, PATTER_KEY_LLM_TTFT_MS, ttft_ms);
        pt_span_end(thread, slot, span.handle, 0);
        pt_section_exit(thread);
    }
}

struct patter_span patter_tts_begin_(struct patter_call call, int64_t text_len)
{
    struct patter_span span;
    struct pt_thread *thread;
    struct pt_slot *slot = enter_new(call, PATTER_SPAN_TTS, &span, &thread);
    if (slot) {
        set_count(thread, slot, PATTER_KEY_TTS_TEXT_LEN, text_len);
        pt_section_exit(thread);
    }
    return span;
}

struct patter_span patter_tool_begin_(struct patter_call call, struct patter_str name,
                                      struct patter_str transport)
{
    struct patter_span span;
    struct pt_thread *thread;
    struct pt_slot *slot = enter_new(call, PATTER_SPAN_TOOL, &span, &thread);
    if (slot) {
        if (name.data) {
            pt_span_set_text(thread, slot, PATTER_KEY_TOOL_NAME, name);
        }
        if (transport.data) {
            pt_span_set_text(thread, slot, PATTER_KEY_TOOL_TRANSPORT, transport);
        }
        pt_section_exit(thread);
    }
    return span;
}

void patter_bargein_end_(struct patter_span span, int64_t cancelled_text_len)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter_to_end(span, &thread);
    if (slot) {
        set_count(thread, slot, PATTER_KEY_BARGEIN_CANCELLED_TEXT_LEN, cancelled_text_len);
        pt_span_end(thread, slot, span.handle, 0);
        pt_section_exit(thread);
    }
}
