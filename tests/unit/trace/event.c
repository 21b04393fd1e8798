/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>

#include <patter/propagate.h>

#include "tests/support/tracing.h"

static struct patter_field number(const char *key, int64_t value)
{
    struct patter_field field = { patter_key_intern(key),
                                  { .type = PATTER_INT, .as.integer = value } };
    return field;
}

Test(event, fields_that_are_null_are_none_whatever_their_count_says)
{
    struct patter_recorder *recorder = tracing_start(NULL);
    struct patter_span span = patter_tts_begin(patter_call_begin(NULL), 1);
    struct patter_context other = { .trace_id = { 1 }, .span_id = { 2 } };
    patter_span_event_with(span, "app.event", NULL, 3, 0);
    patter_span_link(span, &other, NULL, 3);
    patter_span_end(span);
    const struct patter_span_view *tts = tracing_span(recorder, "getpatter.tts");
    cr_assert_eq(tts->event_count, 1);
    cr_assert_eq(tts->events[0]->attribute_count, 0);
    cr_assert_eq(tts->link_count, 1);
    cr_assert_eq(tts->links[0]->attribute_count, 0);
    tracing_stop(recorder);
}

Test(event, a_repeated_key_replaces_as_on_a_span)
{
    struct patter_recorder *recorder =
        tracing_start("privacy: {allowed_keys: [app.a, app.b, app.c]}\nlimits: {attributes: 2}\n");
    struct patter_span span = patter_tts_begin(patter_call_begin(NULL), 1);
    struct patter_field fields[] = { number("app.a", 1), number("app.b", 2), number("app.c", 3),
                                     number("app.a", 4), number("app.b", 0) };
    fields[4].value = (struct patter_value){ .type = PATTER_TEXT, .as.text = patter_text("o no") };
    patter_span_event_with(span, "app.event", fields, 5, 0);
    patter_span_end(span);
    const struct patter_event *event = tracing_span(recorder, "getpatter.tts")->events[0];
    cr_assert_eq(event->attribute_count, 2);
    cr_assert_str_eq(event->attributes[0].key.data, "app.b");
    cr_assert_eq(event->attributes[0].value.as.integer, 2, "an invalid value takes nothing away");
    cr_assert_str_eq(event->attributes[1].key.data, "app.a");
    cr_assert_eq(event->attributes[1].value.as.integer, 4);
    cr_assert_eq(event->dropped_attribute_count, 1);
    cr_assert_eq(tracing_stats().attributes_over_limit, 1);
    tracing_stop(recorder);
}

/* With a look at every pair of fields this would take hours. */
Test(event, a_million_fields_cost_no_more_than_the_limit_times_their_number, .timeout = 60)
{
    enum { COUNT = 1000000 };
    struct patter_recorder *recorder = tracing_start("privacy: {allowed_keys: [app.a]}\n");
    struct patter_span span = patter_tts_begin(patter_call_begin(NULL), 1);
    struct patter_field *fields = calloc(COUNT, sizeof(*fields));
    for (int i = 0; i < COUNT; i++) {
        fields[i].key.id = 5000 + (uint32_t)i; /* none of them ever was */
    }
    fields[0] = number("app.a", 1);
    fields[COUNT - 1] = number("app.a", 2);
    patter_span_event_with(span, "app.event", fields, COUNT, 0);
    patter_span_end(span);
    const struct patter_event *event = tracing_span(recorder, "getpatter.tts")->events[0];
    cr_assert_eq(event->attribute_count, 1);
    cr_assert_eq(event->attributes[0].value.as.integer, 2);
    cr_assert_eq(tracing_stats().attributes_denied, COUNT - 2);
    free(fields);
    tracing_stop(recorder);
}
