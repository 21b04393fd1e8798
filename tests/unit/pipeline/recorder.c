/* SPDX-License-Identifier: MIT */
#include "core/pipeline/recorder.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <patter/testing.h>

/* Which allocation fails, from now on; 0: none. */
static unsigned fails_at;

void *real_malloc(size_t size) __asm__("__real_malloc");
void *scarce_malloc(size_t size) __asm__("__wrap_malloc");

void *scarce_malloc(size_t size)
{
    return fails_at > 0 && --fails_at == 0 ? NULL : real_malloc(size);
}

/* Long enough for copies to need several of the blocks of an arena. */
static char long_text[8192];

static struct patter_span_view make_span(void)
{
    static struct patter_attribute attribute;
    static struct patter_event event;
    static struct patter_link link;
    static const struct patter_event *const events[] = { &event };
    static const struct patter_link *const links[] = { &link };
    memset(long_text, 'x', sizeof(long_text) - 1);
    struct patter_str text = patter_text(long_text);
    attribute = (struct patter_attribute){ .key = text };
    attribute.value.type = PATTER_TEXT;
    attribute.value.as.text = text;
    event.name = text;
    event.attributes = &attribute;
    event.attribute_count = 1;
    link.tracestate = text;
    link.attributes = &attribute;
    link.attribute_count = 1;
    return (struct patter_span_view){ .name = text,
                                      .call_id = text,
                                      .tracestate = text,
                                      .attributes = &attribute,
                                      .attribute_count = 1,
                                      .events = events,
                                      .event_count = 1,
                                      .links = links,
                                      .link_count = 1 };
}

Test(recorder, a_span_that_finds_no_memory_is_refused_whole)
{
    struct patter_span_view span = make_span();
    const struct patter_span_view *const spans[] = { &span };
    struct patter_batch batch = { .spans = spans, .span_count = 1 };
    unsigned failures = 0;
    for (bool has_failed = true; has_failed;) {
        struct patter_recorder *recorder = patter_recorder_new();
        struct patter_result result = { 0 };
        fails_at = ++failures;
        cr_assert_eq(pt_recorder_exporter.send(recorder, &batch, &result), PATTER_OK);
        has_failed = fails_at == 0;
        fails_at = 0;
        cr_assert_eq(result.rejected, has_failed, "at the allocation %u", failures);
        cr_assert_eq(patter_recorder_count(recorder), !has_failed);
        cr_assert(!has_failed || strcmp(result.reason, "no_memory") == 0);
        patter_recorder_destroy(recorder);
    }
    cr_assert(failures > 4, "only %u allocations", failures);
}
