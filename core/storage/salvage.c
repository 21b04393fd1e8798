/* SPDX-License-Identifier: MIT */
#include "core/storage/salvage.h"

#include <string.h>

#include "core/base/class.h"
#include "core/record/survival.h"

/* ---- keys ---------------------------------------------------------------------------- */

void pt_salvage_keys(const unsigned char *bytes, size_t len, struct pt_salvaged_keys *ret_keys)
{
    const struct pt_survival_keys *keys = (const void *)bytes;
    memset(ret_keys, 0, sizeof(*ret_keys));
    if (len < sizeof(*keys) ||
        atomic_load_explicit(&keys->magic, memory_order_relaxed) != PT_SURVIVAL_MAGIC) {
        return;
    }
    uint32_t count = atomic_load_explicit(&keys->names.count, memory_order_relaxed);
    ret_keys->alive_unix_ns = atomic_load_explicit(&keys->alive_unix_ns, memory_order_relaxed);
    ret_keys->count = count < PT_KEYS_MAX ? count : PT_KEYS_MAX;
    for (uint32_t i = 1; i < ret_keys->count; i++) {
        const struct pt_key_place *place = &keys->names.places[i];
        if (place->len <= PT_KEY_NAME_MAX &&
            pt_class_is_key((struct patter_str){ place->name, place->len })) {
            ret_keys->places[i] = *place;
        }
    }
}

struct patter_str pt_salvaged_key_name(const struct pt_salvaged_keys *keys, uint32_t key)
{
    return key < keys->count ? (struct patter_str){ keys->places[key].name, keys->places[key].len }
                             : patter_text("");
}

/* ---- rings ---------------------------------------------------------------------------- */

void pt_salvage_chunk(const unsigned char chunk[PT_CHUNK_SIZE], struct pt_salvaged_part *ret_part)
{
    const struct pt_chunk *from = (const void *)chunk;
    struct pt_salvaged_part part = { 0 };
    uint32_t head = atomic_load_explicit(&from->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&from->tail, memory_order_relaxed);
    part.is_damaged = head > PT_CHUNK_DATA || head % 8 != 0 || (tail < head && tail % 8 != 0);

    for (uint32_t at = tail; !part.is_damaged && at < head;) {
        const struct pt_record *record = (const void *)(from->data + at);
        if (!pt_record_is_sound(record, head - at)) {
            part.is_damaged = true;
            break;
        }
        if (part.count == 0) {
            part.records = from->data + at;
            part.ring_id = record->ring_id;
            part.sequence = record->sequence;
        }
        if (record->ring_id != part.ring_id || record->ring_id == PT_SALVAGED_ROOTS ||
            record->sequence != part.sequence + part.count) {
            part.is_damaged = true;
            break;
        }
        part.count++;
        part.len += record->size;
        at += record->size;
    }
    *ret_part = part;
}

/* ---- slots ---------------------------------------------------------------------------- */

/* How many bytes of the record are whole: a crash in the middle of setting an attribute leaves a
 * size or a count behind the other. Corrects the counts. */
static uint32_t whole_size(struct pt_record *record, const unsigned char *bytes)
{
    uint32_t attributes = 0, events = 0, links = 0;
    uint32_t at = pt_record_items_at(record);
    while (record->size - at >= sizeof(struct pt_item)) {
        const struct pt_item *item = (const void *)(bytes + at);
        uint32_t size = (uint32_t)sizeof(*item) + pt_pad8(item->len);
        uint32_t *count = item->type == PT_ITEM_EVENT  ? &events
                          : item->type == PT_ITEM_LINK ? &links
                                                       : &attributes;
        uint32_t most = item->type == PT_ITEM_EVENT  ? record->event_count
                        : item->type == PT_ITEM_LINK ? record->link_count
                                                     : record->attribute_count;
        if (size > record->size - at || *count == most || !pt_record_item_is_sound(bytes, at)) {
            break;
        }
        ++*count;
        at += size;
    }
    record->attribute_count = (uint16_t)attributes;
    record->event_count = (uint16_t)events;
    record->link_count = (uint16_t)links;
    return at;
}

enum pt_salvaged_slot pt_salvage_slot(const unsigned char slot[sizeof(struct pt_slot)],
                                      struct pt_salvaged_root *ret_root)
{
    const struct pt_slot *from = (const void *)slot;
    unsigned char is_root;
    memcpy(&is_root, &from->is_root, sizeof(is_root)); /* may be no bool */
    if (is_root == 0) {
        return PT_SLOT_HAS_NONE;
    }
    memset(ret_root, 0, sizeof(*ret_root));
    memcpy(ret_root->bytes, from->inline_bytes, PT_SLOT_INLINE);
    struct pt_record *record = &ret_root->record;
    if (is_root != 1 || record->size > PT_SLOT_INLINE || record->size % 8 != 0 ||
        record->size < sizeof(*record) || pt_record_items_at(record) > record->size) {
        return PT_SLOT_IS_DAMAGED;
    }
    record->size = whole_size(record, ret_root->bytes);
    ret_root->is_ending =
        atomic_load_explicit(&from->generation, memory_order_relaxed) % PT_SLOT_STATES !=
        PT_SLOT_OPEN;
    return pt_record_is_sound(record, PT_SLOT_INLINE) ? PT_SLOT_HAS_ROOT : PT_SLOT_IS_DAMAGED;
}

static bool has_attribute(const struct pt_salvaged_root *root, uint32_t key)
{
    for (uint32_t at = pt_record_items_at(&root->record); at < root->record.size;) {
        const struct pt_item *item = (const void *)(root->bytes + at);
        if (item->key == key && item->type <= PT_ITEM_TEXT) {
            return true;
        }
        at += (uint32_t)sizeof(*item) + pt_pad8(item->len);
    }
    return false;
}

void pt_salvaged_root_close(struct pt_salvaged_root *root, uint32_t error_type,
                            uint64_t end_unix_ns)
{
    static const char type[] = "abandoned";
    struct pt_record *record = &root->record;
    record->status = PATTER_STATUS_ERROR;
    record->end_unix_ns = end_unix_ns > record->begin_unix_ns ? end_unix_ns : record->begin_unix_ns;
    if (error_type == 0 || record->attribute_count == UINT16_MAX ||
        has_attribute(root, error_type)) {
        return;
    }
    struct pt_item *item = (void *)(root->bytes + record->size);
    *item = (struct pt_item){ .key = (uint16_t)error_type,
                              .type = PT_ITEM_TEXT,
                              .len = sizeof(type) - 1 };
    record->size += (uint32_t)sizeof(*item) + pt_record_put(item + 1, patter_text(type));
    record->attribute_count++;
}
