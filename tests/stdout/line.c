/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/stdout/line.h"
#include "plugins/stdout/words.h"
#include "script.h"

Test(stdout_line, a_span_is_one_line)
{
    static struct script script;
    struct out_text text = { 0 };
    setenv("TZ", "America/New_York", 1); /* lines are in UTC */
    script_init(&script);
    struct script_span *stt = script_add(&script, 0, 2, 1, "getpatter.stt", 310.25, 1514.5);
    script_set_int(stt, "getpatter.stt.text_len", 22);
    script_set_real(stt, "getpatter.stt.confidence", 0.1 + 0.2);
    struct script_span *root = script_add(&script, 0, 1, 0, "getpatter.call", 0, 2000);
    script_set_text(root, "app.words", "a \"b\"\\c=\n");
    script_fail(root, "timeout");
    script_event(root, "exception", 1500, "exception.type", "timeout");
    out_line_add(&script.batch, &text);
    cr_assert_str_eq(
        text.data,
        "2026-03-14T15:09:26.310250Z 1204.250ms getpatter.stt "
        "trace=40404040404040404040404040404040 span=0000000000000002 parent=0000000000000001 "
        "getpatter.call.id=7c9e6679-7425-40de-944b-e07fc1f90ae7 getpatter.stt.text_len=22 "
        "getpatter.stt.confidence=0.30000000000000004\n"
        "2026-03-14T15:09:26.000000Z 2000.000ms getpatter.call "
        "trace=40404040404040404040404040404040 span=0000000000000001 status=error "
        "getpatter.call.id=7c9e6679-7425-40de-944b-e07fc1f90ae7 app.words=\"a "
        "\\\"b\\\"\\\\c=\\x0a\" "
        "error.type=timeout event=exception exception.type=timeout\n");
    out_text_clean(&text);
}

Test(stdout_words, durations_have_about_three_digits)
{
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        { 0, "0 us" },
        { 310499, "310 us" },
        { 999499, "999 us" },
        { 999500, "1.0 ms" },
        { 12340000, "12.3 ms" },
        { 99949999, "99.9 ms" },
        { 99950000, "100 ms" },
        { 999499999, "999 ms" },
        { 999500000, "1.00 s" },
        { 99994999999, "99.99 s" },
        { 99995000000, "1m 40s" },
        { 3599499999999, "59m 59s" },
        { 3599500000000, "1h 00m" },
        { 90061000000000, "25h 01m" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct out_text text = { 0 };
        out_words_duration(&text, cases[i].ns, "us");
        cr_assert_str_eq(text.data, cases[i].text, "%s, not %s", text.data, cases[i].text);
        cr_assert_leq(text.len, 7);
        out_text_clean(&text);
    }
}

Test(stdout_words, values_are_short_where_people_read_and_exact_where_programs_do)
{
    static const struct {
        double real;
        const char *rounded, *exact;
    } cases[] = {
        { 0.91, "0.91", "0.91" },      { 212.3456, "212", "212.3456" },
        { 999.6, "1000", "999.6" },    { 123456.7, "123457", "123456.7" },
        { 1e300, "1e+300", "1e+300" }, { -0.000123456, "-0.000123", "-0.000123456" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct out_text text = { 0 };
        struct patter_value value = { .type = PATTER_DOUBLE, .as.real = cases[i].real };
        out_words_value(&text, &value, true);
        out_text_add(&text, " ");
        out_words_value(&text, &value, false);
        char expected[64];
        snprintf(expected, sizeof(expected), "%s %s", cases[i].rounded, cases[i].exact);
        cr_assert_str_eq(text.data, expected, "%s, not %s", text.data, expected);
        out_text_clean(&text);
    }
}
