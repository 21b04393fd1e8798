/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_PROPAGATE_H
#define PT_TRACE_PROPAGATE_H

/* W3C Trace Context (Level 2): traceparent as text; tracestate is core/base/tracestate.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <patter/types.h>

#include "core/base/tracestate.h"

enum {
    PT_TRACEPARENT = 56, /* bytes, the NUL included */
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

#endif /* PT_TRACE_PROPAGATE_H */
