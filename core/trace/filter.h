/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_FILTER_H
#define PT_TRACE_FILTER_H

/*
 * The one gate for what a caller of the API passes in: deny by default, decided where it is set.
 * What it stops is never stored; it is counted by reason.
 */

#include <float.h>
#include <stdbool.h>

#include "core/base/hash.h"
#include "core/record/key.h"
#include "core/record/slot.h"
#include "core/record/thread.h"
#include "core/trace/tracer.h"

/* A value that passed, ready to be stored as an item. */
struct pt_passed {
    enum pt_item_type type;
    uint32_t len;
    const void *payload; /* in the caller's value, or in the fields below */
    int64_t number;
    double real;
    char hash[PT_HASH_TEXT];
};

/* Tells of a name that is no key's, once, as of a key that may not leave. [any] */
void pt_filter_tell_stranger(struct patter_str name);

/* Whether `value` may leave under `key`; fills `ret_passed`, or counts why not. */
bool pt_filter_value(struct pt_thread *thread, uint32_t key, const struct patter_value *value,
                     struct pt_passed *ret_passed);

/* True where the number certainly passes as it is, so that pt_filter_value need not be asked. */
static inline bool pt_filter_passes_int(uint32_t key, int64_t value)
{
    enum pt_class value_class = pt_key_class(key);
    return value_class == PT_CLASS_ANY ||
           ((value_class == PT_CLASS_COUNT || value_class == PT_CLASS_DURATION_MS) && value >= 0);
}

static inline bool pt_filter_passes_double(uint32_t key, double value)
{
    enum pt_class value_class = pt_key_class(key);
    double most = value_class == PT_CLASS_RATIO ? 1 : DBL_MAX;
    return (value_class == PT_CLASS_RATIO || value_class == PT_CLASS_DURATION_MS) && value >= 0 &&
           value <= most;
}

/* That text, where it certainly passes as it is; else NULL, and pt_filter_value decides. */
static inline const struct pt_familiar_text *
pt_filter_passes_text(const struct pt_thread *thread, uint32_t key, struct patter_str text)
{
    return text.len <= pt_tracer()->attribute_value_length
               ? pt_familiar_find(&thread->familiar, key,
                                  atomic_load_explicit(&pt_keys_epoch, memory_order_acquire), text)
               : NULL;
}

/* `name` when it is a clean identifier, else "getpatter.custom", counted. NULL is none. */
struct patter_str pt_filter_name(struct pt_thread *thread, const char *name);

/* The call id that leaves: `id` itself, or its keyed hash in `buffer`, counted. */
struct patter_str pt_filter_call_id(struct pt_thread *thread, struct patter_str id,
                                    char buffer[PT_CALL_ID_MAX]);

/* The members of a tracestate that may leave, in `buffer`: one with a blank in it, or whose key or
 * value a scanner stops, is left out and counted; a list that is not W3C's is left out whole. */
struct patter_str pt_filter_tracestate(struct pt_thread *thread, const char *tracestate,
                                       char buffer[PT_TRACESTATE_MAX + 1]);

#endif /* PT_TRACE_FILTER_H */
