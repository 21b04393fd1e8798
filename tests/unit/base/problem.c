/* SPDX-License-Identifier: MIT */
#include "core/base/problem.h"

#include <criterion/criterion.h>

#include "core/base/text.h"

static struct pt_place at(const char *source, uint32_t line, uint32_t column)
{
    return (struct pt_place){ source, line, column };
}

static void expect_lines(const struct pt_problems *problems, const char *expected)
{
    struct pt_text text = { 0 };
    for (size_t i = 0; i < problems->count; i++) {
        pt_problem_write(&problems->items[i], &text);
        pt_text_add(&text, "\n");
    }
    cr_expect_str_eq(pt_text_get(&text), expected);
    pt_text_clean(&text);
}

Test(problem, written_with_place_and_level)
{
    struct pt_problems problems = { 0 };
    pt_problem_add(&problems, at("patter.yaml", 3, 5), PATTER_LOG_ERROR, "a %s", "fault");
    pt_problem_add(&problems, at("patter.yaml", 0, 0), PATTER_LOG_WARNING, "b");
    pt_problem_add(&problems, at(NULL, 0, 0), PATTER_LOG_INFO, "c");
    cr_expect_eq(problems.error_count, 1);
    expect_lines(&problems, "patter.yaml:3:5: error: a fault\n"
                            "patter.yaml: warning: b\n"
                            "patter: note: c\n");
    pt_problems_clean(&problems);
    cr_expect_eq(problems.count, 0);
}

Test(problem, one_line_whatever_is_quoted)
{
    struct pt_problems problems = { 0 };
    pt_problem_add(&problems, at("f", 1, 1), PATTER_LOG_ERROR, "`%s`",
                   "a\r\nb\x1b[2J\x7f\xc2\x9b\xc3\xa9");
    expect_lines(&problems, "f:1:1: error: `a??b?[2J???\xc3\xa9`\n");
    pt_problems_clean(&problems);
}

Test(problem, equal_ones_are_kept_once)
{
    struct pt_problems problems = { 0 };
    for (int i = 0; i < 3; i++) {
        pt_problem_add(&problems, at("f", 1, 1), PATTER_LOG_WARNING, "same");
    }
    pt_problem_add(&problems, at("f", 1, 2), PATTER_LOG_WARNING, "same");
    pt_problem_add(&problems, at("g", 1, 1), PATTER_LOG_WARNING, "same");
    pt_problem_add(&problems, at("f", 1, 1), PATTER_LOG_WARNING, "other");
    cr_expect_eq(problems.count, 4);
    pt_problems_clean(&problems);
}

Test(problem, the_source_is_copied)
{
    struct pt_problems problems = { 0 };
    char source[] = "f";
    pt_problem_add(&problems, at(source, 1, 1), PATTER_LOG_ERROR, "x");
    source[0] = 'g';
    expect_lines(&problems, "f:1:1: error: x\n");
    pt_problems_clean(&problems);
}

Test(problem, sorted_by_source_as_it_appeared_then_by_line)
{
    struct pt_problems problems = { 0 };
    pt_problem_add(&problems, at("f", 9, 1), PATTER_LOG_ERROR, "1");
    pt_problem_add(&problems, at("env", 0, 0), PATTER_LOG_ERROR, "2");
    pt_problem_add(&problems, at("f", 2, 7), PATTER_LOG_ERROR, "3");
    pt_problem_add(&problems, at("f", 2, 3), PATTER_LOG_ERROR, "4");
    pt_problem_add(&problems, at("env", 0, 0), PATTER_LOG_ERROR, "5");
    pt_problem_add(&problems, at("f", 2, 7), PATTER_LOG_ERROR, "6");
    pt_problem_add(&problems, at("f", 10, 1), PATTER_LOG_ERROR, "7");
    pt_problems_sort(&problems);
    expect_lines(&problems, "f:2:3: error: 4\n"
                            "f:2:7: error: 3\n"
                            "f:2:7: error: 6\n"
                            "f:9:1: error: 1\n"
                            "f:10:1: error: 7\n"
                            "env: error: 2\n"
                            "env: error: 5\n");
    pt_problems_clean(&problems);
}

Test(problem, beyond_a_bound_they_are_counted_alone)
{
    struct pt_problems problems = { 0 };
    for (uint32_t i = 1; i <= 1000; i++) {
        pt_problem_add(&problems, at("f", i, 1), PATTER_LOG_ERROR, "x");
    }
    cr_expect_eq(problems.count, 200);
    cr_expect_eq(problems.error_count, 1000);
    pt_problems_clean(&problems);
}
