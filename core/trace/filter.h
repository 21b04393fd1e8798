/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_FILTER_H
#define PT_TRACE_FILTER_H

/*
 * The one gate for what a caller of the API passes in: deny by default, decided where it is set.
 * What it stops is never stored; it is counted by reason.
 */

#include <stdbool.h>

#include "core/base/hash.h"
#include "core/record/slot.h"
#include "core/record/thread.h"

/* A value that passed, ready to be stored as an item. */
struct pt_passed {
    enum pt_item_type type;
    uint32_t len;
    const void *payload; /* in the caller's value, or in the fields below */
    int64_t number;
    double real;
    char hash[PT_HASH_TEXT];
};

/* Whether `value` may leave under `key`; fills `ret_passed`, or counts why not. */
bool pt_filter_value(struct pt_thread *thread, uint32_t key, const struct patter_value *value,
                     struct pt_passed *ret_passed);

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
