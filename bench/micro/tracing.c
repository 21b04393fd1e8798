/* SPDX-License-Identifier: MIT */
#include "bench/micro/tracing.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/record/key.h"
#include "core/record/slot.h"
#include "core/record/thread.h"
#include "core/trace/tracer.h"

enum { BUFFER_BYTES = 64 << 20, QUIESCE_NS = 1000000000 };

const char *const micro_bool_keys[MICRO_KEYS] = { "app.audio.muted", "app.audio.held",
                                                  "app.caller.known", "app.queue.full" };
const char *const micro_int_keys[MICRO_KEYS] = { "getpatter.stt.text_len",
                                                 "getpatter.llm.iteration",
                                                 "getpatter.llm.history_size",
                                                 "getpatter.tts.text_len" };
const char *const micro_double_keys[MICRO_KEYS] = { "getpatter.stt.confidence",
                                                    "getpatter.llm.ttft_ms", "app.audio.level",
                                                    "app.audio.noise" };
const char *const micro_text_keys[MICRO_KEYS] = { "getpatter.tool.name", "getpatter.tool.transport",
                                                  "app.order.id", "app.queue.name" };

static struct pt_hash *hash;
static struct pt_tracer tracer;

static bool permit(void)
{
    const char *const *const sets[] = { micro_bool_keys, micro_double_keys, micro_text_keys };
    struct pt_key_permission permissions[3 * MICRO_KEYS];
    size_t count = 0;
    for (size_t i = 0; i < 3 * MICRO_KEYS; i++) {
        struct patter_str name = patter_text(sets[i / MICRO_KEYS][i % MICRO_KEYS]);
        if (pt_str_starts(name, "app.")) {
            permissions[count++] =
                (struct pt_key_permission){ pt_key_intern(name), PT_CLASS_ANY, NULL };
        }
    }
    return pt_keys_permit(permissions, count);
}

bool micro_tracing_start(void)
{
    hash = pt_hash_new_random();
    if (!hash) {
        return false;
    }
    tracer = (struct pt_tracer){ .sampler = { .root = PT_SAMPLE_ALL },
                                 .hash = hash,
                                 .attribute_value_length = 128,
                                 .attributes = 32,
                                 .events = 32,
                                 .links = 8 };
    pt_tracer_set(&tracer);
    pt_log_set_level(PATTER_LOG_ERROR);
    pt_memory_set_max(BUFFER_BYTES);
    pt_slots_set_max(BUFFER_BYTES);
    if (!permit()) {
        pt_hash_destroy(hash);
        return false;
    }
    pt_threads_start();
    return true;
}

void micro_tracing_stop(void)
{
    pt_threads_quiesce(pt_clock_monotonic_ns() + QUIESCE_NS);
    pt_hash_destroy(hash);
}

struct patter_call micro_call_begin(void)
{
    return patter_call_begin(&(struct patter_call_options){
        .struct_size = sizeof(struct patter_call_options),
        .id = patter_text("dc1b77ae-0bf3-4dad-a4f0-eeb9026e6076"),
        .direction = patter_text("inbound"),
        .provider_mode = patter_text("pipeline"),
    });
}

void micro_turn(struct patter_call call, uint32_t i)
{
    struct patter_span span = patter_stt_begin(call);
    patter_stt_end(span, 20 + (i & 127), 0.5 + (i & 63) * 0.0078125);
    span = patter_llm_begin(call, i & 7, i & 31);
    patter_llm_end(span, 180 + (i & 255) * 0.25);
    span = patter_tts_begin(call, 40 + (i & 127));
    patter_span_end(span);
    span = patter_tool_begin(call, "lookup_order", "webhook");
    patter_span_end(span);
}

static struct micro_drained look(const unsigned char *bytes, uint32_t len)
{
    struct micro_drained drained = { 0 };
    for (uint32_t at = 0; at < len;) {
        const struct pt_record *record = (const void *)(bytes + at);
        if (!pt_record_is_sound(record, len - at)) {
            break;
        }
        drained.records++;
        drained.attributes += record->attribute_count;
        at += record->size;
    }
    return drained;
}

struct micro_drained micro_drain(struct pt_log_segments *log)
{
    struct micro_drained all = { 0 };
    struct pt_ring *ring = &pt_thread_self->ring;
    const unsigned char *bytes;
    uint32_t len;
    while ((len = pt_ring_peek(ring, &bytes)) > 0) {
        struct micro_drained part = look(bytes, len);
        all.records += part.records;
        all.attributes += part.attributes;
        if (log && pt_segments_append(log, bytes, len) != len) {
            break;
        }
        pt_ring_advance(ring, len, part.records);
    }
    return all;
}
