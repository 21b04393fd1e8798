/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <patter/propagate.h>

#include "core/base/clock.h"
#include "tests/support/tracing.h"

static int64_t int_of(const struct patter_span_view *span, const char *key)
{
    const struct patter_value *value = patter_recorder_attribute(span, key);
    cr_assert(value && value->type == PATTER_INT, "%s is no integer attribute", key);
    return value->as.integer;
}

static const char *text_of(const struct patter_span_view *span, const char *key)
{
    const struct patter_value *value = patter_recorder_attribute(span, key);
    cr_assert(value && value->type == PATTER_TEXT, "%s is no text attribute", key);
    return value->as.text.data;
}

static struct patter_call begin_call(const char *id)
{
    struct patter_call_options options = { .struct_size = sizeof(options), .id = patter_text(id) };
    return patter_call_begin(&options);
}

Test(span, all_seven_carry_their_attributes_and_the_call_id)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .id = patter_text("call-7f3a"),
                                           .direction = patter_text("inbound"),
                                           .provider_mode = patter_text("pipeline") };
    struct patter_call call = patter_call_begin(&options);
    patter_stt_end(patter_stt_begin(call), 22, 0.91);
    patter_endpoint_end(patter_endpoint_begin(call), 480);
    struct patter_span llm = patter_llm_begin(call, 1, 6);
    patter_llm_first_token(llm);
    patter_span_end(llm);
    patter_llm_end(patter_llm_begin(call, 2, 7), 180.5);
    patter_span_end(patter_tts_begin(call, 64));
    patter_span_end(patter_tool_begin(call, "lookup_order", "webhook"));
    patter_bargein_end(patter_bargein_begin(call), 30);
    patter_call_end(call);

    const struct patter_span_view *root = tracing_span(recorder, "getpatter.call");
    cr_assert_eq(patter_recorder_count(recorder), 8);
    const struct patter_span_view *second = patter_recorder_span(recorder, 3);
    cr_assert_eq(patter_recorder_attribute(second, "getpatter.llm.ttft_ms")->as.real, 180.5);
    cr_assert_str_eq(text_of(root, "getpatter.call.direction"), "inbound");
    cr_assert_str_eq(text_of(root, "getpatter.call.provider_mode"), "pipeline");
    const struct patter_span_view *stt = tracing_span(recorder, "getpatter.stt");
    cr_assert_eq(int_of(stt, "getpatter.stt.text_len"), 22);
    cr_assert_eq(patter_recorder_attribute(stt, "getpatter.stt.confidence")->as.real, 0.91);
    cr_assert_eq(
        int_of(tracing_span(recorder, "getpatter.endpoint"), "getpatter.endpoint.silence_ms"), 480);
    const struct patter_span_view *turn = patter_recorder_span(recorder, 2);
    cr_assert_eq(int_of(turn, "getpatter.llm.iteration"), 1);
    cr_assert_eq(int_of(turn, "getpatter.llm.history_size"), 6);
    cr_assert_geq(patter_recorder_attribute(turn, "getpatter.llm.ttft_ms")->as.real, 0);
    cr_assert_eq(int_of(tracing_span(recorder, "getpatter.tts"), "getpatter.tts.text_len"), 64);
    const struct patter_span_view *tool = tracing_span(recorder, "getpatter.tool");
    cr_assert_str_eq(text_of(tool, "getpatter.tool.name"), "lookup_order");
    cr_assert_str_eq(text_of(tool, "getpatter.tool.transport"), "webhook");
    cr_assert_eq(
        int_of(tracing_span(recorder, "getpatter.bargein"), "getpatter.bargein.cancelled_text_len"),
        30);
    for (size_t i = 0; i < 8; i++) {
        const struct patter_span_view *span = patter_recorder_span(recorder, i);
        cr_assert_str_eq(text_of(span, "getpatter.call.id"), "call-7f3a");
        cr_assert_eq(memcmp(span->trace_id, root->trace_id, 16), 0);
        cr_assert_eq(span->flags, 0x103);
        cr_assert_leq(span->begin_unix_ns, span->end_unix_ns);
        if (span != root) {
            cr_assert_eq(memcmp(span->parent_id, root->span_id, 8), 0);
        }
    }
    tracing_stop(recorder);
}

Test(span, numbers_that_are_unknown_are_left_out)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    patter_stt_end(patter_stt_begin(call), -1, -1);
    const struct patter_span_view *stt = tracing_span(recorder, "getpatter.stt");
    cr_assert_eq(stt->attribute_count, 1);
    tracing_stop(recorder);
}

Test(span, a_missing_call_id_becomes_a_uuid)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    patter_call_end(patter_call_begin(NULL));
    const struct patter_span_view *root = tracing_span(recorder, "getpatter.call");
    cr_assert_eq(root->call_id.len, 36);
    cr_assert_eq(root->call_id.data[14], '4');
    tracing_stop(recorder);
}

Test(span, a_call_id_that_may_not_leave_is_hashed)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    patter_call_end(begin_call("+1 555 010 9999"));
    const struct patter_span_view *root = tracing_span(recorder, "getpatter.call");
    cr_assert_eq(root->call_id.len, 34);
    cr_assert_eq(memcmp(root->call_id.data, "h-", 2), 0);
    cr_assert_eq(tracing_stats().call_ids_hashed, 1);
    tracing_stop(recorder);
}

struct handed_over {
    struct patter_span span;
    struct patter_call call;
};

static void *end_elsewhere(void *handed_)
{
    struct handed_over *handed = handed_;
    patter_call_end(handed->call);
    usleep(1000);
    patter_span_end(handed->span);
    return NULL;
}

Test(span, one_that_ends_late_and_elsewhere_still_joins_the_trace)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct handed_over handed = { .call = begin_call("late") };
    pthread_t thread;
    handed.span = patter_tts_begin(handed.call, 5);
    pthread_create(&thread, NULL, end_elsewhere, &handed);
    pthread_join(thread, NULL);
    const struct patter_span_view *root = tracing_span(recorder, "getpatter.call");
    const struct patter_span_view *tts = tracing_span(recorder, "getpatter.tts");
    cr_assert_eq(memcmp(tts->trace_id, root->trace_id, 16), 0);
    cr_assert_gt(tts->end_unix_ns, root->end_unix_ns);
    tracing_stop(recorder);
}

Test(span, none_begins_on_an_ended_call)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    patter_call_end(call);
    cr_assert_eq(patter_stt_begin(call).handle, 0);
    patter_call_end(call);
    cr_assert_eq(tracing_stats().misuses, 2);
    tracing_stop(recorder);
}

Test(span, ended_twice_or_used_after_the_end_is_counted_and_harmless)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_tts_begin(call, 1);
    patter_span_end(span);
    patter_span_end(span);
    patter_span_set_int(span, "getpatter.tts.text_len", 99);
    patter_span_event(span, "late");
    patter_span_end(patter_call_root(call));
    patter_stt_end(patter_call_root(call), 1, 0.5);
    cr_assert_eq(tracing_stats().misuses, 5);
    patter_call_end(call);
    cr_assert_null(patter_recorder_attribute(tracing_span(recorder, "getpatter.call"),
                                             "getpatter.stt.text_len"));
    cr_assert_eq(int_of(tracing_span(recorder, "getpatter.tts"), "getpatter.tts.text_len"), 1);
    tracing_stop(recorder);
}

Test(span, begins_and_ends_at_instants_given_and_never_backwards)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span_options options = { .struct_size = sizeof(options),
                                           .name = "app.given",
                                           .kind = PATTER_KIND_CLIENT,
                                           .begin_unix_ns = 1000 };
    patter_span_end_at(patter_span_begin_with(call, &options), 3000);
    options.name = "app.backwards";
    patter_span_end_at(patter_span_begin_with(call, &options), 500);
    options.name = "app.from_then_on";
    patter_span_end(patter_span_begin_with(call, &options));
    const struct patter_span_view *given = tracing_span(recorder, "app.given");
    cr_assert_eq(given->begin_unix_ns, 1000);
    cr_assert_eq(given->end_unix_ns, 3000);
    cr_assert_eq(given->kind, PATTER_KIND_CLIENT);
    cr_assert_eq(tracing_span(recorder, "app.backwards")->end_unix_ns, 1000);
    cr_assert_gt(tracing_span(recorder, "app.from_then_on")->end_unix_ns, 1700000000000000000u);
    tracing_stop(recorder);
}

Test(span, a_parent_of_ones_own_of_the_same_call_only)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = begin_call("one");
    struct patter_call other = begin_call("two");
    struct patter_span_options options = { .struct_size = sizeof(options), .name = "app.child" };
    options.parent = patter_llm_begin(call, 0, 1);
    patter_span_end(patter_span_begin_with(call, &options));
    options.name = "app.stranger";
    patter_span_end(patter_span_begin_with(other, &options));
    patter_span_end(options.parent);
    patter_call_end(other);
    const struct patter_span_view *llm = tracing_span(recorder, "getpatter.llm");
    const struct patter_span_view *root = tracing_span(recorder, "getpatter.call");
    cr_assert_eq(memcmp(tracing_span(recorder, "app.child")->parent_id, llm->span_id, 8), 0);
    cr_assert_eq(memcmp(tracing_span(recorder, "app.stranger")->parent_id, root->span_id, 8), 0);
    tracing_stop(recorder);
}

Test(span, ok_is_final_and_an_error_has_a_type_but_no_words)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span failed = patter_tool_begin(call, "lookup_order", "webhook");
    patter_span_set_error(failed, "timeout");
    patter_span_exception(failed, "ConnectionError");
    patter_span_end(failed);
    struct patter_span done = patter_tts_begin(call, 1);
    patter_span_set_ok(done);
    patter_span_set_error(done, "late");
    patter_span_end(done);
    const struct patter_span_view *tool = tracing_span(recorder, "getpatter.tool");
    cr_assert_eq(tool->status_code, PATTER_STATUS_ERROR);
    cr_assert_str_eq(text_of(tool, "error.type"), "timeout");
    cr_assert_eq(tool->event_count, 1);
    cr_assert_eq(memcmp(tool->events[0]->name.data, "exception", 9), 0);
    cr_assert_str_eq(tool->events[0]->attributes[0].value.as.text.data, "ConnectionError");
    const struct patter_span_view *tts = tracing_span(recorder, "getpatter.tts");
    cr_assert_eq(tts->status_code, PATTER_STATUS_OK);
    cr_assert_null(patter_recorder_attribute(tts, "error.type"));
    tracing_stop(recorder);
}

Test(span, events_and_links_carry_filtered_attributes)
{
    struct patter_recorder *recorder =
        tracing_start("privacy: {allowed_keys: [app.round, {key: app.queue, class: choice, "
                      "choices: [sales]}]}\n");
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_tts_begin(call, 1);
    struct patter_context other = {
        .trace_id = { 1 }, .span_id = { 2 }, .flags = 1, .tracestate = "vendor=value"
    };
    struct patter_field fields[] = {
        { patter_key_intern("app.round"), { .type = PATTER_INT, .as.integer = 1 } },
        { patter_key_intern("app.round"), { .type = PATTER_INT, .as.integer = 2 } },
        { patter_key_intern("app.queue"),
          { .type = PATTER_TEXT, .as.text = patter_text("sales") } },
        { patter_key_intern("app.secret"), { .type = PATTER_TEXT, .as.text = patter_text("no") } },
    };
    patter_span_event_with(span, "app.event", fields, 4, 77);
    patter_span_event(span, "what the caller said");
    patter_span_link(span, &other, fields, 3);
    patter_span_end(span);
    const struct patter_span_view *tts = tracing_span(recorder, "getpatter.tts");
    cr_assert_eq(tts->event_count, 2);
    cr_assert_eq(tts->events[0]->time_unix_ns, 77);
    cr_assert_eq(tts->events[0]->attribute_count, 2, "the repeated key replaces, the denied goes");
    cr_assert_eq(tts->events[0]->attributes[0].value.as.integer, 2);
    cr_assert_eq(memcmp(tts->events[1]->name.data, "getpatter.custom", 16), 0);
    cr_assert_eq(tts->link_count, 1);
    cr_assert_eq(tts->links[0]->trace_id[0], 1);
    cr_assert_eq(tts->links[0]->tracestate.len, 12);
    cr_assert_eq(tts->links[0]->flags, 0x301);
    cr_assert_eq(tts->links[0]->attribute_count, 2);
    cr_assert_eq(tracing_stats().names_replaced, 1);
    tracing_stop(recorder);
}

Test(span, limits_count_what_they_drop)
{
    struct patter_recorder *recorder =
        tracing_start("privacy: {allowed_keys: [app.a, app.b, app.c]}\n"
                      "limits: {attributes: 2, events: 1, links: 1, attribute_value_length: 4}\n");
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_span_begin(call, "app.limits");
    struct patter_context other = { .trace_id = { 1 }, .span_id = { 2 } };
    patter_span_set_text(span, "app.a", patter_text("longer"));
    patter_span_set_int(span, "app.b", 1);
    patter_span_set_int(span, "app.c", 1);
    patter_span_event(span, "one");
    patter_span_event(span, "two");
    patter_span_link(span, &other, NULL, 0);
    patter_span_link(span, &other, NULL, 0);
    patter_span_end(span);
    const struct patter_span_view *view = tracing_span(recorder, "app.limits");
    cr_assert_eq(view->attribute_count, 3, "the call id is not counted");
    cr_assert_eq(view->attributes[1].value.as.text.len, 4);
    cr_assert_eq(view->dropped_attribute_count, 1);
    cr_assert_eq(view->dropped_event_count, 1);
    cr_assert_eq(view->dropped_link_count, 1);
    struct patter_stats stats = tracing_stats();
    cr_assert_eq(stats.attributes_over_limit, 1);
    cr_assert_eq(stats.events_over_limit, 1);
    cr_assert_eq(stats.links_over_limit, 1);
    tracing_stop(recorder);
}

Test(span, denied_invalid_and_scanned_values_are_counted_apart)
{
    struct patter_recorder *recorder = tracing_start("privacy: {allowed_keys: [app.ref]}\n");
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_tts_begin(call, 1);
    patter_span_set_text(span, "app.tier", patter_text("gold"));
    patter_span_set_text(span, "app.ref", patter_text("two words"));
    patter_span_set_text(span, "app.ref", patter_text("15550109999"));
    patter_span_set_text(span, "getpatter.call.id", patter_text("mine"));
    patter_span_set_text(span, "app.ref", patter_text("ref-81"));
    patter_span_end(span);
    const struct patter_span_view *tts = tracing_span(recorder, "getpatter.tts");
    cr_assert_eq(tts->attribute_count, 3);
    cr_assert_str_eq(text_of(tts, "app.ref"), "ref-81");
    struct patter_stats stats = tracing_stats();
    cr_assert_eq(stats.attributes_denied, 2);
    cr_assert_eq(stats.attributes_invalid, 1);
    cr_assert_eq(stats.attributes_scanned, 1);
    tracing_stop(recorder);
}

Test(span, a_hashed_key_leaves_as_its_hash)
{
    struct patter_recorder *recorder =
        tracing_start("privacy: {hashed_keys: [app.caller.ref], hash_key: 0123456789abcdef}\n");
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_tts_begin(call, 1);
    patter_span_set_text(span, "app.caller.ref", patter_text("Alice Smith"));
    patter_span_end(span);
    const struct patter_span_view *tts = tracing_span(recorder, "getpatter.tts");
    const struct patter_value *value = patter_recorder_attribute(tts, "app.caller.ref");
    cr_assert_eq(value->as.text.len, 34);
    cr_assert_eq(memcmp(value->as.text.data, "h-", 2), 0);
    tracing_stop(recorder);
}

Test(span, an_unsampled_call_propagates_but_records_nothing)
{
    struct patter_recorder *recorder = tracing_start("sampling: {ratio: 0.0}\n");
    struct patter_call call = begin_call("unsampled");
    struct patter_ids ids;
    cr_assert_neq(call.handle, 0);
    cr_assert_eq(patter_stt_begin(call).handle, 0);
    cr_assert_eq(patter_call_root(call).handle, 0);
    cr_assert_eq(patter_span_ids(call, patter_call_root(call), &ids), PATTER_OK);
    cr_assert_str_eq(ids.call_id, "unsampled");
    patter_call_end(call);
    patter_flush(10000);
    cr_assert_eq(patter_recorder_count(recorder), 0);
    struct patter_stats stats = tracing_stats();
    cr_assert_eq(stats.spans_started, 2);
    cr_assert_eq(stats.spans_unsampled, 2);
    tracing_stop(recorder);
}

Test(span, options_of_an_older_header_are_read_as_far_as_they_go)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call_options options = { .struct_size =
                                               offsetof(struct patter_call_options, direction),
                                           .id = patter_text("older"),
                                           .direction = patter_text("inbound") };
    struct patter_span_options named = { .struct_size =
                                             offsetof(struct patter_span_options, parent),
                                         .name = "app.older",
                                         .begin_unix_ns = 5 };
    struct patter_call call = patter_call_begin(&options);
    patter_span_end(patter_span_begin_with(call, &named));
    patter_call_end(call);
    const struct patter_span_view *root = tracing_span(recorder, "getpatter.call");
    cr_assert_str_eq(text_of(root, "getpatter.call.id"), "older");
    cr_assert_null(patter_recorder_attribute(root, "getpatter.call.direction"));
    cr_assert_neq(tracing_span(recorder, "app.older")->begin_unix_ns, 5);
    tracing_stop(recorder);
}

Test(span, handles_that_never_were_are_counted_misuses)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_call call = patter_call_begin(NULL);
    for (uint64_t number = 1; number <= 100; number++) {
        struct patter_span span = { number };
        struct patter_call other = { number };
        patter_span_set_int(span, "getpatter.tts.text_len", 1);
        patter_span_end(span);
        patter_span_end(patter_tts_begin(other, 1));
        patter_call_end(other);
    }
    patter_call_end(call);
    struct patter_stats stats = tracing_stats();
    cr_assert_eq(stats.misuses, 400, "misuses %d", (int)stats.misuses);
    cr_assert_eq(stats.spans_started, 1);
    cr_assert_eq(stats.spans_ended, 1);
    tracing_stop(recorder);
}
