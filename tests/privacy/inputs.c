/* SPDX-License-Identifier: MIT */
#include "tests/privacy/inputs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <patter/propagate.h>

const char *const canaries[] = {
    /* what a caller says, as it is and joined to one word */
    "my name is alice canary and I live in Springfield",
    "my-name-is-alice-canary-and-i-live-in-springfield",
    "my_name_is_alice_canary_and_i_live_in_springfield",
    "my.name.is.alice.canary.and.i.live.in.springfield",
    "mynameisalicecanaryandiliveinspringfield",
    /* numbers that reach a person */
    "+1 555 010 9917",
    "+15550109917",
    "15550109917",
    "555-010-9917",
    "555_010_9917",
    "555.010.9917",
    "tel:+15550109917",
    "sip:+15550109917@gw.example.com",
    /* addresses */
    "alice.canary@example.com",
    "mailto:alice.canary@example.com",
    /* cards and accounts */
    "4111111111111111",
    "4111-1111-1111-1111",
    "4111 1111 1111 1111",
    "4111_1111_1111_1111",
    "DE89370400440532013000",
    "DE89-3704-0044-0532-0130-00",
    "GB29NWBK60161331926819",
    /* days of birth */
    "1985-04-12",
    "12.04.1985",
    "12/04/1985",
    "19850412",
    /* in base64, with padding, without, and for URLs; in hex */
    "bXkgbmFtZSBpcyBhbGljZSBjYW5hcnkgYW5kIEkgbGl2ZQ==",
    "bXkgbmFtZSBpcyBhbGljZSBjYW5hcnkgYW5kIEkgbGl2ZQ",
    "YWxpY2UuY2FuYXJ5QGV4YW1wbGUuY29t",
    "6d79206e616d6520697320616c6963652063616e617279",
    NULL,
};

/* ---- doors ------------------------------------------------------------------------ */

static void found_in(void *text, const char *name,
                     void (*found)(void *data, struct patter_str value), void *data)
{
    char value[512];
    if (strcmp(name, "traceparent") == 0) {
        found(data, patter_text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    } else if (strcmp(name, "tracestate") == 0) {
        snprintf(value, sizeof(value), "vendor=%s,ok=t61", (const char *)text);
        found(data, patter_text(value));
    } else {
        found(data, patter_text(text));
    }
}

static void set_everywhere(struct patter_span span, const char *canary)
{
    static const char *const keys[] = { "app.any",
                                        "app.id",
                                        "app.name",
                                        "app.choice",
                                        "app.hashed",
                                        "app.denied",
                                        "error.type",
                                        "exception.type",
                                        "getpatter.call.id",
                                        "getpatter.tool.name",
                                        "getpatter.call.direction",
                                        "getpatter.stt.text_len",
                                        "exception.message" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        patter_span_set_text(span, keys[i], patter_text(canary));
        patter_span_set_text_key(span, patter_key_intern(keys[i]), patter_text(canary));
    }
    patter_span_set_int(span, canary, 1);
    patter_span_set_text_key(span, patter_key_intern(canary), patter_text(canary));
}

static void put_into_span(struct patter_call call, const char *canary)
{
    struct patter_span_options named = { .struct_size = sizeof(named), .name = canary };
    struct patter_context other = { .trace_id = { 1 }, .span_id = { 1 }, .flags = 1 };
    struct patter_field fields[] = {
        { patter_key_intern("app.any"), { .type = PATTER_TEXT, .as.text = patter_text(canary) } },
        { patter_key_intern("app.denied"),
          { .type = PATTER_TEXT, .as.text = patter_text(canary) } },
        { patter_key_intern(canary), { .type = PATTER_TEXT, .as.text = patter_text(canary) } },
    };
    snprintf(other.tracestate, sizeof(other.tracestate), "vendor=%s", canary);
    snprintf(other.call_id, sizeof(other.call_id), "%s", canary);

    patter_span_end(patter_span_begin(call, canary));
    struct patter_span span = patter_span_begin_with(call, &named);
    set_everywhere(span, canary);
    patter_span_event(span, canary);
    patter_span_event_with(span, canary, fields, 3, 0);
    patter_span_link(span, &other, fields, 3);
    patter_span_exception(span, canary);
    patter_span_set_error(span, canary);
    patter_span_end(span);
    patter_span_end(patter_tool_begin(call, canary, canary));
}

static void put_into_call(const char *canary)
{
    struct patter_context parent;
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .id = patter_text(canary),
                                           .direction = patter_text(canary),
                                           .provider_mode = patter_text(canary) };
    struct patter_call call = patter_call_begin(&options);
    set_everywhere(patter_call_root(call), canary);
    put_into_span(call, canary);
    patter_call_end(call);

    /* By headers, and by a context that somebody filled by hand. */
    patter_extract(found_in, (void *)canary, &parent);
    options = (struct patter_call_options){ .struct_size = sizeof(options), .parent = &parent };
    patter_call_end(patter_call_begin(&options));
    memset(&parent, 0, sizeof(parent));
    parent.trace_id[0] = parent.span_id[0] = parent.flags = 1;
    snprintf(parent.tracestate, sizeof(parent.tracestate), "vendor=%s", canary);
    snprintf(parent.call_id, sizeof(parent.call_id), "%s", canary);
    patter_call_end(patter_call_begin(&options));
}

/* What may leave beside all that, so that the test would notice a filter that stops everything. */
static void put_harmless_values(void)
{
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .id = patter_text("call-harmless-81"),
                                           .direction = patter_text("outbound") };
    struct patter_call call = patter_call_begin(&options);
    struct patter_span span = patter_tool_begin(call, "lookup_order", "webhook");
    patter_span_set_text(span, "app.id", patter_text("ref-81"));
    patter_span_set_text(span, "app.choice", patter_text("sales"));
    patter_span_set_int(span, "app.any", 42);
    patter_span_end(span);
    patter_stt_end(patter_stt_begin(call), 22, 0.5);
    patter_call_end(call);
}

void canaries_put_everywhere(void)
{
    for (size_t i = 0; canaries[i]; i++) {
        put_into_call(canaries[i]);
    }
    put_harmless_values();
}

int canaries_init(const char *config_file)
{
    struct patter_resource_attribute resource[64];
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .service_name = canaries[0],
                                           .resource_attributes = resource,
                                           .config_file = config_file };
    for (uint32_t i = 0; canaries[i]; i++) {
        resource[options.resource_attribute_count++] =
            (struct patter_resource_attribute){ i % 3 == 0   ? "service.version"
                                                : i % 3 == 1 ? "app.any"
                                                             : canaries[i],
                                                canaries[i] };
    }
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    return patter_init_tracing(&options);
}

/* ---- looking for them --------------------------------------------------------------- */

static int starts_nocase(const char *bytes, size_t len, const char *text)
{
    size_t i = 0;
    while (text[i] && i < len &&
           tolower((unsigned char)bytes[i]) == tolower((unsigned char)text[i])) {
        i++;
    }
    return text[i] == '\0';
}

const char *canaries_find(const char *bytes, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        if (starts_nocase(bytes + at, len - at, "canary")) {
            return "canary";
        }
        for (size_t i = 0; canaries[i]; i++) {
            if (starts_nocase(bytes + at, len - at, canaries[i])) {
                return canaries[i];
            }
        }
    }
    return NULL;
}
