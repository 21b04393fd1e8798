/* SPDX-License-Identifier: MIT */
#include "core/record/slot.h"

#include <stdlib.h>
#include <string.h>

struct pt_pool pt_slots = PT_POOL_INIT(sizeof(struct pt_slot), PT_SLOT_BLOCK_SHIFT);

void pt_slots_set_max(uint64_t bytes)
{
    pt_pool_limit(&pt_slots, bytes);
}

static uint32_t state_of(uint32_t generation)
{
    return generation % PT_SLOT_STATES;
}

static uint32_t next_free(uint32_t generation)
{
    return generation - state_of(generation) + PT_SLOT_STATES;
}

/* ---- threads and the pool ------------------------------------------------------ */

/* Takes back what other threads have ended; true when that gave a spare slot. */
static bool take_returned(struct pt_thread *thread)
{
    struct pt_slot *slot = atomic_exchange_explicit(&thread->returned, NULL, memory_order_acquire);
    while (slot) {
        struct pt_slot *next = slot->next_returned;
        atomic_exchange_explicit(&slot->is_returned, false, memory_order_acq_rel);
        uint32_t generation = atomic_load_explicit(&slot->generation, memory_order_acquire);
        if (pt_slot_is_own(thread, slot) && state_of(generation) == PT_SLOT_RETURNED) {
            atomic_store_explicit(&slot->generation, next_free(generation), memory_order_release);
            pt_slot_give(thread, slot);
        }
        slot = next;
    }
    return thread->spare_count > 0;
}

struct pt_slot *pt_slot_take_more(struct pt_thread *thread)
{
    if (take_returned(thread)) {
        return thread->spare[--thread->spare_count];
    }
    uint32_t index = pt_pool_take(&pt_slots);
    struct pt_slot *slot = index != UINT32_MAX ? pt_slot_at(index) : NULL;
    if (slot) {
        slot->index = index;
        slot->record = (struct pt_record *)(void *)slot->inline_bytes;
        slot->capacity = PT_SLOT_INLINE;
        atomic_store_explicit(&slot->owner, thread, memory_order_relaxed);
    }
    return slot;
}

void pt_slot_give_shared(struct pt_slot *slot)
{
    atomic_store_explicit(&slot->owner, NULL, memory_order_relaxed);
    pt_pool_give(&pt_slots, slot->index);
}

bool pt_slot_claim_shared(const struct pt_thread *thread, struct pt_slot *slot, uint32_t generation)
{
    uint32_t returned = generation - PT_SLOT_OPEN + PT_SLOT_RETURNED;
    if (!atomic_compare_exchange_strong_explicit(&slot->generation, &generation, returned,
                                                 memory_order_acq_rel, memory_order_relaxed)) {
        return false;
    }
    if (pt_slot_is_own(thread, slot)) {
        atomic_store_explicit(&slot->generation, next_free(returned), memory_order_release);
    }
    return true;
}

void pt_slot_return(struct pt_slot *slot)
{
    struct pt_thread *owner = atomic_load_explicit(&slot->owner, memory_order_relaxed);
    if (!owner || atomic_exchange_explicit(&slot->is_returned, true, memory_order_acq_rel)) {
        return;
    }
    struct pt_slot *first = atomic_load_explicit(&owner->returned, memory_order_relaxed);
    do {
        slot->next_returned = first;
    } while (!atomic_compare_exchange_weak_explicit(&owner->returned, &first, slot,
                                                    memory_order_release, memory_order_relaxed));
}

void pt_slot_shrink(struct pt_slot *slot)
{
    free(slot->record);
    pt_memory_give(slot->capacity);
    slot->record = (struct pt_record *)(void *)slot->inline_bytes;
    slot->capacity = PT_SLOT_INLINE;
}

bool pt_slot_ids(uint64_t handle, uint8_t ret_trace_id[16], uint8_t ret_span_id[8])
{
    struct pt_slot *slot = pt_slot_find(handle);
    if (!slot) {
        return false;
    }
    /* The owner of the next span in this slot writes them as whole words too. */
    const unsigned char *head = slot->inline_bytes;
    const void *trace_at = head + offsetof(struct pt_record, trace_id);
    const void *span_at = head + offsetof(struct pt_record, span_id);
    uint64_t trace_id[2] = { __atomic_load_n((const uint64_t *)trace_at, __ATOMIC_ACQUIRE),
                             __atomic_load_n((const uint64_t *)trace_at + 1, __ATOMIC_ACQUIRE) };
    uint64_t span_id = __atomic_load_n((const uint64_t *)span_at, __ATOMIC_ACQUIRE);
    if (pt_slot_find(handle) != slot) {
        return false; /* ended meanwhile: these may be its successor's */
    }
    memcpy(ret_trace_id, trace_id, sizeof(trace_id));
    memcpy(ret_span_id, &span_id, sizeof(span_id));
    return true;
}

void pt_slots_give_back(struct pt_thread *thread)
{
    do {
        while (thread->spare_count > 0) {
            pt_slot_give_shared(thread->spare[--thread->spare_count]);
        }
    } while (take_returned(thread));
}

uint64_t pt_slots_abandon_all(void)
{
    uint64_t count = 0;
    for (uint32_t i = pt_pool_size(&pt_slots); i > 0; i--) {
        struct pt_slot *slot = pt_slot_at(i - 1);
        uint32_t generation = atomic_load_explicit(&slot->generation, memory_order_acquire);
        if (state_of(generation) == PT_SLOT_OPEN && pt_slot_claim_shared(NULL, slot, generation)) {
            if (slot->capacity > PT_SLOT_INLINE) {
                pt_slot_shrink(slot);
            }
            atomic_store_explicit(&slot->is_root, false, memory_order_relaxed);
            pt_slot_return(slot);
            count++;
        }
    }
    return count;
}

void pt_slots_keep(void *fresh, const void *block, size_t size)
{
    struct pt_slot *to = fresh;
    const struct pt_slot *from = block;
    for (size_t i = 0; i < size / sizeof(*to); i++) {
        uint32_t generation = atomic_load_explicit(&from[i].generation, memory_order_relaxed);
        if (generation > 0) { /* else it was never used, and its page stays untouched */
            atomic_store_explicit(&to[i].generation, generation, memory_order_relaxed);
            to[i].record = from[i].record; /* unreachable but for leak checkers */
        }
    }
}

void pt_slots_forget(void)
{
    for (uint32_t i = pt_pool_size(&pt_slots); i > 0; i--) {
        struct pt_slot *slot = pt_slot_at(i - 1);
        uint32_t generation = atomic_load_explicit(&slot->generation, memory_order_relaxed);
        atomic_store_explicit(&slot->generation, next_free(generation), memory_order_relaxed);
        atomic_store_explicit(&slot->owner, NULL, memory_order_relaxed);
        atomic_store_explicit(&slot->is_returned, false, memory_order_relaxed);
        atomic_store_explicit(&slot->is_root, false, memory_order_relaxed);
    }
    pt_pool_give_all(&pt_slots);
}

bool pt_slot_reserve(struct pt_slot *slot, uint32_t size)
{
    uint32_t needed = slot->record->size + size;
    if (needed <= slot->capacity) {
        return true;
    }
    if (needed > PT_RECORD_MAX) {
        return false;
    }
    bool was_inline = slot->capacity == PT_SLOT_INLINE;
    uint32_t capacity = needed * 2 < PT_RECORD_MAX ? needed * 2 : PT_RECORD_MAX;
    uint32_t more = capacity - (was_inline ? 0 : slot->capacity);
    if (!pt_memory_take(more)) {
        return false;
    }
    struct pt_record *record = realloc(was_inline ? NULL : slot->record, capacity);
    if (!record) {
        pt_memory_give(more);
        return false;
    }
    if (was_inline) {
        memcpy(record, slot->record, slot->record->size);
    }
    slot->record = record;
    slot->capacity = capacity;
    return true;
}

static uint32_t item_size(const struct pt_item *item)
{
    return (uint32_t)sizeof(*item) + pt_pad8(item->len);
}

/* Where attribute `key` stands, in bytes from the record's beginning, or 0. */
static uint32_t find_item(const struct pt_slot *slot, uint32_t key)
{
    for (uint32_t at = pt_record_items_at(slot->record); at < slot->record->size;
         at += item_size(pt_slot_item(slot, at))) {
        if (pt_slot_item(slot, at)->key == key) {
            return at;
        }
    }
    return 0;
}

unsigned char *pt_slot_append(struct pt_slot *slot, uint32_t key, enum pt_item_type type,
                              uint32_t len)
{
    uint32_t size = (uint32_t)sizeof(struct pt_item) + pt_pad8(len);
    if (len > UINT16_MAX || !pt_slot_reserve(slot, size)) {
        return NULL;
    }
    struct pt_item *item = pt_slot_item(slot, slot->record->size);
    *item = (struct pt_item){ .key = (uint16_t)key, .type = (uint16_t)type, .len = (uint16_t)len };
    unsigned char *payload = (unsigned char *)(item + 1);
    if (len % 8 != 0) {
        memset(payload + pt_pad8(len) - 8, 0, 8); /* the padding leaves with the bytes */
    }
    slot->record->size += size;
    return payload;
}

static void remove_item(struct pt_slot *slot, uint32_t at)
{
    uint32_t size = item_size(pt_slot_item(slot, at));
    unsigned char *bytes = (unsigned char *)slot->record;
    memmove(bytes + at, bytes + at + size, slot->record->size - at - size);
    slot->record->size -= size;
    slot->record->attribute_count--;
}

bool pt_slot_set(struct pt_slot *slot, uint32_t key, enum pt_item_type type, const void *payload,
                 uint32_t len, uint32_t max_attributes)
{
    uint32_t at = pt_slot_may_have(slot, key) ? find_item(slot, key) : 0;
    if (at != 0) {
        /* Room for the new value before the old one goes: a refusal must not lose it. */
        if (!pt_slot_reserve(slot, (uint32_t)sizeof(struct pt_item) + pt_pad8(len))) {
            return false;
        }
        remove_item(slot, at);
    } else if (slot->record->attribute_count >= max_attributes) {
        return false;
    }
    unsigned char *to = pt_slot_append(slot, key, type, len);
    if (!to) {
        return false;
    }
    memcpy(to, payload, len);
    slot->record->attribute_count++;
    slot->keys |= 1ull << (key % 64);
    return true;
}
