/* SPDX-License-Identifier: MIT */
#include <patter/patter.h>

#include <string.h>

#include "core/record/key.h"
#include "core/trace/filter.h"
#include "core/trace/span.h"
#include "core/trace/tracer.h"

/* The public functions that set something on an open span. */

static void count_over_limit(struct pt_thread *thread, struct pt_slot *slot)
{
    pt_count(thread, PT_ATTRIBUTES_OVER_LIMIT, 1);
    slot->record->dropped_attribute_count += slot->record->dropped_attribute_count < UINT16_MAX;
}

void pt_span_set(struct pt_thread *thread, struct pt_slot *slot, uint32_t key,
                 const struct patter_value *value)
{
    struct pt_passed passed;
    if (pt_filter_value(thread, key, value, &passed) &&
        !pt_slot_set(slot, key, passed.type, passed.payload, passed.len, pt_tracer()->attributes)) {
        count_over_limit(thread, slot);
    }
}

void pt_span_set_int(struct pt_thread *thread, struct pt_slot *slot, uint32_t key, int64_t value)
{
    if (!pt_filter_passes_int(key, value)) {
        struct patter_value boxed = { .type = PATTER_INT, .as.integer = value };
        pt_span_set(thread, slot, key, &boxed);
    } else if (!pt_slot_set_number(slot, key, PT_ITEM_INT, (uint64_t)value,
                                   pt_tracer()->attributes)) {
        count_over_limit(thread, slot);
    }
}

void pt_span_set_double(struct pt_thread *thread, struct pt_slot *slot, uint32_t key, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    if (!pt_filter_passes_double(key, value)) {
        struct patter_value boxed = { .type = PATTER_DOUBLE, .as.real = value };
        pt_span_set(thread, slot, key, &boxed);
    } else if (!pt_slot_set_number(slot, key, PT_ITEM_DOUBLE, bits, pt_tracer()->attributes)) {
        count_over_limit(thread, slot);
    }
}

void pt_span_set_text(struct pt_thread *thread, struct pt_slot *slot, uint32_t key,
                      struct patter_str value)
{
    const struct pt_familiar_text *familiar = pt_filter_passes_text(thread, key, value);
    if (!familiar) {
        struct patter_value boxed = { .type = PATTER_TEXT, .as.text = value };
        pt_span_set(thread, slot, key, &boxed);
    } else if (!pt_slot_set_familiar(slot, key, familiar, pt_tracer()->attributes)) {
        count_over_limit(thread, slot);
    }
}

void patter_span_set_(struct patter_span span, struct patter_key key,
                      const struct patter_value *value)
{
    static const struct patter_value none; /* of no class */
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter(span, &thread);
    if (slot) {
        pt_span_set(thread, slot, key.id, value ? value : &none);
        pt_section_exit(thread);
    }
}

void patter_span_set_int_(struct patter_span span, struct patter_key key, int64_t value)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter(span, &thread);
    if (slot) {
        pt_span_set_int(thread, slot, key.id, value);
        pt_section_exit(thread);
    }
}

void patter_span_set_double_(struct patter_span span, struct patter_key key, double value)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter(span, &thread);
    if (slot) {
        pt_span_set_double(thread, slot, key.id, value);
        pt_section_exit(thread);
    }
}

void patter_span_set_text_(struct patter_span span, struct patter_key key, struct patter_str value)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter(span, &thread);
    if (slot) {
        pt_span_set_text(thread, slot, key.id, value);
        pt_section_exit(thread);
    }
}

struct patter_key patter_key_intern(const char *name)
{
    struct patter_key key = { pt_key_intern(patter_text(name)) };
    return key;
}

/* Where a name is only looked up, it takes no place: a program may make them up without end, and
 * none would be left for the key that the operator allows next. */
struct patter_key patter_key_find_(const char *name)
{
    struct patter_str text = patter_text(name);
    struct patter_key key = { pt_key_find(text) };
    if (PT_UNLIKELY(key.id == 0)) {
        pt_filter_tell_stranger(text);
    }
    return key;
}

void patter_span_status_(struct patter_span span, int32_t code, const char *error_type)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter(span, &thread);
    if (!slot) {
        return;
    }
    /* OK is final, UNSET is ignored (OpenTelemetry, Trace API, "Set Status"). */
    if (slot->record->status != PATTER_STATUS_OK &&
        (code == PATTER_STATUS_OK || code == PATTER_STATUS_ERROR)) {
        slot->record->status = (uint8_t)code;
        if (error_type) {
            struct patter_value type = { .type = PATTER_TEXT, .as.text = patter_text(error_type) };
            pt_span_set(thread, slot, PATTER_KEY_ERROR_TYPE, &type);
        }
    }
    pt_section_exit(thread);
}

void patter_span_first_token_(struct patter_span span)
{
    struct pt_thread *thread;
    struct pt_slot *slot = pt_span_enter(span, &thread);
    if (slot) {
        uint64_t elapsed_ns = pt_span_now_unix_ns(thread, slot) - slot->record->begin_unix_ns;
        pt_span_set_double(thread, slot, PATTER_KEY_LLM_TTFT_MS, (double)elapsed_ns / 1e6);
        pt_section_exit(thread);
    }
}
