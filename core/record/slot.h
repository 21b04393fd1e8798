/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_SLOT_H
#define PT_RECORD_SLOT_H

/*
 * A span that is still open: its record, growing in place. A handle is the slot's index and its
 * generation, so that one used after the end finds another generation and does nothing.
 *
 * A slot belongs to the thread that took it, its owner, until that gives it back to all. Most spans
 * end on the thread that began them, and there the end is a plain load and store: a locked
 * instruction waits until every store before it has left the core, 11 of 57 ns a span when it was
 * one. Another thread claims the span with a compare and exchange and sends the slot back to its
 * owner. Should both end one span at one instant, which no program may, the span may be recorded
 * twice, but the owner alone says which slots are free, so that no slot is ever two spans'.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/record/pool.h"
#include "core/record/record.h"
#include "core/record/thread.h"

enum { PT_SLOT_INLINE = 960 }; /* the usual span; a larger one moves to the heap */

/* The state of a slot, in the lowest bits of its generation. */
enum { PT_SLOT_FREE = 0, PT_SLOT_OPEN = 1, PT_SLOT_RETURNED = 2, PT_SLOT_STATES = 4 };

struct pt_slot {
    _Atomic uint32_t generation; /* begin and end write it */
    uint32_t index;
    _Atomic(struct pt_thread *) owner; /* written while free by who takes or gives it; NULL: none */
    struct pt_slot *next_returned;     /* in the owner's list; who returns it writes */
    uint64_t begin_monotonic_ns;       /* of begin_ticks */
    uint64_t begin_ticks;              /* 0: the beginning was given, the clock was not read */
    struct pt_record *record; /* in `inline_bytes`, or malloc'd; in a free slot the former */
    uint32_t capacity;        /* bytes at `record` */
    atomic_bool is_root;      /* ended by its call alone. Set (release) once the record is whole and
                                 cleared once it is in a ring, so that what a crash leaves tells
                                 the roots that have no end */
    atomic_bool is_returned;  /* in its owner's list */
    uint64_t keys;            /* bit key % 64 is set for each attribute: where it is not, the
                                 attribute is new */
    /* Even after a record has grown out of it its head stays: pt_slot_ids reads the ids there. */
    _Alignas(16) unsigned char inline_bytes[PT_SLOT_INLINE];
};

_Static_assert(sizeof(struct pt_slot) == 1024, "a look-up multiplies by it");

/* Lets open spans take as many bytes as all that waits (buffer.max_memory). [control] */
void pt_slots_set_max(uint64_t bytes);

/* A slot for a new span, with a record's room in place; NULL when memory is short. Its handle goes
 * to `ret_handle`. */
static inline struct pt_slot *pt_slot_take(struct pt_thread *thread, uint64_t *ret_handle);

/* The open span of that handle; NULL when it has ended. */
static inline struct pt_slot *pt_slot_find(uint64_t handle);

/* The ids of an open span, asked by any thread; false when it has ended. */
bool pt_slot_ids(uint64_t handle, uint8_t ret_trace_id[16], uint8_t ret_span_id[8]);

/* Makes the handle void; false when it was already: of two that end a span, one wins. */
static inline bool pt_slot_claim(struct pt_thread *thread, struct pt_slot *slot, uint64_t handle);

/* Gives a claimed slot back. */
static inline void pt_slot_give(struct pt_thread *thread, struct pt_slot *slot);

/* A thread's spare slots go back to all. [the thread, at its exit] */
void pt_slots_give_back(struct pt_thread *thread);

/* Ends every open span without a record; returns how many. After pt_threads_quiesce. [control] */
uint64_t pt_slots_abandon_all(void);

/* The place in a ring that an ending root's record is about to get: a crash before or after it is
 * there can be told apart. */
static inline void pt_slot_note_place(struct pt_slot *slot, const struct pt_ring *ring);

/* In a forked child: what its parent's slots need that go on as free ones in `fresh` pages, which
 * are zero: what makes handles void. `block` is shared with the parent, who writes on. [control] */
void pt_slots_keep(void *fresh, const void *block, size_t size);

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

/* The same for a bool, int or double, whose payload is 8 bytes. */
static inline bool pt_slot_set_number(struct pt_slot *slot, uint32_t key, enum pt_item_type type,
                                      uint64_t payload, uint32_t max_attributes);

/* The same for a text that is followed by zeros up to PT_FAMILIAR_LEN. */
static inline bool pt_slot_set_familiar(struct pt_slot *slot, uint32_t key,
                                        const struct pt_familiar_text *text,
                                        uint32_t max_attributes);

/* Adds an item with `len` bytes of payload, which the caller fills; NULL when there is no room. */
unsigned char *pt_slot_append(struct pt_slot *slot, uint32_t key, enum pt_item_type type,
                              uint32_t len);

/* ---- written in line, since every span does them -------------------------------- */

enum { PT_SLOT_BLOCK_SHIFT = 6 };
extern struct pt_pool pt_slots;

/* For a thread that has no spare slot, or too many. */
struct pt_slot *pt_slot_take_more(struct pt_thread *thread);
void pt_slot_give_shared(struct pt_slot *slot);
/* The claim and the way back of a span that ends on another thread than the slot's owner. */
bool pt_slot_claim_shared(const struct pt_thread *thread, struct pt_slot *slot,
                          uint32_t generation);
void pt_slot_return(struct pt_slot *slot);
/* Frees a record that had left the slot. */
void pt_slot_shrink(struct pt_slot *slot);

static inline struct pt_slot *pt_slot_at(uint32_t index)
{
    return (struct pt_slot *)pt_pool_item(&pt_slots, index, PT_SLOT_BLOCK_SHIFT,
                                          sizeof(struct pt_slot));
}

static inline struct pt_slot *pt_slot_take(struct pt_thread *thread, uint64_t *ret_handle)
{
    /* A thread keeps a few spare slots, so that most spans touch nothing shared. */
    struct pt_slot *slot = PT_LIKELY(thread->spare_count > 0) ? thread->spare[--thread->spare_count]
                                                              : pt_slot_take_more(thread);
    if (PT_UNLIKELY(!slot)) {
        return NULL;
    }
    atomic_store_explicit(&slot->is_root, false, memory_order_relaxed);
    slot->keys = 0;
    uint32_t generation =
        atomic_load_explicit(&slot->generation, memory_order_relaxed) + PT_SLOT_OPEN;
    atomic_store_explicit(&slot->generation, generation, memory_order_release);
    *ret_handle = (uint64_t)generation << 32 | (slot->index + 1);
    return slot;
}

static inline struct pt_slot *pt_slot_find(uint64_t handle)
{
    uint32_t generation = (uint32_t)(handle >> 32);
    struct pt_slot *slot = pt_slot_at((uint32_t)handle - 1);
    /* No handle has another state, but a forged or torn one may. */
    return slot && generation % PT_SLOT_STATES == PT_SLOT_OPEN &&
                   atomic_load_explicit(&slot->generation, memory_order_acquire) == generation
               ? slot
               : NULL;
}

static inline bool pt_slot_is_own(const struct pt_thread *thread, const struct pt_slot *slot)
{
    return atomic_load_explicit(&slot->owner, memory_order_relaxed) == thread;
}

static inline bool pt_slot_claim(struct pt_thread *thread, struct pt_slot *slot, uint64_t handle)
{
    uint32_t generation = (uint32_t)(handle >> 32);
    /* A record on the heap is freed at its end: there the two who must not would meet in it. */
    if (PT_UNLIKELY(!pt_slot_is_own(thread, slot) || slot->capacity > PT_SLOT_INLINE)) {
        return pt_slot_claim_shared(thread, slot, generation);
    }
    if (PT_UNLIKELY(atomic_load_explicit(&slot->generation, memory_order_relaxed) != generation)) {
        return false;
    }
    atomic_store_explicit(&slot->generation, generation - PT_SLOT_OPEN + PT_SLOT_STATES,
                          memory_order_release);
    return true;
}

static inline void pt_slot_give(struct pt_thread *thread, struct pt_slot *slot)
{
    if (PT_UNLIKELY(slot->capacity > PT_SLOT_INLINE)) {
        pt_slot_shrink(slot);
    }
    if (PT_UNLIKELY(!pt_slot_is_own(thread, slot))) {
        pt_slot_return(slot);
    } else if (PT_LIKELY(thread->spare_count < PT_SPARE_SLOTS)) {
        thread->spare[thread->spare_count++] = slot;
    } else {
        pt_slot_give_shared(slot);
    }
}

static inline void pt_slot_note_place(struct pt_slot *slot, const struct pt_ring *ring)
{
    struct pt_record *head = (struct pt_record *)(void *)slot->inline_bytes;
    head->ring_id = ring->id;
    head->sequence = atomic_load_explicit(&ring->sequence, memory_order_relaxed);
    atomic_signal_fence(memory_order_release); /* before the claim */
}

static inline bool pt_slot_may_have(const struct pt_slot *slot, uint32_t key)
{
    return (slot->keys >> (key % 64)) & 1;
}

static inline struct pt_item *pt_slot_item(const struct pt_slot *slot, uint32_t at)
{
    return (struct pt_item *)(void *)((unsigned char *)slot->record + at);
}

static inline bool pt_slot_set_number(struct pt_slot *slot, uint32_t key, enum pt_item_type type,
                                      uint64_t payload, uint32_t max_attributes)
{
    struct pt_record *record = slot->record;
    uint32_t size = record->size;
    if (record->attribute_count >= max_attributes || size + 16 > slot->capacity ||
        pt_slot_may_have(slot, key)) {
        return pt_slot_set(slot, key, type, &payload, sizeof(payload), max_attributes);
    }
    struct pt_item *item = pt_slot_item(slot, size);
    *item = (struct pt_item){ .key = (uint16_t)key, .type = (uint16_t)type, .len = 8 };
    memcpy(item + 1, &payload, sizeof(payload));
    atomic_signal_fence(memory_order_release); /* a crash finds the size after what it tells of */
    record->size = size + 16;
    record->attribute_count++;
    slot->keys |= 1ull << (key % 64);
    return true;
}

static inline bool pt_slot_set_familiar(struct pt_slot *slot, uint32_t key,
                                        const struct pt_familiar_text *text,
                                        uint32_t max_attributes)
{
    enum { USUAL_LEN = 16 };
    struct pt_record *record = slot->record;
    uint32_t size = record->size;
    uint32_t len = pt_familiar_len(text);
    if (PT_UNLIKELY(record->attribute_count >= max_attributes ||
                    size + sizeof(struct pt_item) + PT_FAMILIAR_LEN > slot->capacity ||
                    pt_slot_may_have(slot, key))) {
        return pt_slot_set(slot, key, PT_ITEM_TEXT, text->text, len, max_attributes);
    }
    struct pt_item *item = pt_slot_item(slot, size);
    *item = (struct pt_item){ .key = (uint16_t)key, .type = PT_ITEM_TEXT, .len = (uint16_t)len };
    memcpy(item + 1, text->text, USUAL_LEN);
    if (PT_UNLIKELY(len > USUAL_LEN)) {
        memcpy((char *)(item + 1) + USUAL_LEN, text->text + USUAL_LEN, PT_FAMILIAR_LEN - USUAL_LEN);
    }
    atomic_signal_fence(memory_order_release);
    record->size = size + (uint32_t)sizeof(*item) + pt_pad8(len);
    record->attribute_count++;
    slot->keys |= 1ull << (key % 64);
    return true;
}

#endif /* PT_RECORD_SLOT_H */
