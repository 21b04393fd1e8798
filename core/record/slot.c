/* SPDX-License-Identifier: MIT */
#include "core/record/slot.h"

#include <stdlib.h>
#include <string.h>

#include "core/record/pool.h"
#include "core/record/thread.h"

static struct pt_pool slots = PT_POOL_INIT(sizeof(struct pt_slot), 6);

void pt_slots_set_max(uint64_t bytes)
{
    pt_pool_limit(&slots, bytes);
}

/* Even ones are of free slots: no handle has one, but a forged or torn one may. */
static bool is_open(uint32_t generation)
{
    return generation % 2 == 1;
}

static uint64_t handle_of(const struct pt_slot *slot, uint32_t generation)
{
    return (uint64_t)generation << 32 | (slot->index + 1);
}

/* A thread keeps a few spare slots, so that most spans touch nothing shared. */
static uint32_t take_index(struct pt_thread *thread)
{
    if (thread->spare_count > 0) {
        return thread->spare[--thread->spare_count];
    }
    return pt_pool_take(&slots);
}

struct pt_slot *pt_slot_take(struct pt_thread *thread, uint64_t *ret_handle)
{
    uint32_t index = take_index(thread);
    if (index == UINT32_MAX) {
        return NULL;
    }
    struct pt_slot *slot = pt_pool_at(&slots, index);
    slot->index = index;
    slot->record = (struct pt_record *)(void *)slot->inline_bytes;
    slot->capacity = PT_SLOT_INLINE;
    slot->is_root = false;
    uint32_t generation = atomic_load_explicit(&slot->generation, memory_order_relaxed) + 1;
    atomic_store_explicit(&slot->generation, generation, memory_order_release);
    *ret_handle = handle_of(slot, generation);
    return slot;
}

struct pt_slot *pt_slot_find(uint64_t handle)
{
    uint32_t number = (uint32_t)handle;
    bool was_handle = number > 0 && is_open((uint32_t)(handle >> 32));
    struct pt_slot *slot = was_handle ? pt_pool_at(&slots, number - 1) : NULL;
    if (!slot || atomic_load_explicit(&slot->generation, memory_order_acquire) != handle >> 32) {
        return NULL;
    }
    return slot;
}

bool pt_slot_ids(uint64_t handle, uint8_t ret_trace_id[16], uint8_t ret_span_id[8])
{
    struct pt_slot *slot = pt_slot_find(handle);
    if (!slot) {
        return false;
    }
    uint64_t trace_id[2] = { atomic_load_explicit(&slot->trace_id[0], memory_order_acquire),
                             atomic_load_explicit(&slot->trace_id[1], memory_order_acquire) };
    uint64_t span_id = atomic_load_explicit(&slot->span_id, memory_order_acquire);
    if (pt_slot_find(handle) != slot) {
        return false; /* ended meanwhile: these may be its successor's */
    }
    memcpy(ret_trace_id, trace_id, sizeof(trace_id));
    memcpy(ret_span_id, &span_id, sizeof(span_id));
    return true;
}

bool pt_slot_claim(struct pt_slot *slot, uint64_t handle)
{
    uint32_t generation = (uint32_t)(handle >> 32);
    return atomic_compare_exchange_strong_explicit(&slot->generation, &generation, generation + 1,
                                                   memory_order_acq_rel, memory_order_relaxed);
}

void pt_slot_give(struct pt_thread *thread, struct pt_slot *slot)
{
    if (slot->capacity > PT_SLOT_INLINE) {
        free(slot->record);
        pt_memory_give(slot->capacity);
        slot->capacity = PT_SLOT_INLINE;
    }
    if (thread->spare_count < PT_SPARE_SLOTS) {
        thread->spare[thread->spare_count++] = slot->index;
    } else {
        pt_pool_give(&slots, slot->index);
    }
}

void pt_slots_give_back(struct pt_thread *thread)
{
    while (thread->spare_count > 0) {
        pt_pool_give(&slots, thread->spare[--thread->spare_count]);
    }
}

uint64_t pt_slots_abandon_all(void)
{
    uint64_t count = 0;
    for (uint32_t i = pt_pool_size(&slots); i > 0; i--) {
        struct pt_slot *slot = pt_pool_at(&slots, i - 1);
        uint32_t generation = atomic_load_explicit(&slot->generation, memory_order_acquire);
        if (is_open(generation) && pt_slot_claim(slot, handle_of(slot, generation))) {
            struct pt_thread nobody = { .spare_count = PT_SPARE_SLOTS };
            pt_slot_give(&nobody, slot);
            count++;
        }
    }
    return count;
}

void pt_slots_forget(void)
{
    for (uint32_t i = pt_pool_size(&slots); i > 0; i--) {
        struct pt_slot *slot = pt_pool_at(&slots, i - 1);
        uint32_t generation = atomic_load_explicit(&slot->generation, memory_order_relaxed);
        atomic_store_explicit(&slot->generation, generation + is_open(generation),
                              memory_order_relaxed);
    }
    pt_pool_give_all(&slots);
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

static struct pt_item *item_at(struct pt_slot *slot, uint32_t at)
{
    return (struct pt_item *)(void *)((unsigned char *)slot->record + at);
}

static uint32_t item_size(const struct pt_item *item)
{
    return (uint32_t)sizeof(*item) + pt_pad8(item->len);
}

/* Where attribute `key` stands, or 0. */
static uint32_t find_item(struct pt_slot *slot, uint32_t key)
{
    for (uint32_t at = pt_record_items_at(slot->record); at < slot->record->size;
         at += item_size(item_at(slot, at))) {
        if (item_at(slot, at)->key == key) {
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
    struct pt_item *item = item_at(slot, slot->record->size);
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
    uint32_t size = item_size(item_at(slot, at));
    unsigned char *bytes = (unsigned char *)slot->record;
    memmove(bytes + at, bytes + at + size, slot->record->size - at - size);
    slot->record->size -= size;
    slot->record->attribute_count--;
}

bool pt_slot_set(struct pt_slot *slot, uint32_t key, enum pt_item_type type, const void *payload,
                 uint32_t len, uint32_t max_attributes)
{
    uint32_t at = find_item(slot, key);
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
    return true;
}
