/* SPDX-License-Identifier: MIT */
/* Any headers as a remote parent: W3C's rules hold for what is taken over, and what is written is
 * read again as the same. */
#include "core/trace/propagate.h"

#include <patter/propagate.h>

#include <string.h>

#include "fuzz/support/fuzz.h"

enum { VALUES_MAX = 8, MEMBERS_MAX = 32 };

/* Headers, of which several may have one name. */
struct carrier {
    struct {
        uint8_t name;
        struct patter_str value;
    } values[VALUES_MAX];
    size_t count;
};

static const char *const names[] = { "traceparent", "tracestate", "getpatter-call-id" };

static void get(void *data, const char *name, void (*found)(void *, struct patter_str), void *to)
{
    const struct carrier *carrier = data;
    for (size_t i = 0; i < carrier->count; i++) {
        if (strcmp(names[carrier->values[i].name], name) == 0) {
            found(to, carrier->values[i].value);
        }
    }
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    uint8_t all = 0;
    for (size_t i = 0; i < len; i++) {
        all |= bytes[i];
    }
    return all == 0;
}

static void check_traceparent(struct patter_str text)
{
    struct pt_traceparent parent;
    struct pt_traceparent again;
    char written[PT_TRACEPARENT];
    if (!pt_traceparent_parse(text, &parent)) {
        return;
    }
    EXPECT(!is_zero(parent.trace_id, 16) && !is_zero(parent.span_id, 8));
    EXPECT((parent.flags & ~(PT_FLAG_SAMPLED | PT_FLAG_RANDOM)) == 0);
    pt_traceparent_write(parent.trace_id, parent.span_id, parent.flags, written);
    EXPECT(strlen(written) == PT_TRACEPARENT - 1);
    EXPECT(pt_traceparent_parse(patter_text(written), &again));
    EXPECT(memcmp(&parent, &again, sizeof(parent)) == 0);
    struct patter_str ids = { written + 3, 49 };
    EXPECT(fuzz_holds(text, ids));
}

/* A list of members as the specification writes them, and nothing else. */
static void expect_tracestate(const char *text)
{
    static const char key_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@";
    size_t members = 0;
    EXPECT(strlen(text) < PT_TRACESTATE);
    while (*text) {
        size_t key_len = strspn(text, key_bytes);
        EXPECT(key_len >= 1 && key_len <= 256 && text[key_len] == '=');
        EXPECT(!strchr("_-*/@", text[0]));
        text += key_len + 1;
        size_t value_len = strcspn(text, ",");
        EXPECT(value_len >= 1 && value_len <= 256 && text[value_len - 1] != ' ');
        for (size_t i = 0; i < value_len; i++) {
            EXPECT(text[i] >= ' ' && text[i] <= '~' && text[i] != '=');
        }
        text += value_len;
        EXPECT(*text != ',' || text[1] != '\0');
        text += *text == ',';
        EXPECT(++members <= MEMBERS_MAX);
    }
}

static void check_tracestate(const struct carrier *carrier)
{
    struct pt_tracestate state = { .len = 0 };
    struct pt_tracestate again = { .len = 0 };
    for (size_t i = 0; i < carrier->count; i++) {
        pt_tracestate_add(&state, carrier->values[i].value);
        EXPECT(state.len == strlen(state.text));
        EXPECT(!state.is_invalid || state.len == 0);
    }
    expect_tracestate(state.text);
    pt_tracestate_add(&again, patter_text(state.text));
    EXPECT(!again.is_invalid && strcmp(again.text, state.text) == 0);
}

static void check_extract(struct carrier *carrier)
{
    struct patter_context context;
    patter_status status = patter_extract(get, carrier, &context);
    bool has_parent = !is_zero(context.trace_id, 16) || !is_zero(context.span_id, 8);
    EXPECT(status == PATTER_OK || status == PATTER_INVALID);
    EXPECT((status == PATTER_OK) == has_parent);
    EXPECT(has_parent || (context.flags == 0 && context.tracestate[0] == '\0'));
    EXPECT(!has_parent || (!is_zero(context.trace_id, 16) && !is_zero(context.span_id, 8)));
    EXPECT(is_zero(context.reserved, sizeof(context.reserved)));
    EXPECT(strlen(context.call_id) < sizeof(context.call_id));
    EXPECT(fuzz_is_printable(context.call_id) && !strchr(context.call_id, ' '));
    expect_tracestate(context.tracestate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    struct carrier carrier = { .count = 0 };
    while (input.len > 0 && carrier.count < VALUES_MAX) {
        size_t i = carrier.count++;
        carrier.values[i].name = fuzz_u8(&input) % 3;
        carrier.values[i].value = fuzz_copy(fuzz_until(&input, '\n'));
        check_traceparent(carrier.values[i].value);
    }
    check_tracestate(&carrier);
    check_extract(&carrier);
    fuzz_release();
    return 0;
}
