/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_RECORD_H
#define PT_RECORD_RECORD_H

/*
 * A filtered span as position-independent bytes. Ring and log hold the same bytes:
 *
 *     struct pt_record | call id | tracestate | name | items
 *
 * Every part begins at a multiple of 8. An item is an attribute, or an event or a link with its
 * attributes inside.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <patter/types.h>

enum {
    PT_RECORD_MAX = 65024, /* bytes; with its header a ring's chunk stays within 64 KiB */
    PT_CALL_ID_MAX = 128,
    PT_TRACESTATE_MAX = 512,
    PT_NAME_MAX = 128
};

/* Stands for a name of a span or an event that may not leave. */
#define PT_NAME_CUSTOM "getpatter.custom"

struct pt_record {
    uint32_t size;  /* of all, a multiple of 8 */
    uint32_t flags; /* OTLP's: W3C flags, 0x100, 0x200 */
    uint32_t ring_id;
    uint8_t kind;             /* PATTER_KIND_* */
    uint8_t status;           /* PATTER_STATUS_* */
    uint16_t attribute_count; /* without the call id */
    uint64_t sequence;        /* in its ring */
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t parent_id[8]; /* all zero: a root */
    uint64_t begin_unix_ns;
    uint64_t end_unix_ns;
    uint16_t call_id_len;
    uint16_t tracestate_len;
    uint16_t name_len;
    uint16_t event_count;
    uint16_t link_count;
    uint16_t dropped_attribute_count; /* all three stop at 65,535 */
    uint16_t dropped_event_count;
    uint16_t dropped_link_count;
};

enum pt_item_type {
    PT_ITEM_BOOL = PATTER_BOOL,
    PT_ITEM_INT = PATTER_INT,
    PT_ITEM_DOUBLE = PATTER_DOUBLE,
    PT_ITEM_TEXT = PATTER_TEXT,
    PT_ITEM_EVENT = 100,
    PT_ITEM_LINK = 101
};

/* The head of an item; `len` bytes follow, padded to 8. */
struct pt_item {
    uint16_t key;  /* 0 for events and links */
    uint16_t type; /* enum pt_item_type */
    uint16_t len;  /* of the payload, without padding */
    uint16_t reserved;
};

/* The payload of PT_ITEM_EVENT: this, the name, attribute items. */
struct pt_item_event {
    uint64_t time_unix_ns;
    uint16_t name_len;
    uint16_t attribute_count;
    uint16_t dropped_attribute_count;
    uint16_t reserved;
};

/* The payload of PT_ITEM_LINK: this, the tracestate, attribute items. */
struct pt_item_link {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint32_t flags;
    uint16_t tracestate_len;
    uint16_t attribute_count;
    uint16_t dropped_attribute_count;
    uint16_t reserved[3];
};

static inline uint32_t pt_pad8(uint32_t size)
{
    return (size + 7u) & ~7u;
}

/* Where the parts begin, in bytes from the record's. */
static inline uint32_t pt_record_tracestate_at(const struct pt_record *record)
{
    return (uint32_t)sizeof(*record) + pt_pad8(record->call_id_len);
}

static inline uint32_t pt_record_name_at(const struct pt_record *record)
{
    return pt_record_tracestate_at(record) + pt_pad8(record->tracestate_len);
}

static inline uint32_t pt_record_items_at(const struct pt_record *record)
{
    return pt_record_name_at(record) + pt_pad8(record->name_len);
}

/* Writes a text and the zeros up to the next part; returns how many bytes that took. */
static inline uint32_t pt_record_put(void *to, struct patter_str text)
{
    uint32_t padded = pt_pad8((uint32_t)text.len);
    if (padded > text.len) {
        memset((unsigned char *)to + padded - 8, 0, 8);
    }
    if (text.len > 0) {
        memcpy(to, text.data, text.len);
    }
    return padded;
}

static inline struct patter_str pt_record_call_id(const struct pt_record *record)
{
    return (struct patter_str){ (const char *)(record + 1), record->call_id_len };
}

static inline struct patter_str pt_record_tracestate(const struct pt_record *record)
{
    return (struct patter_str){ (const char *)record + pt_record_tracestate_at(record),
                                record->tracestate_len };
}

static inline struct patter_str pt_record_name(const struct pt_record *record)
{
    return (struct patter_str){ (const char *)record + pt_record_name_at(record),
                                record->name_len };
}

/* True when every length in it stays inside `available` bytes: what came from outside this code's
 * own hands, a torn or foreign record, must be checked before it is read. */
bool pt_record_is_sound(const struct pt_record *record, size_t available);

/* The same of the item at `at`, whose head and payload are known to be there. */
bool pt_record_item_is_sound(const unsigned char *bytes, uint32_t at);

#endif /* PT_RECORD_RECORD_H */
