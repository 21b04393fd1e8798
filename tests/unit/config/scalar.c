/* SPDX-License-Identifier: MIT */
#include "core/config/scalar.h"

#include <criterion/criterion.h>
#include <locale.h>

#include "core/base/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(scalar, durations_are_go_s)
{
    static const struct {
        const char *text;
        int64_t ns;
    } right[] = {
        { "500ms", 500000000 },
        { "10s", 10000000000 },
        { "1m30s", 90000000000 },
        { "1.5h", 5400000000000 },
        { "100", 100000000 },
        { "0", 0 },
        { "0s", 0 },
        { "1h0m0.5s", 3600500000000 },
        { "250us", 250000 },
        { "250µs", 250000 },
        { "7ns", 7 },
        { ".5s", 500000000 },
    };
    static const char *const wrong[] = { "",   "s",   "10 s", "10S",   "ten", "-1s",
                                         "1d", "1.5", "1s x", "1..5s", "5sm", "9223372036854776s",
                                         ".",  ".s",  "+5s",  "1e3s" };
    for (size_t i = 0; i < COUNT(right); i++) {
        int64_t ns = -1;
        cr_expect(pt_scalar_duration(patter_text(right[i].text), &ns), "%s", right[i].text);
        cr_expect_eq(ns, right[i].ns, "%s", right[i].text);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int64_t ns = -1;
        cr_expect_not(pt_scalar_duration(patter_text(wrong[i]), &ns), "%s", wrong[i]);
        cr_expect_eq(ns, -1, "%s", wrong[i]);
    }
}

Test(scalar, sizes)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } right[] = { { "3MiB", 3 << 20 },
                  { "512KiB", 512 << 10 },
                  { "4096", 4096 },
                  { "1.5MiB", 3 << 19 },
                  { "2 GiB", INT64_C(2) << 30 },
                  { "3MB", 3000000 },
                  { "0", 0 },
                  { "1kB", 1000 } };
    static const char *const wrong[] = {
        "", "MiB", "3M", "3mib", "-1", "x3", "9223372036854775808", "9000000TiB", "1e3"
    };
    for (size_t i = 0; i < COUNT(right); i++) {
        int64_t bytes = -1;
        cr_expect(pt_scalar_size(patter_text(right[i].text), &bytes), "%s", right[i].text);
        cr_expect_eq(bytes, right[i].bytes, "%s", right[i].text);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int64_t bytes = -1;
        cr_expect_not(pt_scalar_size(patter_text(wrong[i]), &bytes), "%s", wrong[i]);
    }
}

Test(scalar, integers)
{
    int64_t value = 0;
    cr_expect(pt_scalar_int(patter_text("-9223372036854775808"), &value));
    cr_expect_eq(value, INT64_MIN);
    cr_expect(pt_scalar_int(patter_text("9223372036854775807"), &value));
    cr_expect_eq(value, INT64_MAX);
    cr_expect(pt_scalar_int(patter_text("+7"), &value));
    cr_expect_eq(value, 7);
    cr_expect_not(pt_scalar_int(patter_text("9223372036854775808"), &value));
    cr_expect_not(pt_scalar_int(patter_text("-"), &value));
    cr_expect_not(pt_scalar_int(patter_text(""), &value));
    cr_expect_not(pt_scalar_int(patter_text("0x10"), &value));
    cr_expect_not(pt_scalar_int(patter_text("1.0"), &value));
}

Test(scalar, numbers_in_any_locale)
{
    double value = 0;
    setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is installed, the point is a comma */
    cr_expect(pt_scalar_double(patter_text("0.25"), &value));
    cr_expect_eq(value, 0.25);
    cr_expect(pt_scalar_double(patter_text("-1e-3"), &value));
    cr_expect_eq(value, -0.001);
    cr_expect_not(pt_scalar_double(patter_text("0,25"), &value));
    cr_expect_not(pt_scalar_double(patter_text("nan"), &value));
    cr_expect_not(pt_scalar_double(patter_text("inf"), &value));
    cr_expect_not(pt_scalar_double(patter_text("0x1"), &value));
    cr_expect_not(pt_scalar_double(patter_text("1e999"), &value));
    cr_expect_not(pt_scalar_double(patter_text(""), &value));
    cr_expect_not(pt_scalar_double(patter_text(" 1"), &value));
}

Test(scalar, flags)
{
    bool value = false;
    cr_expect(pt_scalar_bool(patter_text("True"), &value) && value);
    cr_expect(pt_scalar_bool(patter_text("off"), &value) && !value);
    cr_expect(pt_scalar_bool(patter_text("YES"), &value) && value);
    cr_expect(pt_scalar_bool(patter_text("no"), &value) && !value);
    cr_expect_not(pt_scalar_bool(patter_text("1"), &value));
    cr_expect_not(pt_scalar_bool(patter_text(""), &value));
    cr_expect_not(pt_scalar_bool(patter_text("truee"), &value));
}

Test(scalar, written_in_the_largest_whole_unit)
{
    struct pt_text text = { 0 };
    pt_scalar_write_duration(&text, 90000000000);
    pt_text_add(&text, " ");
    pt_scalar_write_duration(&text, 3600000000000);
    pt_text_add(&text, " ");
    pt_scalar_write_duration(&text, 0);
    pt_text_add(&text, " ");
    pt_scalar_write_duration(&text, 1500);
    pt_text_add(&text, " ");
    pt_scalar_write_size(&text, 64 << 20);
    pt_text_add(&text, " ");
    pt_scalar_write_size(&text, 1000);
    cr_expect_str_eq(text.data, "90s 1h 0s 1500ns 64MiB 1000B");
    pt_text_clean(&text);
}
