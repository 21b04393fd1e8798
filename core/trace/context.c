/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <patter/propagate.h>

#include "core/trace/propagate.h"
#include "core/trace/span.h"

/* A call's or span's ids, for headers and for the bot's own logs. */

/* The template of `call` with the record's own span_id set: that of `span` where it is open and of
 * the call, else the root's. */
static bool read_context(struct patter_call call, struct patter_span span,
                         struct pt_call_template *ret_template)
{
    uint64_t root;
    uint8_t trace_id[16];
    uint8_t span_id[8];
    if (!call.handle || !pt_threads_are_on() || !pt_call_read(call.handle, ret_template, &root)) {
        return false;
    }
    struct pt_record *record = &ret_template->record;
    memcpy(record->span_id, record->parent_id, 8);
    if (span.handle && pt_slot_ids(span.handle, trace_id, span_id) &&
        memcmp(trace_id, record->trace_id, 16) == 0) {
        memcpy(record->span_id, span_id, 8);
    }
    return true;
}

static void write_hex(const uint8_t *bytes, size_t len, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        ret_text[2 * i] = digits[bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_text[2 * len] = '\0';
}

patter_status patter_span_ids(struct patter_call call, struct patter_span span,
                              struct patter_ids *ret_ids)
{
    struct pt_call_template template;
    if (!ret_ids) {
        return PATTER_INVALID;
    }
    memset(ret_ids, 0, sizeof(*ret_ids));
    if (!read_context(call, span, &template)) {
        return PATTER_INVALID;
    }
    struct patter_str call_id = pt_record_call_id(&template.record);
    write_hex(template.record.trace_id, 16, ret_ids->trace_id);
    write_hex(template.record.span_id, 8, ret_ids->span_id);
    memcpy(ret_ids->call_id, call_id.data, call_id.len);
    return PATTER_OK;
}

void patter_inject(struct patter_call call, struct patter_span span, patter_setter_fn *setter,
                   void *carrier)
{
    struct pt_call_template template;
    char traceparent[PT_TRACEPARENT];
    char text[PT_TRACESTATE_MAX + 1];
    if (!setter || !read_context(call, span, &template)) {
        return;
    }
    const struct pt_record *record = &template.record;
    /* OTLP's own flags, above the first byte, stay here. */
    pt_traceparent_write(record->trace_id, record->span_id, (uint8_t)record->flags, traceparent);
    setter(carrier, "traceparent", traceparent);

    struct patter_str tracestate = pt_record_tracestate(record);
    if (tracestate.len > 0) {
        snprintf(text, sizeof(text), "%.*s", (int)tracestate.len, tracestate.data);
        setter(carrier, "tracestate", text);
    }
    struct patter_str call_id = pt_record_call_id(record);
    snprintf(text, sizeof(text), "%.*s", (int)call_id.len, call_id.data);
    setter(carrier, "getpatter-call-id", text);
}
