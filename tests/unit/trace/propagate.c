/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <patter/propagate.h>

#include "core/trace/propagate.h"

/* W3C Trace Context, Level 2: a rule, a test. */

#define TRACE_ID "0af7651916cd43dd8448eb211c80319c"
#define SPAN_ID  "b7ad6b7169203331"
#define PARENT   "00-" TRACE_ID "-" SPAN_ID "-01"

static bool parses(const char *text)
{
    struct pt_traceparent parent;
    return pt_traceparent_parse(patter_text(text), &parent);
}

/* ---- traceparent -------------------------------------------------------------------- */

Test(traceparent, version_00_is_read)
{
    static const uint8_t trace_id[16] = { 0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd,
                                          0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c };
    static const uint8_t span_id[8] = { 0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31 };
    struct pt_traceparent parent;
    cr_assert(pt_traceparent_parse(patter_text(PARENT), &parent));
    cr_expect_arr_eq(parent.trace_id, trace_id, 16);
    cr_expect_arr_eq(parent.span_id, span_id, 8);
    cr_expect_eq(parent.flags, PT_FLAG_SAMPLED);
}

Test(traceparent, version_ff_is_rejected)
{
    cr_expect_not(parses("ff-" TRACE_ID "-" SPAN_ID "-01"));
}

Test(traceparent, what_is_no_hex_digit_is_rejected)
{
    cr_expect_not(parses("0g-" TRACE_ID "-" SPAN_ID "-01"));
    cr_expect_not(parses("00-.af7651916cd43dd8448eb211c80319c-" SPAN_ID "-01"));
    cr_expect_not(parses("00-" TRACE_ID "-b7ad6b716920333x-01"));
    cr_expect_not(parses("00-" TRACE_ID "-" SPAN_ID "-.1"));
    cr_expect_not(parses("00-" TRACE_ID "-" SPAN_ID "-1 "));
}

Test(traceparent, upper_case_is_rejected)
{
    cr_expect_not(parses("00-0AF7651916CD43DD8448EB211C80319C-" SPAN_ID "-01"));
    cr_expect_not(parses("00-" TRACE_ID "-B7AD6B7169203331-01"));
    cr_expect_not(parses("00-" TRACE_ID "-" SPAN_ID "-0A"));
    cr_expect_not(parses("0A-" TRACE_ID "-" SPAN_ID "-01"));
}

Test(traceparent, an_id_of_zeros_is_rejected)
{
    cr_expect_not(parses("00-00000000000000000000000000000000-" SPAN_ID "-01"));
    cr_expect_not(parses("00-" TRACE_ID "-0000000000000000-01"));
}

Test(traceparent, a_field_of_another_length_is_rejected)
{
    cr_expect_not(parses(""));
    cr_expect_not(parses("00"));
    cr_expect_not(parses("00-" TRACE_ID "-" SPAN_ID));
    cr_expect_not(parses("00-" TRACE_ID "-" SPAN_ID "-"));
    cr_expect_not(parses("00-" TRACE_ID "-" SPAN_ID "-1"));
    cr_expect_not(parses("0-" TRACE_ID "-" SPAN_ID "-01"));
    cr_expect_not(parses("000-" TRACE_ID "-" SPAN_ID "-1"));
    cr_expect_not(parses("00-" TRACE_ID "0-7ad6b7169203331-01"));
    cr_expect_not(parses("00-" TRACE_ID "_" SPAN_ID "-01"));
    cr_expect_not(parses("00-" TRACE_ID "-" SPAN_ID "_01"));
    cr_expect_not(parses("00_" TRACE_ID "-" SPAN_ID "-01"));
}

Test(traceparent, version_00_has_nothing_behind_the_flags)
{
    cr_expect_not(parses(PARENT "-"));
    cr_expect_not(parses(PARENT "-what"));
    cr_expect_not(parses(PARENT "0"));
    cr_expect_not(parses(PARENT "," PARENT));
}

Test(traceparent, a_later_version_may_have_more_behind_a_dash)
{
    cr_expect(parses("cc-" TRACE_ID "-" SPAN_ID "-01"));
    cr_expect(parses("01-" TRACE_ID "-" SPAN_ID "-01-what-the-future-brings"));
    cr_expect(parses("fe-" TRACE_ID "-" SPAN_ID "-01-"));
    cr_expect_not(parses("cc-" TRACE_ID "-" SPAN_ID "-01.what"));
    cr_expect_not(parses("cc-" TRACE_ID "-" SPAN_ID "-012"));
    cr_expect_not(parses("cc-" TRACE_ID "-" SPAN_ID));
    cr_expect_not(parses("cc-00000000000000000000000000000000-" SPAN_ID "-01"));
}

Test(traceparent, blanks_and_tabs_around_it_are_tolerated)
{
    cr_expect(parses(" \t" PARENT "\t "));
    cr_expect_not(parses("00 -" TRACE_ID "-" SPAN_ID "-01"));
    cr_expect_not(parses("\n" PARENT));
}

Test(traceparent, unknown_flags_are_not_passed_on)
{
    struct pt_traceparent parent;
    char text[PT_TRACEPARENT];
    cr_assert(pt_traceparent_parse(patter_text("00-" TRACE_ID "-" SPAN_ID "-ff"), &parent));
    cr_expect_eq(parent.flags, PT_FLAG_SAMPLED | PT_FLAG_RANDOM);
    pt_traceparent_write(parent.trace_id, parent.span_id, 0xff, text);
    cr_expect_str_eq(text, "00-" TRACE_ID "-" SPAN_ID "-03");
}

Test(traceparent, sampled_and_random_are_passed_on_as_received)
{
    for (unsigned flags = 0; flags < 4; flags++) {
        struct pt_traceparent parent;
        char received[PT_TRACEPARENT];
        char sent[PT_TRACEPARENT];
        snprintf(received, sizeof(received), "00-" TRACE_ID "-" SPAN_ID "-%02x", flags);
        cr_assert(pt_traceparent_parse(patter_text(received), &parent));
        pt_traceparent_write(parent.trace_id, parent.span_id, parent.flags, sent);
        cr_expect_str_eq(sent, received);
    }
}

Test(traceparent, what_was_set_stays_when_it_is_rejected)
{
    struct pt_traceparent parent = { .flags = 77 };
    cr_assert_not(
        pt_traceparent_parse(patter_text("00-" TRACE_ID "-0000000000000000-01"), &parent));
    cr_expect_eq(parent.flags, 77);
}

/* ---- tracestate ----------------------------------------------------------------------- */

/* The list after its headers, which end with NULL; static. */
static const char *joined(const char *const *headers)
{
    static struct pt_tracestate state;
    memset(&state, 0, sizeof(state));
    for (; *headers; headers++) {
        pt_tracestate_add(&state, patter_text(*headers));
    }
    return state.text;
}

static const char *cleaned(const char *header)
{
    const char *const headers[] = { header, NULL };
    return joined(headers);
}

Test(tracestate, members_keep_their_order)
{
    cr_expect_str_eq(cleaned("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
                     "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
}

Test(tracestate, blanks_and_tabs_around_members_go)
{
    cr_expect_str_eq(cleaned(" a=1 \t,\t b=2 "), "a=1,b=2");
}

Test(tracestate, several_headers_are_joined_in_order)
{
    const char *const headers[] = { "a=1,b=2", "c=3", "", "d=4", NULL };
    cr_expect_str_eq(joined(headers), "a=1,b=2,c=3,d=4");
}

Test(tracestate, empty_members_and_headers_are_allowed_and_not_sent)
{
    cr_expect_str_eq(cleaned(""), "");
    cr_expect_str_eq(cleaned(" \t"), "");
    cr_expect_str_eq(cleaned(",a=1,,  ,b=2,"), "a=1,b=2");
}

static void write_members(int count, char *text)
{
    size_t len = 0;
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        len += (size_t)sprintf(text + len, "%sk%d=v", i > 0 ? "," : "", i);
    }
}

Test(tracestate, thirty_two_members_are_kept_and_thirty_three_are_none)
{
    char text[512];
    write_members(32, text);
    cr_expect_str_eq(cleaned(text), text);
    write_members(33, text);
    cr_expect_str_eq(cleaned(text), "");
}

Test(tracestate, the_members_of_all_headers_count)
{
    char text[512];
    write_members(32, text);
    const char *const headers[] = { text, "one=more", NULL };
    cr_expect_str_eq(joined(headers), "");
}

Test(tracestate, an_invalid_member_discards_the_list)
{
    static const char *const invalid[] = { "a",          "=1",    "a=",      "a=1=2",
                                           "a==",        "a =1",  "a=1,b",   "a=1,b 2",
                                           "a=1;b=2",    "a=\t1", "a=1\x7f", "a=caf\xc3\xa9",
                                           "a=1,,b=\x01" };
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        cr_expect_str_eq(cleaned(invalid[i]), "", "%s", invalid[i]);
    }
    const char *const headers[] = { "a=1", "b", "c=3", NULL };
    cr_expect_str_eq(joined(headers), "", "also one in another header");
}

Test(tracestate, a_key_begins_with_a_lower_case_letter_or_a_digit)
{
    cr_expect_str_eq(cleaned("a=1,0=1,0a=1"), "a=1,0=1,0a=1");
    static const char *const invalid[] = { "A=1", "_a=1", "-a=1", "*a=1", "/a=1", "@a=1", "aB=1" };
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        cr_expect_str_eq(cleaned(invalid[i]), "", "%s", invalid[i]);
    }
}

Test(tracestate, a_key_goes_on_with_these_characters)
{
    cr_expect_str_eq(cleaned("0123456789abcdefghijklmnopqrstuvwxyz_-*/@=1"),
                     "0123456789abcdefghijklmnopqrstuvwxyz_-*/@=1");
    cr_expect_str_eq(cleaned("fw529a3039@dt=1,a@b@c=2"), "fw529a3039@dt=1,a@b@c=2");
    cr_expect_str_eq(cleaned("a.b=1"), "");
    cr_expect_str_eq(cleaned("a+b=1"), "");
}

static void write_sized(char key, size_t key_len, char value, size_t value_len, char *text)
{
    memset(text, key, key_len);
    text[key_len] = '=';
    memset(text + key_len + 1, value, value_len);
    text[key_len + 1 + value_len] = '\0';
}

Test(tracestate, a_key_has_256_characters_at_most)
{
    char text[600];
    write_sized('k', 256, 'v', 1, text);
    cr_expect_str_eq(cleaned(text), text);
    write_sized('k', 257, 'v', 1, text);
    cr_expect_str_eq(cleaned(text), "");
}

Test(tracestate, a_value_has_256_characters_at_most)
{
    char text[600];
    write_sized('k', 1, 'v', 256, text);
    cr_expect_str_eq(cleaned(text), text);
    write_sized('k', 1, 'v', 257, text);
    cr_expect_str_eq(cleaned(text), "");
}

Test(tracestate, a_value_is_printable_without_comma_and_equals)
{
    const char *all = "k= !\"#$%&'()*+-./0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                      "abcdefghijklmnopqrstuvwxyz{|}~";
    cr_expect_str_eq(cleaned(all), all);
}

Test(tracestate, leading_blanks_belong_to_the_value_and_trailing_do_not)
{
    cr_expect_str_eq(cleaned("a=  1  ,b=2"), "a=  1,b=2");
    cr_expect_str_eq(cleaned("a=   "), "");
}

Test(tracestate, a_repeated_key_is_kept_as_it_is)
{
    cr_expect_str_eq(cleaned("a=1,b=2,a=3"), "a=1,b=2,a=3");
}

Test(tracestate, 512_characters_are_kept)
{
    char text[600];
    size_t len = 0;
    for (int i = 0; i < 4; i++) {
        text[len++] = i > 0 ? ',' : 'x';
        write_sized((char)('a' + i), 2, 'v', i > 0 ? 124 : 125, text + len);
        len = strlen(text);
    }
    cr_assert_eq(len, 513); /* an x too many at the beginning */
    cr_expect_str_eq(cleaned(text + 1), text + 1);
}

Test(tracestate, a_long_list_loses_whole_members_from_its_end)
{
    char text[2048];
    char expected[600];
    size_t len = 0;
    for (int i = 0; i < 8; i++) {
        len += (size_t)sprintf(text + len, "%sk%d=%0100d", i > 0 ? "," : "", i, i);
    }
    /* Four members of 103 characters with their commas are 415; a fifth makes 519. */
    snprintf(expected, sizeof(expected), "%.415s", text);
    cr_expect_str_eq(cleaned(text), expected);
}

Test(tracestate, a_shorter_member_behind_the_cut_does_not_slip_in)
{
    char text[2048];
    char expected[600];
    size_t len = 0;
    for (int i = 0; i < 8; i++) {
        len += (size_t)sprintf(text + len, "%sk%d=%0100d", i > 0 ? "," : "", i, i);
    }
    sprintf(text + len, ",short=1");
    snprintf(expected, sizeof(expected), "%.415s", text);
    cr_expect_str_eq(cleaned(text), expected);
}

Test(tracestate, a_long_list_loses_members_above_128_characters_first)
{
    char text[2048];
    char expected[2048];
    char small[64] = "";
    for (int i = 0; i < 4; i++) {
        sprintf(small + strlen(small), ",s%d=%07d", i, i);
    }
    sprintf(text, "l1=%0126d,a=1,l2=%0126d%s,l3=%0200d,b=2", 1, 2, small, 3);
    sprintf(expected, "l1=%0126d,a=1,l2=%0126d%s,b=2", 1, 2, small);
    cr_expect_str_eq(cleaned(text), expected, "the last of them suffices");

    sprintf(text, "l1=%0126d,a=1,l2=%0240d,b=%0120d,c=3", 1, 2, 4);
    sprintf(expected, "l1=%0126d,a=1,l2=%0240d,b=%0120d,c=3", 1, 2, 4);
    cr_expect_str_eq(cleaned(text), expected, "what fits is left alone");

    sprintf(text, "l1=%0126d,a=1,l2=%0240d,b=%0120d,c=%0120d", 1, 2, 4, 5);
    sprintf(expected, "l1=%0126d,a=1,b=%0120d,c=%0120d", 1, 4, 5);
    cr_expect_str_eq(cleaned(text), expected, "one in the middle");

    sprintf(text, "a=1,l1=%0200d,l2=%0200d,b=%0120d", 1, 2, 4);
    sprintf(expected, "a=1,l1=%0200d,b=%0120d", 1, 4);
    cr_expect_str_eq(cleaned(text), expected, "from the end");

    sprintf(text, "l1=%0200d,l2=%0200d,b=%0120d,c=%0120d,d=%0120d", 1, 2, 3, 4, 5);
    sprintf(expected, "b=%0120d,c=%0120d,d=%0120d", 3, 4, 5);
    cr_expect_str_eq(cleaned(text), expected, "as many as need be");

    sprintf(text, "l1=%0200d,l2=%0200d,l3=%0200d,a=1", 1, 2, 3);
    sprintf(expected, "l1=%0200d,l2=%0200d,a=1", 1, 2);
    cr_expect_str_eq(cleaned(text), expected, "one that has no room when it comes");
}

Test(tracestate, exactly_128_characters_are_not_large)
{
    char text[2048];
    char expected[600];
    sprintf(text, "k=%0126d,l=%0127d,m=%0126d,n=%0126d,o=%0120d", 1, 2, 3, 4, 5);
    sprintf(expected, "k=%0126d,m=%0126d,n=%0126d,o=%0120d", 1, 3, 4, 5);
    cr_expect_str_eq(cleaned(text), expected);
}

/* ---- out of a carrier --------------------------------------------------------------------- */

/* Pairs of name and value, ended by NULL. */
static void get(void *carrier, const char *name, void (*found)(void *data, struct patter_str value),
                void *data)
{
    for (const char *const *pair = carrier; *pair; pair += 2) {
        if (strcasecmp(pair[0], name) == 0) {
            found(data, patter_text(pair[1]));
        }
    }
}

static patter_status extract(const char *const *pairs, struct patter_context *ret_context)
{
    memset(ret_context, 0x55, sizeof(*ret_context));
    return patter_extract(get, (void *)pairs, ret_context);
}

static bool has_no_parent(const struct patter_context *context)
{
    static const struct patter_context none;
    return memcmp(context, &none, offsetof(struct patter_context, call_id)) == 0;
}

Test(extract, a_context_is_read_whole)
{
    const char *const pairs[] = { "TraceParent",       PARENT,   "tracestate", "a=1",
                                  "TRACESTATE",        "b=2",    "X",          "y",
                                  "getpatter-call-id", "call-7", NULL };
    struct patter_context context;
    cr_assert_eq(extract(pairs, &context), PATTER_OK);
    cr_expect_eq(context.trace_id[0], 0x0a);
    cr_expect_eq(context.trace_id[15], 0x9c);
    cr_expect_eq(context.span_id[7], 0x31);
    cr_expect_eq(context.flags, 1);
    cr_expect_str_eq(context.tracestate, "a=1,b=2");
    cr_expect_str_eq(context.call_id, "call-7");
    cr_expect_eq(context.reserved[0] | context.reserved[6], 0);
}

Test(extract, no_traceparent_is_no_parent)
{
    const char *const pairs[] = { "tracestate", "a=1", NULL };
    struct patter_context context;
    cr_assert_eq(extract(pairs, &context), PATTER_INVALID);
    cr_expect(has_no_parent(&context));
}

Test(extract, two_traceparents_are_no_parent)
{
    const char *const pairs[] = { "traceparent", PARENT, "traceparent", PARENT, NULL };
    struct patter_context context;
    cr_assert_eq(extract(pairs, &context), PATTER_INVALID);
    cr_expect(has_no_parent(&context));
}

Test(extract, a_third_traceparent_does_not_mend_it)
{
    const char *const pairs[] = { "traceparent", PARENT, "traceparent", PARENT,
                                  "traceparent", PARENT, NULL };
    struct patter_context context;
    cr_assert_eq(extract(pairs, &context), PATTER_INVALID);
}

Test(extract, an_invalid_traceparent_discards_the_tracestate)
{
    const char *const pairs[] = { "traceparent", "00-" TRACE_ID "-0000000000000000-01",
                                  "tracestate", "a=1", NULL };
    struct patter_context context;
    cr_assert_eq(extract(pairs, &context), PATTER_INVALID);
    cr_expect(has_no_parent(&context));
}

Test(extract, an_invalid_tracestate_does_not_discard_the_parent)
{
    const char *const pairs[] = { "traceparent", PARENT, "tracestate", "a=1,no", NULL };
    struct patter_context context;
    cr_assert_eq(extract(pairs, &context), PATTER_OK);
    cr_expect_eq(context.trace_id[0], 0x0a);
    cr_expect_str_eq(context.tracestate, "");
}

Test(extract, the_call_id_is_read_without_a_parent)
{
    const char *const pairs[] = { "getpatter-call-id", " call-7\t", NULL };
    struct patter_context context;
    cr_assert_eq(extract(pairs, &context), PATTER_INVALID);
    cr_expect(has_no_parent(&context));
    cr_expect_str_eq(context.call_id, "call-7");
}

Test(extract, a_call_id_has_1_to_128_printable_characters_without_blanks)
{
    char long_id[130];
    struct patter_context context;
    memset(long_id, 'x', sizeof(long_id));
    long_id[129] = '\0';
    const char *const invalid[] = { "",     "  ",          "my call", "a\tb",
                                    "a\nb", "caf\xc3\xa9", "a\x7f",   long_id };
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        const char *const pairs[] = { "getpatter-call-id", invalid[i], NULL };
        extract(pairs, &context);
        cr_expect_str_eq(context.call_id, "", "%s", invalid[i]);
    }
    const char *const pairs[] = { "getpatter-call-id", long_id + 1, NULL };
    extract(pairs, &context);
    cr_expect_str_eq(context.call_id, long_id + 1);
}

Test(extract, the_first_of_several_call_ids_counts)
{
    const char *const pairs[] = { "getpatter-call-id", "one", "getpatter-call-id", "three", NULL };
    struct patter_context context;
    extract(pairs, &context);
    cr_expect_str_eq(context.call_id, "one");
}
