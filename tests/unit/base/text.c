/* SPDX-License-Identifier: MIT */
#include "core/base/text.h"

#include <criterion/criterion.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(text, grows_and_stays_terminated)
{
    struct pt_text text = { 0 };
    cr_expect_str_eq(pt_text_get(&text), "");
    for (int i = 0; i < 1000; i++) {
        pt_text_add(&text, "%d,", i % 10);
        pt_text_add_str(&text, patter_text(";"));
        cr_assert_eq(text.len, (size_t)(i + 1) * 3);
        cr_assert_eq(strlen(text.data), text.len);
    }
    cr_expect_not(text.truncated);
    cr_expect_eq(memcmp(text.data, "0,;1,;2,;", 9), 0);
    pt_text_clean(&text);
    cr_expect_eq(text.len, 0);
    cr_expect_str_eq(pt_text_get(&text), "");
}

Test(text, an_empty_view_adds_nothing)
{
    struct pt_text text = { 0 };
    pt_text_add_str(&text, (struct patter_str){ NULL, 0 });
    cr_expect_null(text.data);
    pt_text_add(&text, PT_STR_FMT "|" PT_STR_FMT, PT_STR_ARG(patter_text(NULL)),
                PT_STR_ARG(patter_text("a")));
    cr_expect_str_eq(pt_text_get(&text), "|a");
    pt_text_clean(&text);
}

Test(text, views)
{
    cr_expect(pt_str_equal(patter_text(NULL), patter_text("")));
    cr_expect(pt_str_is(patter_text("abc"), "abc"));
    cr_expect_not(pt_str_is(patter_text("abc"), "abd"));
    cr_expect_not(pt_str_is(patter_text("abc"), "ab"));
    cr_expect(pt_str_is_nocase(patter_text("aBc"), "AbC"));
    cr_expect_not(pt_str_is_nocase(patter_text("aBc"), "AbCd"));
    cr_expect(pt_str_starts(patter_text("abc"), "ab"));
    cr_expect(pt_str_starts(patter_text("abc"), ""));
    cr_expect_not(pt_str_starts(patter_text("ab"), "abc"));
    cr_expect(pt_str_is(pt_str_slice(patter_text("abcd"), 1, 3), "bc"));
    cr_expect(pt_str_is(pt_str_trim(patter_text(" \ta b\t ")), "a b"));
    cr_expect(pt_str_is(pt_str_trim(patter_text(" \t ")), ""));
    cr_expect(pt_str_is(pt_str_trim(patter_text("")), ""));
}

Test(text, the_nearest_word)
{
    static const char *const words[] = { "endpoint", "headers",       "compression", "timeout",
                                         "tls",      "sending_queue", "encoding",    "format" };
    static const struct {
        const char *word;
        const char *nearest;
    } cases[] = {
        { "endpiont", "endpoint" },           /* two letters swapped count as one edit */
        { "Endpoint", "endpoint" },           /* the case does not count */
        { "sending-queue", "sending_queue" }, /* nor does - for _ */
        { "header", "headers" },
        { "compresion", "compression" },
        { "time_out", "timeout" },
        { "tsl", "tls" },
        { "fromat", "format" },
        { "endcoding", "encoding" },
        { "banana", NULL },
        { "x", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *found = pt_nearest(patter_text(cases[i].word), words, COUNT(words));
        if (cases[i].nearest) {
            cr_expect_not_null(found, "%s", cases[i].word);
            cr_expect_str_eq(found ? found : "", cases[i].nearest, "%s", cases[i].word);
        } else {
            cr_expect_null(found, "%s", cases[i].word);
        }
    }
}

Test(text, the_nearest_of_long_or_no_words)
{
    static const char *const words[] = { "short" };
    char longer[200];
    memset(longer, 's', sizeof(longer));
    cr_expect_null(pt_nearest((struct patter_str){ longer, sizeof(longer) }, words, 1));
    cr_expect_null(pt_nearest(patter_text("short"), NULL, 0));
}
