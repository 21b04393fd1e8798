/* SPDX-License-Identifier: MIT */
#ifndef PT_TRACE_CALL_H
#define PT_TRACE_CALL_H

/* An open call: what each of its spans begins with. */

#include <stdbool.h>
#include <stdint.h>

#include "core/record/record.h"

/* The head of every record of a call, with the call's id and tracestate behind it. */
struct pt_call_template {
    struct pt_record record; /* parent_id is the root span's id */
    unsigned char texts[PT_CALL_ID_MAX + PT_TRACESTATE_MAX];
};

/* Copies the call's template into `ret_template` (as many bytes as its record.size says) and its
 * root span's handle (0: not sampled); false when the call has ended. Safe against an end by
 * another thread. */
bool pt_call_read(uint64_t handle, struct pt_call_template *ret_template, uint64_t *ret_root);

/* Makes every open call's handle void. After pt_threads_quiesce. [control] */
void pt_calls_abandon_all(void);

#endif /* PT_TRACE_CALL_H */
