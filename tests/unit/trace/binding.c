/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <patter/propagate.h>

#include "tests/support/tracing.h"

/* The exported functions as a binding calls them, which has no inline ones. */

Test(binding, the_zero_handle_is_no_misuse)
{
    struct patter_recorder *recorder = tracing_start("sampling: {ratio: 0.0}\n");
    struct patter_call call = patter_call_begin_(NULL);
    struct patter_call no_call = { 0 };
    struct patter_span span = patter_span_begin_known_(call, PATTER_SPAN_TTS);
    struct patter_span_options options = { .struct_size = sizeof(options), .name = "app.step" };
    struct patter_value value = { .type = PATTER_INT, .as.integer = 1 };
    struct patter_key key = { PATTER_KEY_TTS_TEXT_LEN };
    struct patter_context other = { .trace_id = { 1 }, .span_id = { 2 } };
    cr_assert_eq(span.handle, 0);
    patter_span_set_(span, key, &value);
    patter_span_set_int_(span, key, 1);
    patter_span_set_double_(span, key, 1);
    patter_span_set_text_(span, key, patter_text("one"));
    patter_span_event_(span, "app.event", NULL, 0, 0);
    patter_span_link_(span, &other, NULL, 0);
    patter_span_status_(span, PATTER_STATUS_ERROR, "timeout");
    patter_span_exception_(span, "timeout");
    patter_span_first_token_(span);
    patter_stt_end_(span, 1, 0.5);
    patter_endpoint_end_(span, 1);
    patter_llm_end_(span, 1);
    patter_bargein_end_(span, 1);
    patter_span_end_(span, 0);
    patter_call_end_(call, 0);
    cr_expect_eq(patter_call_root_(no_call).handle, 0);
    cr_expect_eq(patter_span_begin_(no_call, &options).handle, 0);
    cr_expect_eq(patter_span_begin_known_(no_call, PATTER_SPAN_STT).handle, 0);
    cr_expect_eq(patter_llm_begin_(no_call, 1, 1).handle, 0);
    patter_call_end_(no_call, 0);
    cr_expect_eq(tracing_stats().misuses, 0);
    cr_expect_eq(tracing_stats().spans_started, 2, "none of those without a call");
    patter_call_end_(call, 0);
    cr_expect_eq(tracing_stats().misuses, 1);
    tracing_stop(recorder);
}

static void ignore(void *data, const char *line, size_t len)
{
    (void)data;
    (void)line;
    (void)len;
}

Test(binding, null_where_something_is_wanted_is_none)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    struct patter_context context = { .trace_id = { 1 }, .span_id = { 2 } };
    struct patter_span span = patter_span_begin_with(call, NULL);
    cr_assert_neq(span.handle, 0);
    patter_span_set_(span, (struct patter_key){ PATTER_KEY_TTS_TEXT_LEN }, NULL);
    cr_expect_eq(tracing_stats().attributes_invalid, 1);
    patter_span_set_int(span, NULL, 1);
    patter_span_set_text(span, NULL, patter_text(NULL));
    cr_expect_eq(tracing_stats().attributes_denied, 2);
    patter_span_event(span, NULL);
    patter_span_event_with(span, "app.event", NULL, 3, 0);
    patter_span_link(span, NULL, NULL, 1);
    patter_span_link(span, &context, NULL, 1);
    patter_span_exception(span, NULL);
    patter_span_set_error(span, NULL);
    patter_span_end(span);
    patter_span_end(patter_span_begin(call, NULL));
    cr_expect_eq(patter_key_intern(NULL).id, 0);
    cr_expect_eq(patter_span_ids(call, span, NULL), PATTER_INVALID);
    patter_inject(call, span, NULL, NULL);
    cr_expect_eq(patter_extract(NULL, NULL, &context), PATTER_INVALID);
    patter_call_end(call);
    cr_expect_eq(tracing_stats().names_replaced, 3);
    cr_expect_eq(patter_get_stats(NULL), PATTER_INVALID);
    cr_expect_eq(patter_get_exporter_stats(0, NULL), PATTER_INVALID);
    cr_expect_eq(patter_dump_stats(NULL, NULL), PATTER_INVALID);
    cr_expect_eq(patter_dump_stats(ignore, NULL), PATTER_OK);
    cr_expect_eq(patter_recorder_count(NULL), 0);
    cr_expect_null(patter_recorder_span(NULL, 0));
    cr_expect_null(patter_recorder_attribute(NULL, "app.step"));
    patter_recorder_clear(NULL);
    const struct patter_span_view *root = tracing_span(recorder, "getpatter.call");
    cr_expect_null(patter_recorder_attribute(root, NULL));
    tracing_stop(recorder);
}
