/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <math.h>

#include "core/base/class.h"

static enum pt_verdict check_int(enum pt_class value_class, int64_t integer)
{
    struct patter_value value = { .type = PATTER_INT, .as.integer = integer };
    return pt_class_check(value_class, NULL, &value);
}

static enum pt_verdict check_double(enum pt_class value_class, double real)
{
    struct patter_value value = { .type = PATTER_DOUBLE, .as.real = real };
    return pt_class_check(value_class, NULL, &value);
}

static enum pt_verdict check_flag(enum pt_class value_class)
{
    struct patter_value value = { .type = PATTER_BOOL, .as.boolean = 1 };
    return pt_class_check(value_class, NULL, &value);
}

static enum pt_verdict check_text(enum pt_class value_class, const char *text)
{
    struct patter_value value = { .type = PATTER_TEXT, .as.text = patter_text(text) };
    return pt_class_check(value_class, NULL, &value);
}

Test(class, a_count_is_an_integer_from_zero_on)
{
    cr_expect_eq(check_int(PT_CLASS_COUNT, 0), PT_PASS);
    cr_expect_eq(check_int(PT_CLASS_COUNT, INT64_MAX), PT_PASS);
    cr_expect_eq(check_int(PT_CLASS_COUNT, -1), PT_INVALID);
    cr_expect_eq(check_double(PT_CLASS_COUNT, 1.0), PT_INVALID);
    cr_expect_eq(check_flag(PT_CLASS_COUNT), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_COUNT, "1"), PT_INVALID);
}

Test(class, a_duration_is_a_finite_number_from_zero_on)
{
    cr_expect_eq(check_int(PT_CLASS_DURATION_MS, 700), PT_PASS);
    cr_expect_eq(check_double(PT_CLASS_DURATION_MS, 0.25), PT_PASS);
    cr_expect_eq(check_double(PT_CLASS_DURATION_MS, -0.25), PT_INVALID);
    cr_expect_eq(check_double(PT_CLASS_DURATION_MS, INFINITY), PT_INVALID);
    cr_expect_eq(check_double(PT_CLASS_DURATION_MS, NAN), PT_INVALID);
}

Test(class, a_ratio_lies_between_zero_and_one)
{
    cr_expect_eq(check_double(PT_CLASS_RATIO, 0.0), PT_PASS);
    cr_expect_eq(check_double(PT_CLASS_RATIO, 1.0), PT_PASS);
    cr_expect_eq(check_double(PT_CLASS_RATIO, 1.01), PT_INVALID);
    cr_expect_eq(check_double(PT_CLASS_RATIO, -0.01), PT_INVALID);
    cr_expect_eq(check_double(PT_CLASS_RATIO, NAN), PT_INVALID);
}

Test(class, a_flag_is_a_boolean)
{
    cr_expect_eq(check_flag(PT_CLASS_FLAG), PT_PASS);
    cr_expect_eq(check_int(PT_CLASS_FLAG, 1), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_FLAG, "true"), PT_INVALID);
}

Test(class, a_choice_is_one_of_the_list)
{
    static const char *const choices[] = { "sales", "front desk", NULL };
    cr_expect_eq(pt_class_check_text(PT_CLASS_CHOICE, choices, patter_text("sales")), PT_PASS);
    cr_expect_eq(pt_class_check_text(PT_CLASS_CHOICE, choices, patter_text("front desk")), PT_PASS);
    cr_expect_eq(pt_class_check_text(PT_CLASS_CHOICE, choices, patter_text("sale")), PT_INVALID);
    cr_expect_eq(pt_class_check_text(PT_CLASS_CHOICE, NULL, patter_text("sales")), PT_INVALID);
}

/* The cure for a tool whose name a scanner stops: the operator writes it down. */
Test(class, choices_narrow_a_name_and_are_not_scanned)
{
    static const char *const choices[] = { "transfer_call_to_human_agent", NULL };
    struct patter_str name = patter_text("transfer_call_to_human_agent");
    cr_expect_eq(pt_class_check_text(PT_CLASS_NAME, NULL, name), PT_SCANNED);
    cr_expect_eq(pt_class_check_text(PT_CLASS_NAME, choices, name), PT_PASS);
    cr_expect_eq(pt_class_check_text(PT_CLASS_NAME, choices, patter_text("other")), PT_INVALID);
}

Test(class, an_identifier_has_its_form)
{
    char long_text[130];
    for (size_t i = 0; i < sizeof(long_text) - 1; i++) {
        long_text[i] = "ab.c"[i % 4] == '.' && i < 12 ? '.' : 'x';
    }
    long_text[129] = '\0';
    cr_expect_eq(check_text(PT_CLASS_IDENTIFIER, "app.B_c:x2/e-1"), PT_PASS);
    cr_expect_eq(check_text(PT_CLASS_IDENTIFIER, "-"), PT_PASS);
    cr_expect_eq(check_text(PT_CLASS_IDENTIFIER, ""), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_IDENTIFIER, "a b"), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_IDENTIFIER, "a@b"), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_IDENTIFIER, "a\n"), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_IDENTIFIER, "caf\xc3\xa9"), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_IDENTIFIER, long_text), PT_INVALID);
    cr_expect_eq(pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, (struct patter_str){ "a\0b", 3 }),
                 PT_INVALID);
}

Test(class, a_name_begins_with_a_letter_or_underscore)
{
    cr_expect_eq(check_text(PT_CLASS_NAME, "lookup_order"), PT_PASS);
    cr_expect_eq(check_text(PT_CLASS_NAME, "_private-v2.1"), PT_PASS);
    cr_expect_eq(check_text(PT_CLASS_NAME, "2fast"), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_NAME, "-x"), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_NAME, ".x"), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_NAME, "a/b"), PT_INVALID);
    cr_expect_eq(check_text(PT_CLASS_NAME, "a:b"), PT_INVALID);
}

Test(class, an_identifier_that_a_scanner_stops_is_told_apart_from_a_wrong_one)
{
    cr_expect_eq(check_text(PT_CLASS_IDENTIFIER, "555-123-4567"), PT_SCANNED);
    cr_expect_eq(check_text(PT_CLASS_NAME, "my-name-is-alice-smith-and"), PT_SCANNED);
    cr_expect_eq(check_text(PT_CLASS_ANY, "555-123-4567"), PT_SCANNED);
}

Test(class, without_a_class_a_number_flag_or_identifier_passes)
{
    cr_expect_eq(check_int(PT_CLASS_ANY, -7), PT_PASS);
    cr_expect_eq(check_double(PT_CLASS_ANY, -7.5), PT_PASS);
    cr_expect_eq(check_double(PT_CLASS_ANY, NAN), PT_INVALID);
    cr_expect_eq(check_flag(PT_CLASS_ANY), PT_PASS);
    cr_expect_eq(check_text(PT_CLASS_ANY, "eu-west-1"), PT_PASS);
    cr_expect_eq(check_text(PT_CLASS_ANY, "free text"), PT_INVALID);
}

Test(class, what_is_hashed_may_be_any_text_or_integer)
{
    cr_expect_eq(check_text(PT_CLASS_HASHED, "+1 555 123 4567"), PT_PASS);
    cr_expect_eq(check_int(PT_CLASS_HASHED, -5), PT_PASS);
    cr_expect_eq(check_text(PT_CLASS_HASHED, ""), PT_INVALID);
    cr_expect_eq(check_double(PT_CLASS_HASHED, 1.5), PT_INVALID);
    cr_expect_eq(check_flag(PT_CLASS_HASHED), PT_INVALID);
}

Test(class, words_name_the_classes)
{
    static const char *const words[] = { "count",  "duration_ms", "ratio", "flag",
                                         "choice", "identifier",  "name" };
    enum pt_class value_class;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        cr_assert(pt_class_parse(patter_text(words[i]), &value_class));
        cr_expect_str_eq(pt_class_name(value_class), words[i]);
    }
    cr_assert(pt_class_parse(patter_text("size"), &value_class));
    cr_expect_eq(value_class, PT_CLASS_COUNT);
    cr_expect_not(pt_class_parse(patter_text("text"), &value_class));
    cr_expect_not(pt_class_parse(patter_text("any"), &value_class));
    cr_expect_not(pt_class_parse(patter_text("hashed"), &value_class));
}

Test(class, a_denied_key_is_named_in_a_log_only_where_it_looks_like_one)
{
    static const char *const yes[] = { "app.tier", "app.retry_count", "getpatter.call.id",
                                       "acme.bot.queue-name" };
    static const char *const no[] = {
        "tier",                       /* one word may be a caller's */
        "is.alice.here",              /* speech, too little for a scanner */
        "my.name.is.alice",           /* speech */
        "call.me.at.home",            /* speech, with words that keys have too */
        "my.name.is.alice.smith.and", /* a sentence */
        "one.two.three.four.five",    /* more than four words */
        "app.one_two_three_four",     /* the same, joined otherwise */
        "app.5551234567",             /* a phone number */
        "app..tier",                  /* no form */
        "app.",                       /* no form */
        "App.tier",                   /* no key */
        "app.tier of alice",          /* no key */
        "app.abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuv", /* too long */
    };
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        cr_expect(pt_class_is_loggable_key(patter_text(yes[i])), "%s", yes[i]);
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        cr_expect_not(pt_class_is_loggable_key(patter_text(no[i])), "%s", no[i]);
    }
}
