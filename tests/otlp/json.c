/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/json.h"

#include <math.h>
#include <stdio.h>

#include "plugins/otlp/utf8.h"
#include "tests/otlp/random_batch.h"
#include "tests/support/json_check.h"

#include <criterion/criterion.h>

static void expect(const struct patter_batch *batch, const char *expected)
{
    struct otlp_buffer buffer = { 0 };
    cr_assert(otlp_encode_json(batch, &buffer));
    cr_assert_eq(buffer.len, strlen(expected), "%.*s", (int)buffer.len, (const char *)buffer.data);
    cr_assert_eq(memcmp(buffer.data, expected, buffer.len), 0, "%.*s", (int)buffer.len,
                 (const char *)buffer.data);
    otlp_buffer_clean(&buffer);
}

#define HEAD                                                                                       \
    "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"      \
    "{\"stringValue\":\"front-desk-bot\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"patter\","     \
    "\"version\":\"0.1.0\"},\"spans\":[{\"traceId\":\"5b8e0100000000000000000000000000\","         \
    "\"spanId\":\"eee1020000000000\",\"name\":\"getpatter.stt\",\"kind\":1,"                       \
    "\"startTimeUnixNano\":\"1700000000000000001\",\"endTimeUnixNano\":\"1700000000250000001\","   \
    "\"attributes\":[{\"key\":\"getpatter.call.id\",\"value\":{\"stringValue\":\"c-1\"}},"         \
    "{\"key\":\"app.x\",\"value\":{"
#define TAIL "}}],\"flags\":259}]}]}]}"

static void expect_value(struct patter_value value, const char *member)
{
    char expected[2048];
    snprintf(expected, sizeof(expected), "%s%s%s", HEAD, member, TAIL);
    expect(plain_batch("app.x", value), expected);
}

static void expect_real(double real, const char *member)
{
    expect_value((struct patter_value){ PATTER_DOUBLE, { .real = real } }, member);
}

static void expect_text(const char *text, const char *member)
{
    expect_value((struct patter_value){ PATTER_TEXT, { .text = patter_text(text) } }, member);
}

Test(otlp_json, integers_are_text_and_flags_are_words)
{
    expect_value((struct patter_value){ PATTER_INT, { .integer = INT64_MIN } },
                 "\"intValue\":\"-9223372036854775808\"");
    expect_value((struct patter_value){ PATTER_INT, { .integer = 0 } }, "\"intValue\":\"0\"");
    expect_value((struct patter_value){ PATTER_BOOL, { .boolean = 1 } }, "\"boolValue\":true");
    expect_value((struct patter_value){ PATTER_BOOL, { .boolean = 0 } }, "\"boolValue\":false");
}

Test(otlp_json, doubles_are_shortest_and_specials_are_text)
{
    expect_real(0.1, "\"doubleValue\":0.1");
    expect_real(0.0, "\"doubleValue\":0");
    expect_real(-0.0, "\"doubleValue\":-0");
    expect_real(1.0 / 3, "\"doubleValue\":0.3333333333333333");
    expect_real(1e22, "\"doubleValue\":1e+22");
    expect_real(5e-324, "\"doubleValue\":4.94065645841247e-324");
    expect_real(NAN, "\"doubleValue\":\"NaN\"");
    expect_real(INFINITY, "\"doubleValue\":\"Infinity\"");
    expect_real(-INFINITY, "\"doubleValue\":\"-Infinity\"");
}

Test(otlp_json, text_is_escaped_and_valid_utf8)
{
    expect_text("", "\"stringValue\":\"\"");
    expect_text("a\"b\\c\n\x01/", "\"stringValue\":\"a\\\"b\\\\c\\u000a\\u0001/\"");
    expect_text("\xE2\x82\xAC\xFF", "\"stringValue\":\"\xE2\x82\xAC\xEF\xBF\xBD\"");
}

Test(otlp_json, events_links_status_and_counts)
{
    struct patter_attribute attribute = { patter_text("n"), { PATTER_INT, { .integer = 7 } } };
    struct patter_event event = { .struct_size = sizeof(event),
                                  .dropped_attribute_count = 2,
                                  .time_unix_ns = 5,
                                  .name = patter_text("retry"),
                                  .attributes = &attribute,
                                  .attribute_count = 1 };
    struct patter_link link = { .struct_size = sizeof(link),
                                .flags = 0x301,
                                .trace_id = { 1 },
                                .span_id = { 2 },
                                .tracestate = patter_text("a=b"),
                                .dropped_attribute_count = 4 };
    const struct patter_event *events[] = { &event, &event };
    const struct patter_link *links[] = { &link };
    struct patter_span_view span = { .struct_size = sizeof(span),
                                     .kind = PATTER_KIND_SERVER,
                                     .parent_id = { 0xAB },
                                     .status_code = PATTER_STATUS_ERROR,
                                     .tracestate = patter_text("x=y"),
                                     .name = patter_text("getpatter.tool"),
                                     .begin_unix_ns = 1,
                                     .end_unix_ns = 2,
                                     .events = events,
                                     .event_count = 2,
                                     .links = links,
                                     .link_count = 1,
                                     .dropped_attribute_count = 1,
                                     .dropped_event_count = 2,
                                     .dropped_link_count = 3 };
    const struct patter_span_view *spans[] = { &span };
    struct patter_batch batch = { .struct_size = sizeof(batch), .spans = spans, .span_count = 1 };
    expect(&batch,
           "{\"resourceSpans\":[{\"resource\":{},\"scopeSpans\":[{\"scope\":{\"name\":\"\"},"
           "\"spans\":[{\"traceId\":\"00000000000000000000000000000000\","
           "\"spanId\":\"0000000000000000\",\"traceState\":\"x=y\","
           "\"parentSpanId\":\"ab00000000000000\",\"name\":\"getpatter.tool\",\"kind\":2,"
           "\"startTimeUnixNano\":\"1\",\"endTimeUnixNano\":\"2\",\"droppedAttributesCount\":1,"
           "\"events\":[{\"timeUnixNano\":\"5\",\"name\":\"retry\",\"attributes\":[{\"key\":\"n\","
           "\"value\":{\"intValue\":\"7\"}}],\"droppedAttributesCount\":2},{\"timeUnixNano\":\"5\","
           "\"name\":\"retry\",\"attributes\":[{\"key\":\"n\",\"value\":{\"intValue\":\"7\"}}],"
           "\"droppedAttributesCount\":2}],\"droppedEventsCount\":2,\"links\":[{\"traceId\":"
           "\"01000000000000000000000000000000\",\"spanId\":\"0200000000000000\","
           "\"traceState\":\"a=b\",\"droppedAttributesCount\":4,\"flags\":769}],"
           "\"droppedLinksCount\":3,\"status\":{\"code\":2}}]}]}]}");
}

Test(otlp_json, random_batches_are_json_and_utf8)
{
    struct otlp_buffer buffer = { 0 };
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct random_batch *random = random_batch_new(seed);
        cr_assert(otlp_encode_json(random_batch_get(random), &buffer));
        cr_assert(json_check(buffer.data, buffer.len), "seed %llu", (unsigned long long)seed);
        struct patter_str text = { (const char *)buffer.data, buffer.len };
        cr_assert_eq(otlp_utf8_clean_len(text), text.len, "seed %llu", (unsigned long long)seed);
        random_batch_destroy(random);
    }
    otlp_buffer_clean(&buffer);
}
