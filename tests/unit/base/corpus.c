/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/base/class.h"
#include "core/base/scan.h"

/* tests/privacy/corpus: real shapes of ids, and of what must not pass for one. */

struct row {
    char text[1024];
    const char *verdict;
    struct patter_str value;
    const char *finding;
    int line;
};

static bool next_row(FILE *file, struct row *row)
{
    while (fgets(row->text, sizeof(row->text), file)) {
        char *rest = NULL;
        row->line++;
        row->text[strcspn(row->text, "\n")] = '\0';
        if (row->text[0] == '\0' || row->text[0] == '#') {
            continue;
        }
        row->verdict = strtok_r(row->text, "\t", &rest);
        row->value = patter_text(strtok_r(NULL, "\t", &rest));
        row->finding = strtok_r(NULL, "\t", &rest);
        return true;
    }
    return false;
}

static const char *judge(struct patter_str value)
{
    switch (pt_class_check_text(PT_CLASS_IDENTIFIER, NULL, value)) {
    case PT_PASS:
        return NULL;
    case PT_SCANNED:
        return pt_scan_name(pt_scan(value));
    default:
        return "form";
    }
}

static bool is(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

Test(corpus, every_shape_has_its_verdict)
{
    struct row row = { .line = 0 };
    int wrong = 0;
    int rows = 0;
    FILE *file = fopen("privacy/corpus", "r");
    cr_assert(file);
    while (next_row(file, &row)) {
        const char *finding = judge(row.value);
        bool is_pass = strcmp(row.verdict, "pass") == 0;
        rows++;
        cr_assert(is_pass ? !row.finding
                          : row.finding && (strcmp(row.verdict, "hash") == 0 ||
                                            strcmp(row.verdict, "drop") == 0),
                  "corpus:%d: %s with %s", row.line, row.verdict,
                  row.finding ? row.finding : "no finding");
        if (!is(finding, row.finding)) {
            fprintf(stderr, "corpus:%d: %s: expected %s, found %s\n", row.line, row.value.data,
                    row.finding ? row.finding : "pass", finding ? finding : "pass");
            wrong++;
        }
    }
    fclose(file);
    cr_assert_eq(wrong, 0, "%d of %d shapes", wrong, rows);
    cr_assert_geq(rows, 120);
}

/* What stands in an id is found beside an id, too. */
Test(corpus, what_is_dropped_is_dropped_behind_a_uuid)
{
    struct row row = { .line = 0 };
    char text[1200];
    FILE *file = fopen("privacy/corpus", "r");
    cr_assert(file);
    while (next_row(file, &row)) {
        if (strcmp(row.verdict, "pass") == 0 || strcmp(row.finding, "form") == 0 ||
            strcmp(row.finding, "sentence") == 0) {
            continue;
        }
        snprintf(text, sizeof(text), "550e8400-e29b-41d4-a716-446655440000/%s", row.value.data);
        cr_expect_neq(pt_scan(patter_text(text)), PT_SCAN_CLEAN, "corpus:%d", row.line);
    }
    fclose(file);
}
