/* SPDX-License-Identifier: MIT */
#include "tests/unit/config/support.h"

#include <criterion/criterion.h>
#include <string.h>

#include "core/base/text.h"

void expect_problems(struct pt_problems *problems, const char *expected)
{
    struct pt_text text = { 0 };
    pt_problems_sort(problems);
    for (size_t i = 0; i < problems->count; i++) {
        pt_problem_write(&problems->items[i], &text);
        pt_text_add(&text, "\n");
    }
    cr_expect(strcmp(pt_text_get(&text), expected) == 0, "found:\n%s\nexpected:\n%s",
              pt_text_get(&text), expected);
    pt_text_clean(&text);
    pt_problems_clean(problems);
}

struct pt_tree *parse(const char *text, struct pt_problems *problems)
{
    return pt_yaml_parse("f", text, strlen(text), problems);
}

void expect_parse(const char *text, const char *expected)
{
    struct pt_problems problems = { 0 };
    pt_tree_destroy(parse(text, &problems));
    expect_problems(&problems, expected);
}
