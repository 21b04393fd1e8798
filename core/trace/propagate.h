/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_PROPAGATE_H
#define PT_TRACE_PROPAGATE_H

/* W3C Trace Context (Level 2): traceparent and tracestate as text. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <patter/types.h>

enum {
    PT_TRACEPARENT = 56, /* bytes, the NUL included */
    PT_TRACESTATE = 513, /* the same: what is passed on has at most 512 characters */
    PT_FLAG_SAMPLED = 1,
    PT_FLAG_RANDOM = 2
};

struct pt_traceparent {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t flags; /* PT_FLAG_SAMPLED and PT_FLAG_RANDOM; others are not known to Level 2 */
};

/* False, and nothing is set, for what is no valid traceparent of version 00 or a later one. */
bool pt_traceparent_parse(struct patter_str text, struct pt_traceparent *ret_parent);

/* Version 00, NUL-terminated. Unknown flags are written as 0. */
void pt_traceparent_write(const uint8_t trace_id[16], const uint8_t span_id[8], uint8_t flags,
                          char ret_text[PT_TRACEPARENT]);

/* A list under way: headers are added one by one. Zeroed is empty. */
struct pt_tracestate {
    char text[PT_TRACESTATE]; /* NUL-terminated */
    size_t len;
    size_t member_count; /* of all headers, the cut ones included */
    bool is_invalid;     /* the list as a whole; `text` is empty then */
    bool is_full;        /* a member had to be cut at the end: all after it are cut too */
};

/* Adds the members of one header. Where the list exceeds 512 characters whole members go: first
 * those above 128 characters, then from the end. */
void pt_tracestate_add(struct pt_tracestate *state, struct patter_str header);

#endif /* PT_TRACE_PROPAGATE_H */
