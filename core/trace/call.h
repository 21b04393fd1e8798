/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_CALL_H
#define PT_TRACE_CALL_H

/* An open call: what each of its spans begins with. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/record/pool.h"
#include "core/record/record.h"

/* The head of every record of a call, with the call's id and tracestate behind it. */
struct pt_call_template {
    struct pt_record record; /* parent_id is the root span's id */
    unsigned char texts[PT_CALL_ID_MAX + PT_TRACESTATE_MAX];
};

enum { PT_TEMPLATE_WORDS = sizeof(struct pt_call_template) / 8 };

/* A thread may read a call while another ends it and a third begins the next in its place: words
 * are atomic, and a generation that changed meanwhile voids what was read. */
struct pt_call {
    _Atomic uint32_t generation; /* odd while a call lives here */
    uint32_t index;
    _Atomic uint32_t word_count;               /* of those that are set */
    _Atomic uint64_t root;                     /* handle of the root span; 0: not sampled */
    _Atomic uint64_t words[PT_TEMPLATE_WORDS]; /* a struct pt_call_template */
};

enum { PT_CALL_BLOCK_SHIFT = 4 };
extern struct pt_pool pt_calls;

static inline struct pt_call *pt_call_at(uint32_t index)
{
    return (struct pt_call *)pt_pool_item(&pt_calls, index, PT_CALL_BLOCK_SHIFT,
                                          sizeof(struct pt_call));
}

/* The open call of that handle; NULL when it has ended. */
static inline struct pt_call *pt_call_find(uint64_t handle)
{
    uint32_t generation = (uint32_t)(handle >> 32);
    struct pt_call *call = pt_call_at((uint32_t)handle - 1);
    /* Even generations are of no call: only a forged or torn handle has one. */
    return call && generation % 2 == 1 &&
                   atomic_load_explicit(&call->generation, memory_order_acquire) == generation
               ? call
               : NULL;
}

/* True where the call has not ended since pt_call_find found it by `handle`. */
static inline bool pt_call_is_still(const struct pt_call *call, uint64_t handle)
{
    return atomic_load_explicit(&call->generation, memory_order_acquire) == handle >> 32;
}

/* Whole at both ends: the record's ids are read by other threads (pt_slot_ids). */
static inline void pt_word_copy(uint64_t *to, const _Atomic uint64_t *from)
{
    __atomic_store_n(to, atomic_load_explicit(from, memory_order_acquire), __ATOMIC_RELEASE);
}

/* Copies the call's template, as many bytes as its record.size says, to `ret_template`. Void unless
 * the call is still there afterwards. */
static inline void pt_call_copy(const struct pt_call *call, struct pt_record *ret_template)
{
    enum { USUAL_WORDS = sizeof(struct pt_record) / 8 + 5 }; /* a UUID, no tracestate */
    uint64_t *words = (uint64_t *)(void *)ret_template;
    uint32_t count = atomic_load_explicit(&call->word_count, memory_order_acquire);
#pragma GCC unroll 32
    for (uint32_t i = 0; i < USUAL_WORDS; i++) {
        pt_word_copy(&words[i], &call->words[i]);
    }
    for (uint32_t i = USUAL_WORDS; i < count; i++) {
        pt_word_copy(&words[i], &call->words[i]);
    }
}

/* The same from a template that is not a call's yet. */
static inline void pt_call_template_copy(const struct pt_call_template *template,
                                         struct pt_record *ret_record)
{
    const uint64_t *from = (const uint64_t *)(const void *)template;
    uint64_t *words = (uint64_t *)(void *)ret_record;
    for (uint32_t i = 0; i < template->record.size / 8; i++) {
        __atomic_store_n(&words[i], from[i], __ATOMIC_RELEASE);
    }
}

/* Copies the call's template and its root span's handle (0: not sampled); false when the call has
 * ended. Safe against an end by another thread. */
bool pt_call_read(uint64_t handle, struct pt_call_template *ret_template, uint64_t *ret_root);

/* Makes every open call's handle void. After pt_threads_quiesce. [control] */
void pt_calls_abandon_all(void);

/* In a forked child, after pt_threads_forget: the same, and no thread holds one. [control] */
void pt_calls_forget(void);

#endif /* PT_TRACE_CALL_H */
