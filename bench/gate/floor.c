/* SPDX-License-Identifier: MIT */
#include "bench/gate/floor.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "bench/patter/workload.h"

/*
 * Spans are written where they stay, with typed attributes in line, and shown to a reader by one
 * release store each. What a tracing library needs beside that is left out: a filter, limits,
 * handles, a reader.
 */

/* The ring stays in the processor's own cache: with 4 MiB the floor moved by a quarter, with what
 * others on the machine did. */
enum { RING_BYTES = 512 << 10, LARGEST_RECORD = 1024, LINE = 64 };

struct attribute {
    uint32_t key;
    uint16_t type;
    uint16_t len; /* of a text, which begins in `as` and goes on in the attributes that follow */
    union {
        int64_t integer;
        double real;
        char text[8];
    } as;
};

struct record {
    uint64_t begin_ticks;
    uint64_t end_ticks;
    uint64_t span_id;
    uint64_t parent_id;
    uint64_t trace_id[2];
    const char *name;
    uint32_t attribute_count;
    uint32_t size;
    struct attribute attributes[];
};

struct call {
    uint64_t trace_id[2];
    uint64_t root_id;
};

static unsigned char *ring;
static uint64_t write_at;          /* bytes written since the start */
static _Atomic uint64_t published; /* for a reader */
static uint32_t call_count;
static uint64_t seed = UINT64_C(88172645463325252);

static const char call_id[] = "dc1b77ae-0bf3-4dad-a4f0-eeb9026e6076";

static inline uint64_t ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

static inline uint64_t new_id(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static inline struct record *begin(const struct call *call, uint64_t parent_id, const char *name)
{
    struct record *record = (void *)(ring + write_at % RING_BYTES);
    record->begin_ticks = ticks();
    record->span_id = new_id();
    record->parent_id = parent_id;
    memcpy(record->trace_id, call->trace_id, sizeof(record->trace_id));
    record->name = name;
    record->attribute_count = 0;
    return record;
}

static inline void add_int(struct record *record, uint32_t key, int64_t value)
{
    struct attribute *attribute = &record->attributes[record->attribute_count++];
    attribute->key = key;
    attribute->type = 1;
    attribute->as.integer = value;
}

static inline void add_double(struct record *record, uint32_t key, double value)
{
    struct attribute *attribute = &record->attributes[record->attribute_count++];
    attribute->key = key;
    attribute->type = 2;
    attribute->as.real = value;
}

static inline void add_text(struct record *record, uint32_t key, const char *text, uint32_t len)
{
    struct attribute *attribute = &record->attributes[record->attribute_count];
    uint32_t behind = len > sizeof(attribute->as) ? len - (uint32_t)sizeof(attribute->as) : 0;
    attribute->key = key;
    attribute->type = 3;
    attribute->len = (uint16_t)len;
    memcpy((unsigned char *)attribute + offsetof(struct attribute, as), text, len);
    record->attribute_count +=
        1 + (behind + (uint32_t)sizeof(*attribute) - 1) / (uint32_t)sizeof(*attribute);
}

static inline void end(struct record *record)
{
    record->end_ticks = ticks();
    uint64_t size = sizeof(*record) + record->attribute_count * sizeof(struct attribute);
    record->size = (uint32_t)size;
    write_at += (size + LINE - 1) / LINE * LINE;
    if (write_at % RING_BYTES + LARGEST_RECORD > RING_BYTES) {
        write_at = (write_at + RING_BYTES - 1) / RING_BYTES * RING_BYTES;
    }
    atomic_store_explicit(&published, write_at, memory_order_release);
}

static inline struct record *child(const struct call *call, const char *name)
{
    struct record *record = begin(call, call->root_id, name);
    add_text(record, 0, call_id, sizeof(call_id) - 1);
    return record;
}

static inline void turn(const struct call *call, uint32_t i)
{
    struct record *record = child(call, "getpatter.stt");
    add_int(record, 3, 20 + (i & 127));
    add_double(record, 4, 0.5 + (i & 63) * 0.0078125);
    end(record);
    record = child(call, "getpatter.llm");
    add_int(record, 5, i & 7);
    add_int(record, 6, i & 31);
    add_double(record, 7, 180 + (i & 255) * 0.25);
    end(record);
    record = child(call, "getpatter.tts");
    add_int(record, 8, 40 + (i & 127));
    end(record);
    record = child(call, "getpatter.tool");
    add_text(record, 9, "lookup_order", 12);
    add_text(record, 10, "webhook", 7);
    end(record);
}

void gate_floor_burst(uint32_t calls)
{
    for (; calls > 0; calls--, call_count++) {
        struct call call = { .trace_id = { new_id(), new_id() } };
        struct record *root = begin(&call, 0, "getpatter.call");
        call.root_id = root->span_id;
        add_text(root, 0, call_id, sizeof(call_id) - 1);
        add_text(root, 1, "inbound", 7);
        add_text(root, 2, "pipeline", 8);
        end(root);
        for (uint32_t i = call_count; i < call_count + WORKLOAD_TURNS; i++) {
            turn(&call, i);
        }
    }
}

bool gate_floor_start(void)
{
    ring = aligned_alloc(LINE, RING_BYTES);
    if (ring) {
        memset(ring, 0, RING_BYTES); /* no page is new when time counts */
    }
    return ring != NULL;
}

void gate_floor_stop(void)
{
    free(ring);
}
