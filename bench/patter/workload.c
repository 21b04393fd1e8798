/* SPDX-License-Identifier: MIT */
#include "bench/patter/workload.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "bench/patter/measure.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { UUID_LEN = 36 };

/* The bot has these values before it asks for a span, so they must exist with tracing off, too:
 * without this the compiler would move their computation behind the check of the handle. */
static ALWAYS_INLINE int64_t evaluated(int64_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

static ALWAYS_INLINE double evaluated_real(double value)
{
#if defined(__x86_64__)
    __asm__ volatile("" : "+x"(value));
#elif defined(__aarch64__)
    __asm__ volatile("" : "+w"(value));
#else
    __asm__ volatile("" : "+m"(value));
#endif
    return value;
}

static ALWAYS_INLINE uint64_t next_random(struct workload *workload)
{
    workload->random ^= workload->random << 13;
    workload->random ^= workload->random >> 7;
    workload->random ^= workload->random << 17;
    return workload->random;
}

/* Eight hex digits at once: a call id costs the bot next to nothing, so it must not cost here. */
static ALWAYS_INLINE uint64_t hex_digits(uint32_t value)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t nibbles = value;
    nibbles = (nibbles << 16 | nibbles) & UINT64_C(0x0000ffff0000ffff);
    nibbles = (nibbles << 8 | nibbles) & UINT64_C(0x00ff00ff00ff00ff);
    nibbles = (nibbles << 4 | nibbles) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return htobe64(nibbles + '0' * ones + ((nibbles + 6 * ones) >> 4 & ones) * ('a' - '0' - 10));
}

static ALWAYS_INLINE void make_uuid(struct workload *workload, char text[UUID_LEN])
{
    uint64_t high = (next_random(workload) & ~UINT64_C(0xf000)) | 0x4000;
    uint64_t low = (next_random(workload) & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62);
    uint64_t digits[4] = { hex_digits((uint32_t)(high >> 32)), hex_digits((uint32_t)high),
                           hex_digits((uint32_t)(low >> 32)), hex_digits((uint32_t)low) };
    const char *from = (const char *)digits;
    memcpy(text, from, 8);
    text[8] = '-';
    memcpy(text + 9, from + 8, 4);
    text[13] = '-';
    memcpy(text + 14, from + 12, 4);
    text[18] = '-';
    memcpy(text + 19, from + 16, 4);
    text[23] = '-';
    memcpy(text + 24, from + 20, 12);
}

const char *workload_key(unsigned int index)
{
    static _Thread_local char name[32];
    snprintf(name, sizeof(name), "app.bench.count_%u", index);
    return name;
}

void workload_init(struct workload *workload, uint64_t seed, unsigned int attribute_count)
{
    *workload = (struct workload){ .random = UINT64_C(0x9E3779B97F4A7C15) ^ (seed << 32),
                                   .attribute_count = attribute_count };
    for (unsigned int i = 0; i < attribute_count; i++) {
        workload->keys[i] = patter_key_intern(workload_key(i));
    }
}

static ALWAYS_INLINE void set_more(const struct workload *workload, struct patter_span span,
                                   uint64_t i)
{
    for (unsigned int k = 0; k < workload->attribute_count; k++) {
        patter_span_set_int_key(span, workload->keys[k], evaluated((int64_t)(i & 1023)));
    }
}

static ALWAYS_INLINE void hear(const struct workload *workload, uint64_t i)
{
    struct patter_span span = patter_stt_begin(workload->call);
    set_more(workload, span, i);
    patter_stt_end(span, evaluated(20 + (int64_t)(i & 127)),
                   evaluated_real(0.5 + (double)(int64_t)(i & 63) * 0.0078125));
}

static ALWAYS_INLINE void think(const struct workload *workload, uint64_t i)
{
    struct patter_span span =
        patter_llm_begin(workload->call, evaluated((int64_t)(i & 7)), evaluated((int64_t)(i & 31)));
    set_more(workload, span, i);
    patter_llm_end(span, evaluated_real(180.0 + (double)(int64_t)(i & 255) * 0.25));
}

static ALWAYS_INLINE void speak(const struct workload *workload, uint64_t i)
{
    struct patter_span span = patter_tts_begin(workload->call, evaluated(40 + (int64_t)(i & 127)));
    set_more(workload, span, i);
    patter_span_end(span);
}

static ALWAYS_INLINE void look_up(const struct workload *workload, uint64_t i)
{
    struct patter_span span = patter_tool_begin(workload->call, "lookup_order", "webhook");
    set_more(workload, span, i);
    patter_span_end(span);
}

/* `samples` is a constant NULL where nothing is timed, and leaves no trace in the code then. */
static ALWAYS_INLINE void timed(struct samples *samples,
                                void (*stage)(const struct workload *workload, uint64_t i),
                                const struct workload *workload, uint64_t i)
{
    uint64_t begin = samples ? measure_ticks() : 0;
    stage(workload, i);
    if (samples && samples->count < samples->capacity) {
        samples->ticks[samples->count++] = measure_ticks() - begin;
    }
}

static ALWAYS_INLINE void turns(const struct workload *workload, struct samples *samples)
{
    for (uint64_t i = workload->call_count; i < workload->call_count + WORKLOAD_TURNS; i++) {
        timed(samples, hear, workload, i);
        timed(samples, think, workload, i);
        timed(samples, speak, workload, i);
        timed(samples, look_up, workload, i);
    }
}

void workload_begin(struct workload *workload)
{
    char id[UUID_LEN];
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .id = { id, sizeof(id) },
                                           .direction = { "inbound", 7 },
                                           .provider_mode = { "pipeline", 8 } };
    make_uuid(workload, id);
    workload->call = patter_call_begin(&options);
    if (workload->attribute_count > 0) {
        set_more(workload, patter_call_root(workload->call), workload->call_count);
    }
}

void workload_turns(struct workload *workload)
{
    turns(workload, NULL);
}

void workload_end(struct workload *workload)
{
    patter_call_end(workload->call);
    workload->call.handle = 0;
    workload->call_count++;
}

void workload_call(struct workload *workload)
{
    workload_begin(workload);
    turns(workload, NULL);
    workload_end(workload);
}

void workload_call_sampled(struct workload *workload, struct samples *samples)
{
    workload_begin(workload);
    turns(workload, samples);
    workload_end(workload);
}
