/* SPDX-License-Identifier: MIT */
#include "core/trace/filter.h"

#include <stdio.h>
#include <string.h>

#include "core/base/class.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/base/tracestate.h"
#include "core/record/key.h"
#include "core/trace/tracer.h"

static void tell_of(struct patter_str name)
{
    pt_log(PATTER_LOG_WARNING,
           "attribute " PT_STR_FMT " may not leave; add it to privacy.allowed_keys",
           PT_STR_ARG(name));
}

static void deny(struct pt_thread *thread, uint32_t key)
{
    pt_count(thread, PT_ATTRIBUTES_DENIED, 1);
    if (pt_key_tell_once(key)) {
        tell_of(pt_key_name(key));
    }
}

PT_COLD void pt_filter_tell_stranger(struct patter_str name)
{
    if (pt_threads_are_on() && pt_key_tell_stranger(name)) {
        tell_of(name);
    }
}

static bool hash_value(struct pt_thread *thread, const struct patter_value *value,
                       struct pt_passed *passed)
{
    char digits[24];
    struct patter_str text = value->as.text;
    if (value->type == PATTER_INT) {
        snprintf(digits, sizeof(digits), "%lld", (long long)value->as.integer);
        text = patter_text(digits);
    }
    if (!pt_hash_text(pt_tracer()->hash, text, passed->hash)) {
        pt_count(thread, PT_ATTRIBUTES_INVALID, 1);
        return false;
    }
    passed->type = PT_ITEM_TEXT;
    passed->payload = passed->hash;
    passed->len = (uint32_t)strlen(passed->hash);
    return true;
}

static bool pass_value(const struct patter_value *value, struct pt_passed *passed)
{
    uint32_t max_len = pt_tracer()->attribute_value_length; /* once: it may change meanwhile */
    switch (value->type) {
    case PATTER_BOOL:
        passed->number = value->as.boolean != 0;
        break;
    case PATTER_INT:
        passed->number = value->as.integer;
        break;
    case PATTER_DOUBLE:
        passed->real = value->as.real;
        passed->type = PT_ITEM_DOUBLE;
        passed->payload = &passed->real;
        passed->len = sizeof(passed->real);
        return true;
    case PATTER_TEXT:
        passed->type = PT_ITEM_TEXT;
        passed->payload = value->as.text.data;
        passed->len = value->as.text.len < max_len ? (uint32_t)value->as.text.len : max_len;
        return true;
    default:
        return false;
    }
    passed->type = value->type == PATTER_BOOL ? PT_ITEM_BOOL : PT_ITEM_INT;
    passed->payload = &passed->number;
    passed->len = sizeof(passed->number);
    return true;
}

/* As pt_class_check, but a text that this thread has lately seen pass is not looked at again. */
static enum pt_verdict check(struct pt_thread *thread, uint32_t epoch, uint32_t key,
                             enum pt_class value_class, const char *const *choices,
                             const struct patter_value *value)
{
    bool is_scanned = value->type == PATTER_TEXT && value_class != PT_CLASS_HASHED;
    if (is_scanned && pt_familiar_find(&thread->familiar, key, epoch, value->as.text)) {
        return PT_PASS;
    }
    enum pt_verdict verdict = pt_class_check(value_class, choices, value);
    if (is_scanned && verdict == PT_PASS) {
        pt_familiar_add(&thread->familiar, key, epoch, value->as.text);
    }
    return verdict;
}

bool pt_filter_value(struct pt_thread *thread, uint32_t key, const struct patter_value *value,
                     struct pt_passed *ret_passed)
{
    enum pt_class value_class;
    const char *const *choices;

    if (key == PATTER_KEY_CALL_ID) {
        pt_count(thread, PT_ATTRIBUTES_DENIED, 1); /* the core's to set */
        return false;
    }
    /* Before the verdict: what passes under an old one is not remembered for the new one. */
    uint32_t epoch = atomic_load_explicit(&pt_keys_epoch, memory_order_acquire);
    if (!pt_key_verdict(key, &value_class, &choices)) {
        deny(thread, key);
        return false;
    }
    switch (check(thread, epoch, key, value_class, choices, value)) {
    case PT_PASS:
        return value_class == PT_CLASS_HASHED ? hash_value(thread, value, ret_passed)
                                              : pass_value(value, ret_passed);
    case PT_SCANNED:
        pt_count(thread, PT_ATTRIBUTES_SCANNED, 1);
        return false;
    default:
        pt_count(thread, PT_ATTRIBUTES_INVALID, 1);
        return false;
    }
}

struct patter_str pt_filter_name(struct pt_thread *thread, const char *name)
{
    /* One character more than a name may have tells that it is too long. */
    struct patter_str text = { name, name ? strnlen(name, PT_NAME_MAX + 1) : 0 };
    if (pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, text) == PT_PASS) {
        return text;
    }
    pt_count(thread, PT_NAMES_REPLACED, 1);
    return patter_text(PT_NAME_CUSTOM);
}

struct patter_str pt_filter_call_id(struct pt_thread *thread, struct patter_str id,
                                    char buffer[PT_CALL_ID_MAX])
{
    if (pt_class_is_call_id(id)) {
        return id;
    }
    pt_count(thread, PT_CALL_IDS_HASHED, 1);
    if (!pt_hash_text(pt_tracer()->hash, id, buffer)) {
        pt_random_uuid(buffer); /* as a call without an id: the given one must not leave */
    }
    return patter_text(buffer);
}

struct patter_str pt_filter_tracestate(struct pt_thread *thread, const char *tracestate,
                                       char buffer[PT_TRACESTATE_MAX + 1])
{
    uint32_t stopped;
    struct patter_str list = { tracestate, strnlen(tracestate, PT_TRACESTATE_MAX) };
    list = pt_tracestate_filter(list, buffer, &stopped);
    if (stopped > 0) {
        pt_count(thread, PT_ATTRIBUTES_SCANNED, stopped);
    }
    return list;
}
