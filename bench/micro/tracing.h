/* SPDX-License-Identifier: MIT */
#ifndef MICRO_TRACING_H
#define MICRO_TRACING_H

/*
 * Tracing without pipeline and exporters: what the bot's thread does is then all that runs, and the
 * records stay in the ring until they are asked for.
 */

#include <stdbool.h>
#include <stdint.h>

#include <patter/patter.h>

#include "core/pipeline/segment.h"

/* Attributes of four keys for each type, all of which may leave. */
enum { MICRO_KEYS = 4 };
extern const char *const micro_bool_keys[MICRO_KEYS];
extern const char *const micro_int_keys[MICRO_KEYS];
extern const char *const micro_double_keys[MICRO_KEYS];
extern const char *const micro_text_keys[MICRO_KEYS];

/* False when memory is short. */
bool micro_tracing_start(void);
void micro_tracing_stop(void);

/* How every call here begins: as a bot that knows its call's id. */
struct patter_call micro_call_begin(void);

/* Recognition, model, speech and tool: four spans with ten attributes beside the call's id. */
void micro_turn(struct patter_call call, uint32_t i);

/* What the records in this thread's ring hold. */
struct micro_drained {
    uint32_t records; /* sound ones */
    uint32_t attributes;
};

/* Takes all records out of this thread's ring, and into `log` where that is not NULL. */
struct micro_drained micro_drain(struct pt_log_segments *log);

#endif /* MICRO_TRACING_H */
