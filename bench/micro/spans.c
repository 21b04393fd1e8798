/* SPDX-License-Identifier: MIT */
#include "bench/micro/micro.h"
#include "bench/micro/tracing.h"

/* Calls and spans from begin to end, through the public functions. */

enum { CALLS = 64, SPANS = 256, TURN_SPANS = 4 };

static struct patter_call call;

static bool check_records(uint32_t count)
{
    return micro_drain(NULL).records == count;
}

static void calls(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_call_end(micro_call_begin());
    }
}

static void begin_call(uint32_t count)
{
    (void)count;
    call = micro_call_begin();
}

static bool check_children(uint32_t count)
{
    patter_call_end(call);
    return check_records(count + 1);
}

static void known_spans(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_end(patter_stt_begin(call));
    }
}

static void named_spans(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_end(patter_span_begin(call, "getpatter.stt"));
    }
}

static void turns(uint32_t count)
{
    for (uint32_t i = 0; i < count / TURN_SPANS; i++) {
        micro_turn(call, i);
    }
}

const struct micro_case micro_span_cases[] = {
    { "call.begin_end", "a call with id, direction and mode; its root span", CALLS, NULL, calls,
      check_records },
    { "span.known", "a documented span, no attribute", SPANS, begin_call, known_spans,
      check_children },
    { "span.named", "a span by its name's text, no attribute", SPANS, begin_call, named_spans,
      check_children },
    { "span.turn", "a span of a turn, with 2.25 attributes", SPANS, begin_call, turns,
      check_children },
    { 0 },
};
