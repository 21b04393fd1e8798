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

/* Opens a span whose record begins as `template`; `begin_unix_ns` 0: now. `name` is clean. NULL
 * when memory is short, and then the span is counted as ended and dropped. */
struct pt_slot *pt_span_open(struct pt_thread *thread, const struct pt_call_template *template,
                             uint64_t span_id, struct patter_str name, uint64_t begin_unix_ns,
                             uint64_t *ret_handle);

/* Opens a section on an open span; NULL, and no section, when there is none. */
struct pt_slot *pt_span_enter(struct patter_span span, struct pt_thread **ret_thread);

/* Filters and sets an attribute. */
void pt_span_set(struct pt_thread *thread, struct pt_slot *slot, uint32_t key,
                 const struct patter_value *value);

/* Ends the span and writes its record into the ring; a void handle is a counted no-op. */
void pt_span_close(struct pt_thread *thread, uint64_t handle, uint64_t end_unix_ns);

/* The instant now on the span's own clock, which never runs backwards. */
uint64_t pt_span_now_unix_ns(struct pt_thread *thread, const struct pt_slot *slot);

#endif /* PT_TRACE_SPAN_H */
