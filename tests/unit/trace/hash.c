/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/support/tracing.h"

/* What leaves when libcrypto refuses to hash: not the value. */

static atomic_bool refused;

/* The linker's names (ld --wrap). NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_SHA256_Final(unsigned char *digest, void *state);
int __wrap_SHA256_Final(unsigned char *digest, void *state);
/* NOLINTEND(bugprone-reserved-identifier) */

int __wrap_SHA256_Final(unsigned char *digest, void *state)
{
    return refused ? 0 : __real_SHA256_Final(digest, state);
}

Test(hash, what_cannot_be_hashed_does_not_leave)
{
    struct patter_recorder *recorder =
        tracing_start("privacy: {hashed_keys: [app.caller.ref], hash_key: 0123456789abcdef}\n");
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .id = patter_text("+1 555 010 9999") };
    refused = true;
    struct patter_call call = patter_call_begin(&options);
    struct patter_span span = patter_tts_begin(call, 1);
    patter_span_set_text(span, "app.caller.ref", patter_text("Alice Smith"));
    patter_span_set_int(span, "app.caller.ref", 15550109999);
    patter_span_end(span);
    patter_call_end(call);
    refused = false;
    const struct patter_span_view *tts = tracing_span(recorder, "getpatter.tts");
    cr_expect_null(patter_recorder_attribute(tts, "app.caller.ref"));
    cr_expect_eq(tts->attribute_count, 2);
    cr_expect_eq(tts->call_id.len, 36, "a fresh one: %s", tts->call_id.data);
    cr_expect_eq(tracing_stats().attributes_invalid, 2);
    cr_expect_eq(tracing_stats().call_ids_hashed, 1);
    tracing_stop(recorder);
}
