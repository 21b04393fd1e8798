/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_SLOT_H
#define PT_RECORD_SLOT_H

/*
 * A span that is still open: its record, growing in place. A handle is the slot's index and its
 * generation, so that one used after the end finds another generation and does nothing.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/record/record.h"

struct pt_thread;

enum { PT_SLOT_INLINE = 896 }; /* the usual span; a larger one moves to the heap */

struct pt_slot {
    _Atomic uint32_t generation; /* odd while a span lives here; begin and end write it */
    uint32_t index;
    _Atomic uint64_t trace_id[2]; /* as in the record, for other threads' children and headers */
    _Atomic uint64_t span_id;
    uint64_t begin_ticks;     /* 0: the beginning was given, the clock was not read */
    struct pt_record *record; /* in `inline_bytes`, or malloc'd */
    uint32_t capacity;        /* bytes at `record` */
    bool is_root;             /* ended by its call alone */
    _Alignas(16) unsigned char inline_bytes[PT_SLOT_INLINE];
};

/* Lets open spans take as many bytes as all that waits (buffer.max_memory). [control] */
void pt_slots_set_max(uint64_t bytes);

/* A slot for a new span, with a record's room in place; NULL when memory is short. Its handle goes
 * to `ret_handle`. */
struct pt_slot *pt_slot_take(struct pt_thread *thread, uint64_t *ret_handle);

/* The open span of that handle; NULL when it has ended. */
struct pt_slot *pt_slot_find(uint64_t handle);

/* The ids of an open span, asked by any thread; false when it has ended. */
bool pt_slot_ids(uint64_t handle, uint8_t ret_trace_id[16], uint8_t ret_span_id[8]);

/* Makes the handle void; false when it was already: of two that end a span, one wins. */
bool pt_slot_claim(struct pt_slot *slot, uint64_t handle);

/* Gives a claimed slot back. */
void pt_slot_give(struct pt_thread *thread, struct pt_slot *slot);

/* A thread's spare slots go back to all. [the thread, at its exit] */
void pt_slots_give_back(struct pt_thread *thread);

/* Ends every open span without a record; returns how many. After pt_threads_quiesce. [control] */
uint64_t pt_slots_abandon_all(void);

/* In a forked child: no span is open and every slot is free. Large records are left where they are:
 * a thread that the child has not may have been moving one. [control] */
void pt_slots_forget(void);

/* `size` more bytes at the record's end; false, and nothing changed, when the record would become
 * larger than PT_RECORD_MAX or memory is short. */
bool pt_slot_reserve(struct pt_slot *slot, uint32_t size);

/* ---- building the record ------------------------------------------------- */

/* Sets attribute `key`; a repeated one replaces. `payload`: `len` bytes. False when there is no
 * room, or `max_attributes` are there already. */
bool pt_slot_set(struct pt_slot *slot, uint32_t key, enum pt_item_type type, const void *payload,
                 uint32_t len, uint32_t max_attributes);

/* Adds an item with `len` bytes of payload, which the caller fills; NULL when there is no room. */
unsigned char *pt_slot_append(struct pt_slot *slot, uint32_t key, enum pt_item_type type,
                              uint32_t len);

#endif /* PT_RECORD_SLOT_H */
