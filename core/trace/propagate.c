/* SPDX-License-Identifier: MIT */
#include "core/trace/propagate.h"

#include <string.h>

#include <patter/propagate.h>

#include "core/base/text.h"

/* ---- traceparent -------------------------------------------------------------------- */

enum { PARENT_LEN = PT_TRACEPARENT - 1, TRACE_ID_AT = 3, SPAN_ID_AT = 36, FLAGS_AT = 53 };

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1; /* upper case is invalid */
}

static bool read_hex(const char *text, size_t count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < count; i++) {
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

bool pt_traceparent_parse(struct patter_str text, struct pt_traceparent *ret_parent)
{
    struct pt_traceparent parent;
    uint8_t version;
    text = pt_str_trim(text);
    if (text.len < PARENT_LEN || text.data[2] != '-' || text.data[SPAN_ID_AT - 1] != '-' ||
        text.data[FLAGS_AT - 1] != '-' || !read_hex(text.data, 1, &version) || version == 0xff) {
        return false;
    }
    /* A later version may have more, but only behind a dash. */
    if (text.len > PARENT_LEN && (version == 0 || text.data[PARENT_LEN] != '-')) {
        return false;
    }
    if (!read_hex(text.data + TRACE_ID_AT, 16, parent.trace_id) ||
        !read_hex(text.data + SPAN_ID_AT, 8, parent.span_id) ||
        !read_hex(text.data + FLAGS_AT, 1, &parent.flags) || is_zero(parent.trace_id, 16) ||
        is_zero(parent.span_id, 8)) {
        return false;
    }
    parent.flags &= PT_FLAG_SAMPLED | PT_FLAG_RANDOM;
    *ret_parent = parent;
    return true;
}

static void write_hex(const uint8_t *bytes, size_t count, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
}

void pt_traceparent_write(const uint8_t trace_id[16], const uint8_t span_id[8], uint8_t flags,
                          char ret_text[PT_TRACEPARENT])
{
    flags &= PT_FLAG_SAMPLED | PT_FLAG_RANDOM;
    memcpy(ret_text, "00-", 3);
    write_hex(trace_id, 16, ret_text + TRACE_ID_AT);
    ret_text[SPAN_ID_AT - 1] = '-';
    write_hex(span_id, 8, ret_text + SPAN_ID_AT);
    ret_text[FLAGS_AT - 1] = '-';
    write_hex(&flags, 1, ret_text + FLAGS_AT);
    ret_text[PARENT_LEN] = '\0';
}

/* ---- out of a carrier ------------------------------------------------------------------ */

enum { CALL_ID_MAX = sizeof(((struct patter_context *)0)->call_id) - 1 };

struct parent_found {
    struct pt_traceparent parent;
    size_t count;
    bool is_valid;
};

static void found_traceparent(void *data, struct patter_str value)
{
    struct parent_found *found = data;
    found->count++;
    found->is_valid = found->count == 1 && pt_traceparent_parse(value, &found->parent);
}

static void found_tracestate(void *data, struct patter_str value)
{
    pt_tracestate_add(data, value);
}

/* The first one that is printable and without blanks. */
static void found_call_id(void *data, struct patter_str value)
{
    struct patter_context *context = data;
    value = pt_str_trim(value);
    if (context->call_id[0] != '\0' || value.len == 0 || value.len > CALL_ID_MAX) {
        return;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] <= ' ' || value.data[i] > '~') {
            return;
        }
    }
    memcpy(context->call_id, value.data, value.len); /* its end is zeroed */
}

patter_status patter_extract(patter_getter_fn *getter, void *carrier,
                             struct patter_context *ret_context)
{
    struct parent_found found = { .count = 0 };
    struct pt_tracestate state = { .len = 0 };

    if (!getter || !ret_context) {
        return PATTER_INVALID;
    }
    memset(ret_context, 0, sizeof(*ret_context));
    getter(carrier, "getpatter-call-id", found_call_id, ret_context);
    getter(carrier, "traceparent", found_traceparent, &found);
    if (!found.is_valid) {
        return PATTER_INVALID;
    }
    memcpy(ret_context->trace_id, found.parent.trace_id, sizeof(ret_context->trace_id));
    memcpy(ret_context->span_id, found.parent.span_id, sizeof(ret_context->span_id));
    ret_context->flags = found.parent.flags;
    getter(carrier, "tracestate", found_tracestate, &state);
    memcpy(ret_context->tracestate, state.text, state.len + 1);
    return PATTER_OK;
}
