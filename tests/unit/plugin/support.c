/* SPDX-License-Identifier: MIT */
#include "tests/unit/plugin/support.h"

#include <criterion/criterion.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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

void expect_error(const struct patter_error *error, const char *folder, const char *expected)
{
    struct pt_text found = { 0 };
    struct pt_text wanted = { 0 };
    const char *place;
    pt_error_write(error, &found);
    while (folder && (place = strstr(expected, "FOLDER"))) {
        pt_text_add(&wanted, "%.*s%s", (int)(place - expected), expected, folder);
        expected = place + strlen("FOLDER");
    }
    pt_text_add(&wanted, "%s", expected);
    cr_expect(strcmp(pt_text_get(&found), pt_text_get(&wanted)) == 0, "found:\n%s\nexpected:\n%s",
              pt_text_get(&found), pt_text_get(&wanted));
    pt_text_clean(&found);
    pt_text_clean(&wanted);
}

const char *plugins_folder(void)
{
    static char folder[PATH_MAX + 16];
    char program[PATH_MAX];
    if (!realpath("/proc/self/exe", program)) {
        cr_assert_fail("no /proc");
    }
    snprintf(folder, sizeof(folder), "%s/plugins", dirname(program));
    return folder;
}

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    (void)host;
    (void)values;
    (void)error;
    *ret_self = NULL;
    return PATTER_OK;
}

static patter_status send_batch(void *self, const struct patter_batch *batch,
                                struct patter_result *result)
{
    (void)self;
    (void)batch;
    (void)result;
    return PATTER_OK;
}

static void destroy(void *self)
{
    (void)self;
}

struct patter_exporter sound_exporter(const struct patter_option *options, size_t count)
{
    return (struct patter_exporter){
        .struct_size = sizeof(struct patter_exporter),
        .option_size = sizeof(struct patter_option),
        .name = "sound",
        .version = "1.0.0",
        .help = "Sends nothing.",
        .options = options,
        .option_count = count,
        .create = create,
        .send = send_batch,
        .destroy = destroy,
    };
}
