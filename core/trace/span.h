/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_SPAN_H
#define PT_TRACE_SPAN_H

/* A span from its beginning to the ring. All but pt_span_enter inside a section. */

#include <patter/patter.h>

#include "core/record/slot.h"
#include "core/record/thread.h"
#include "core/trace/call.h"

/* OTLP's span flags above W3C's eight bits (trace.proto, SpanFlags). */
enum { PT_FLAG_REMOTE_KNOWN = 0x100, PT_FLAG_REMOTE = 0x200 };

/* Opens the root span of the call that has `template`; `begin_unix_ns` 0: now. NULL when memory is
 * short, and then the span is counted as ended and dropped. */
struct pt_slot *pt_span_begin_root(struct pt_thread *thread,
                                   const struct pt_call_template *template, uint64_t span_id,
                                   uint64_t begin_unix_ns, uint64_t *ret_handle);

/* Opens the documented span `name` (PATTER_SPAN_*), now. NULL, and `ret_span` the no-op, when the
 * call has ended (counted as a misuse), is not sampled, or memory is short. */
struct pt_slot *pt_span_begin_known(struct pt_thread *thread, struct patter_call call,
                                    uint32_t name, struct patter_span *ret_span);

/* A handle that never was, or is no more. The no-op is none of them: bindings pass it on. */
static inline void pt_count_misuse(struct pt_thread *thread, uint64_t handle)
{
    pt_count(thread, PT_MISUSES, handle != 0);
}

/* Opens a section on an open span; NULL, and no section, when there is none. */
static inline struct pt_slot *pt_span_enter(struct patter_span span, struct pt_thread **ret_thread)
{
    struct pt_thread *thread = pt_section_enter();
    if (!thread) {
        return NULL;
    }
    struct pt_slot *slot = pt_slot_find(span.handle);
    if (!slot) {
        pt_count_misuse(thread, span.handle);
        pt_section_exit(thread);
        return NULL;
    }
    *ret_thread = thread;
    return slot;
}

/* As pt_span_enter, but a call's root span, which its call alone ends, is a misuse too. */
static inline struct pt_slot *pt_span_enter_to_end(struct patter_span span,
                                                   struct pt_thread **ret_thread)
{
    struct pt_slot *slot = pt_span_enter(span, ret_thread);
    if (PT_UNLIKELY(slot && atomic_load_explicit(&slot->is_root, memory_order_relaxed))) {
        pt_count(*ret_thread, PT_MISUSES, 1);
        pt_section_exit(*ret_thread);
        return NULL;
    }
    return slot;
}

/* Filters and sets an attribute. */
void pt_span_set(struct pt_thread *thread, struct pt_slot *slot, uint32_t key,
                 const struct patter_value *value);

/* The same for one type, as fast as may be. */
void pt_span_set_int(struct pt_thread *thread, struct pt_slot *slot, uint32_t key, int64_t value);
void pt_span_set_double(struct pt_thread *thread, struct pt_slot *slot, uint32_t key, double value);
void pt_span_set_text(struct pt_thread *thread, struct pt_slot *slot, uint32_t key,
                      struct patter_str value);

/* Ends the span and writes its record into the ring; `end_unix_ns` 0: now. `slot` NULL, or claimed
 * by another thread: a counted no-op. */
void pt_span_end(struct pt_thread *thread, struct pt_slot *slot, uint64_t handle,
                 uint64_t end_unix_ns);

/* The same for a call's root span. */
void pt_span_end_root(struct pt_thread *thread, struct pt_slot *slot, uint64_t handle,
                      uint64_t end_unix_ns);

/* The instant now on the span's own clock, which never runs backwards. */
uint64_t pt_span_now_unix_ns(struct pt_thread *thread, const struct pt_slot *slot);

#endif /* PT_TRACE_SPAN_H */
