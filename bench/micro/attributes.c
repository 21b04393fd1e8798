/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "bench/micro/micro.h"
#include "bench/micro/tracing.h"
#include "core/base/random.h"
#include "core/record/thread.h"

/* Setting attributes: each type by key and by name, and what the filter stops. A span gets four,
 * so that the figure holds the search for a repeated one. */

enum { SPANS = 64, SETS = SPANS * MICRO_KEYS };

static struct patter_call call;
static struct patter_span spans[SPANS];
static struct patter_key keys[MICRO_KEYS];
static struct patter_str texts[SETS];
static char new_texts[SETS][40];

/* ---- before and after ---------------------------------------------------------- */

static void open_spans(const char *const names[MICRO_KEYS])
{
    call = micro_call_begin();
    for (uint32_t i = 0; i < SPANS; i++) {
        spans[i] = patter_stt_begin(call);
    }
    for (uint32_t i = 0; i < MICRO_KEYS; i++) {
        keys[i] = patter_key_intern(names[i]);
    }
}

static bool close_spans(uint32_t attributes)
{
    for (uint32_t i = 0; i < SPANS; i++) {
        patter_span_end(spans[i]);
    }
    struct micro_drained children = micro_drain(NULL);
    patter_call_end(call);
    return children.records == SPANS && children.attributes == attributes &&
           micro_drain(NULL).records == 1;
}

static void prepare_bools(uint32_t count)
{
    (void)count;
    open_spans(micro_bool_keys);
}

static void prepare_ints(uint32_t count)
{
    (void)count;
    open_spans(micro_int_keys);
}

static void prepare_doubles(uint32_t count)
{
    (void)count;
    open_spans(micro_double_keys);
}

static void prepare_texts(const char *const usual[MICRO_KEYS])
{
    open_spans(micro_text_keys);
    for (uint32_t i = 0; i < SETS; i++) {
        texts[i] = patter_text(usual[i % MICRO_KEYS]);
    }
}

static void prepare_repeated(uint32_t count)
{
    static const char *const usual[] = { "lookup_order", "webhook", "A-4711", "front-desk" };
    (void)count;
    prepare_texts(usual);
}

static void prepare_new_names(uint32_t count)
{
    static uint32_t number;
    open_spans(micro_text_keys);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(new_texts[i], sizeof(new_texts[i]), "lookup_order_%x", number++);
        texts[i] = patter_text(new_texts[i]);
    }
}

static void prepare_new_uuids(uint32_t count)
{
    open_spans(micro_text_keys);
    for (uint32_t i = 0; i < count; i++) {
        pt_random_uuid(new_texts[i]);
        texts[i] = patter_text(new_texts[i]);
    }
    keys[0] = keys[2]; /* a tool's name and transport are no identifiers */
    keys[1] = keys[3];
}

static void prepare_scanned(uint32_t count)
{
    static const char *const numbers[] = { "a.15551234567", "b.15551234567", "15551234567",
                                           "15551234568" };
    (void)count;
    prepare_texts(numbers);
    keys[0] = keys[2];
    keys[1] = keys[3];
}

static void prepare_denied(uint32_t count)
{
    static const char *const names[MICRO_KEYS] = { "app.denied.one", "app.denied.two",
                                                   "app.denied.three", "app.denied.four" };
    (void)count;
    open_spans(names);
}

/* ---- setting --------------------------------------------------------------------- */

static void set_bools(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_bool_key(spans[i / MICRO_KEYS], keys[i % MICRO_KEYS], i & 1);
    }
}

static void set_named_bools(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_bool(spans[i / MICRO_KEYS], micro_bool_keys[i % MICRO_KEYS], i & 1);
    }
}

static void set_ints(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_int_key(spans[i / MICRO_KEYS], keys[i % MICRO_KEYS], i);
    }
}

static void set_named_ints(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_int(spans[i / MICRO_KEYS], micro_int_keys[i % MICRO_KEYS], i);
    }
}

static void set_negative_ints(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_int_key(spans[i / MICRO_KEYS], keys[i % MICRO_KEYS], -1);
    }
}

static void set_one_int(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_int_key(spans[i / MICRO_KEYS], keys[0], i);
    }
}

static void set_doubles(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_double_key(spans[i / MICRO_KEYS], keys[i % MICRO_KEYS], (i & 63) / 64.0);
    }
}

static void set_named_doubles(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_double(spans[i / MICRO_KEYS], micro_double_keys[i % MICRO_KEYS],
                               (i & 63) / 64.0);
    }
}

static void set_texts(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_text_key(spans[i / MICRO_KEYS], keys[i % MICRO_KEYS], texts[i]);
    }
}

static void set_named_texts(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_text(spans[i / MICRO_KEYS], micro_text_keys[i % MICRO_KEYS], texts[i]);
    }
}

static void set_unknown(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        patter_span_set_int(spans[i / MICRO_KEYS], "app.nobody.interned_it", i);
    }
}

/* ---- what must have come of it ----------------------------------------------------- */

static bool check_all(uint32_t count)
{
    return close_spans(count);
}

static bool check_one_each(uint32_t count)
{
    return close_spans(count / MICRO_KEYS);
}

static bool check_two_each(uint32_t count)
{
    return close_spans(count / 2);
}

static bool check_stopped(enum pt_counter counter, uint64_t *seen, uint32_t count)
{
    uint64_t before = *seen;
    *seen = pt_threads_sum(counter);
    return close_spans(0) && *seen - before == count;
}

static bool check_denied(uint32_t count)
{
    static uint64_t seen;
    return check_stopped(PT_ATTRIBUTES_DENIED, &seen, count);
}

static bool check_invalid(uint32_t count)
{
    static uint64_t seen;
    return check_stopped(PT_ATTRIBUTES_INVALID, &seen, count);
}

static bool check_scanned(uint32_t count)
{
    static uint64_t seen;
    return check_stopped(PT_ATTRIBUTES_SCANNED, &seen, count);
}

const struct micro_case micro_attribute_cases[] = {
    { "set.bool.key", "a flag, by key", SETS, prepare_bools, set_bools, check_all },
    { "set.bool.name", "a flag, by name", SETS, prepare_bools, set_named_bools, check_all },
    { "set.int.key", "a count, by key", SETS, prepare_ints, set_ints, check_all },
    { "set.int.name", "a count, by name", SETS, prepare_ints, set_named_ints, check_all },
    { "set.int.again", "a count whose key is set already", SETS, prepare_ints, set_one_int,
      check_one_each },
    { "set.double.key", "a ratio or duration, by key", SETS, prepare_doubles, set_doubles,
      check_all },
    { "set.double.name", "a ratio or duration, by name", SETS, prepare_doubles, set_named_doubles,
      check_all },
    { "set.text.key", "one of four texts, by key", SETS, prepare_repeated, set_texts, check_all },
    { "set.text.name", "one of four texts, by name", SETS, prepare_repeated, set_named_texts,
      check_all },
    { "filter.new_name", "a text never seen before, 14 to 18 letters", SETS, prepare_new_names,
      set_texts, check_all },
    { "filter.new_uuid", "a UUID never seen before", SETS, prepare_new_uuids, set_texts,
      check_two_each },
    { "filter.denied", "a key that may not leave", SETS, prepare_denied, set_ints, check_denied },
    { "filter.unknown", "a name that was never interned", SETS, prepare_denied, set_unknown,
      check_denied },
    { "filter.invalid", "a value outside its key's class", SETS, prepare_ints, set_negative_ints,
      check_invalid },
    { "filter.scanned", "a telephone number", SETS, prepare_scanned, set_texts, check_scanned },
    { 0 },
};
