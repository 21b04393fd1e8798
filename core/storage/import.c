/* SPDX-License-Identifier: MIT */
#include "core/storage/import.h"

#include <patter/patter.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/base/tracestate.h"
#include "core/record/key.h"
#include "core/storage/file.h"

enum { UNKNOWN = UINT16_MAX };

struct import {
    const struct pt_salvaged_keys *keys;
    const struct pt_hash *hash;
    uint16_t numbers[PT_KEYS_MAX]; /* of ours, by theirs; UNKNOWN until it is asked for */
    uint64_t left_out;             /* attributes */
};

/* One record on its way. `from` is sound, so that no length in it leads out of it. */
struct passage {
    struct import *import;
    const unsigned char *from;
    unsigned char *to;
    uint32_t at; /* in `to` */
};

/* ---- what may leave ------------------------------------------------------------------------ */

/* 0: this process knows no such key. */
static uint32_t number_of(struct import *import, uint32_t key)
{
    if (key >= PT_KEYS_MAX) {
        return 0;
    }
    if (import->numbers[key] == UNKNOWN) {
        struct patter_str name = pt_salvaged_key_name(import->keys, key);
        import->numbers[key] = name.len > 0 ? (uint16_t)pt_key_find(name) : 0;
    }
    return import->numbers[key];
}

/* The form of pt_hash_text. */
static bool is_hash(struct patter_str text)
{
    if (text.len != PT_HASH_TEXT - 1 || !pt_str_starts(text, "h-")) {
        return false;
    }
    for (size_t i = 2; i < text.len; i++) {
        char c = text.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return true;
}

static struct patter_value value_of(const struct pt_item *item)
{
    struct patter_value value = { .type = item->type };
    int64_t number;
    if (item->type == PT_ITEM_TEXT) {
        value.as.text = (struct patter_str){ (const char *)(item + 1), item->len };
        return value;
    }
    memcpy(&number, item + 1, sizeof(number));
    if (item->type == PT_ITEM_BOOL) {
        value.as.boolean = number != 0;
    } else if (item->type == PT_ITEM_INT) {
        value.as.integer = number;
    } else {
        memcpy(&value.as.real, &number, sizeof(number));
    }
    return value;
}

static bool may_leave(uint32_t key, const struct pt_item *item)
{
    enum pt_class value_class;
    const char *const *choices;
    if (key == 0 || key == PATTER_KEY_CALL_ID || !pt_key_verdict(key, &value_class, &choices)) {
        return false;
    }
    struct patter_value value = value_of(item);
    if (value_class == PT_CLASS_HASHED) {
        return value.type == PATTER_TEXT && is_hash(value.as.text);
    }
    return pt_class_check(value_class, choices, &value) == PT_PASS;
}

/* ---- part by part ---------------------------------------------------------------------------- */

/* Returns the length without padding. */
static uint16_t put_text(struct passage *passage, struct patter_str text)
{
    passage->at += pt_record_put(passage->to + passage->at, text);
    return (uint16_t)text.len;
}

static uint16_t put_name(struct passage *passage, struct patter_str name)
{
    if (pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, name) != PT_PASS && name.len > 0) {
        bool has_room = pt_pad8((uint32_t)name.len) >= sizeof(PT_NAME_CUSTOM) - 1;
        name = patter_text(has_room ? PT_NAME_CUSTOM : "custom");
    }
    return put_text(passage, name);
}

static uint16_t put_call_id(struct passage *passage, struct patter_str id)
{
    char hashed[PT_HASH_TEXT];
    if (id.len > 0 && !is_hash(id) && !pt_class_is_call_id(id)) {
        uint32_t room = pt_pad8((uint32_t)id.len);
        if (!pt_hash_text(passage->import->hash, id, hashed)) {
            memcpy(hashed, "unknown", sizeof("unknown")); /* the given one must not leave */
        }
        id = patter_text(hashed);
        id = pt_str_slice(id, 0, room < id.len ? room : id.len);
    }
    return put_text(passage, id);
}

static uint16_t put_tracestate(struct passage *passage, struct patter_str list)
{
    char buffer[PT_TRACESTATE];
    uint32_t stopped;
    return put_text(passage, pt_tracestate_filter(list, buffer, &stopped));
}

static bool put_attribute(struct passage *passage, const struct pt_item *item)
{
    uint32_t key = number_of(passage->import, item->key);
    uint32_t size = (uint32_t)sizeof(*item) + pt_pad8(item->len);
    if (!may_leave(key, item)) {
        passage->import->left_out++;
        return false;
    }
    struct pt_item *copy = (void *)(passage->to + passage->at);
    memcpy(copy, item, size);
    copy->key = (uint16_t)key;
    passage->at += size;
    return true;
}

/* `count` attribute items in a row at `from`; returns how many stay. */
static uint16_t put_attributes(struct passage *passage, const unsigned char *from, uint32_t count)
{
    uint16_t kept = 0;
    for (; count > 0; count--) {
        const struct pt_item *item = (const void *)from;
        kept += put_attribute(passage, item);
        from += sizeof(*item) + pt_pad8(item->len);
    }
    return kept;
}

static void put_event(struct passage *passage, const struct pt_item *item)
{
    const struct pt_item_event *event = (const void *)(item + 1);
    struct pt_item *item_copy = (void *)(passage->to + passage->at);
    struct pt_item_event *copy = (void *)(item_copy + 1);
    uint32_t begin = passage->at + (uint32_t)sizeof(*item);
    passage->at = begin + (uint32_t)sizeof(*event);
    *item_copy = *item;
    *copy = *event;
    const unsigned char *name = (const unsigned char *)(event + 1);
    copy->name_len = put_name(passage, (struct patter_str){ (const char *)name, event->name_len });
    copy->attribute_count =
        put_attributes(passage, name + pt_pad8(event->name_len), event->attribute_count);
    item_copy->len = (uint16_t)(passage->at - begin);
}

static void put_link(struct passage *passage, const struct pt_item *item)
{
    const struct pt_item_link *link = (const void *)(item + 1);
    struct pt_item *item_copy = (void *)(passage->to + passage->at);
    struct pt_item_link *copy = (void *)(item_copy + 1);
    uint32_t begin = passage->at + (uint32_t)sizeof(*item);
    passage->at = begin + (uint32_t)sizeof(*link);
    *item_copy = *item;
    *copy = *link;
    const unsigned char *list = (const unsigned char *)(link + 1);
    copy->tracestate_len =
        put_tracestate(passage, (struct patter_str){ (const char *)list, link->tracestate_len });
    copy->attribute_count =
        put_attributes(passage, list + pt_pad8(link->tracestate_len), link->attribute_count);
    item_copy->len = (uint16_t)(passage->at - begin);
}

static void put_record(struct passage *passage)
{
    const struct pt_record *record = (const void *)passage->from;
    struct pt_record *copy = (void *)passage->to;
    *copy = *record;
    copy->attribute_count = 0;
    passage->at = sizeof(*copy);
    copy->call_id_len = put_call_id(passage, pt_record_call_id(record));
    copy->tracestate_len = put_tracestate(passage, pt_record_tracestate(record));
    copy->name_len = put_name(passage, pt_record_name(record));
    for (uint32_t at = pt_record_items_at(record); at < record->size;) {
        const struct pt_item *item = (const void *)(passage->from + at);
        if (item->type == PT_ITEM_EVENT) {
            put_event(passage, item);
        } else if (item->type == PT_ITEM_LINK) {
            put_link(passage, item);
        } else {
            copy->attribute_count += put_attribute(passage, item);
        }
        at += (uint32_t)sizeof(*item) + pt_pad8(item->len);
    }
    copy->size = passage->at;
}

/* ---- all ------------------------------------------------------------------------------ */

static void say_left_out(uint64_t count)
{
    static struct pt_log_gate gate;
    if (count > 0) {
        pt_log_limited(&gate, PATTER_LOG_WARNING,
                       "storage: %llu attributes of spans that an earlier process stored may not "
                       "leave today and were left out",
                       (unsigned long long)count);
    }
}

uint32_t pt_import(const struct pt_salvaged_keys *keys, const struct pt_hash *hash,
                   const unsigned char *bytes, uint32_t len, unsigned char *to,
                   uint16_t *ret_starts)
{
    struct import import = { .keys = keys, .hash = hash };
    uint32_t written = 0;
    memset(import.numbers, 0xff, sizeof(import.numbers));
    for (uint32_t at = 0; at < len;) {
        const struct pt_record *record = (const void *)(bytes + at);
        *ret_starts++ = (uint16_t)(written / 8);
        if (pt_record_is_sound(record, len - at)) {
            struct passage passage = { &import, bytes + at, to + written, 0 };
            put_record(&passage);
            written += passage.at;
        } else {
            written += pt_tombstone_write(to + written);
        }
        at += record->size;
    }
    say_left_out(import.left_out);
    return written;
}
