/* SPDX-License-Identifier: MIT */
#include "tests/unit/config/support.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"

static char folder[] = "/tmp/patter-config-XXXXXX";
static int folder_before = -1;

void expect_problems(struct pt_problems *problems, const char *expected)
{
    struct pt_text text = { 0 };
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
    pt_problems_sort(&problems);
    expect_problems(&problems, expected);
}

static void clear_environment(void)
{
    for (size_t i = 0; environ[i];) {
        const char *sign = strchr(environ[i], '=');
        char name[128];
        if ((strncmp(environ[i], "OTEL_", 5) != 0 && strncmp(environ[i], "PATTER_", 7) != 0) ||
            !sign || (size_t)(sign - environ[i]) >= sizeof(name)) {
            i++;
            continue;
        }
        snprintf(name, sizeof(name), "%.*s", (int)(sign - environ[i]), environ[i]);
        unsetenv(name);
    }
}

void enter_folder(void)
{
    clear_environment();
    folder_before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

void leave_folder(void)
{
    cr_assert_eq(fchdir(folder_before), 0);
    close(folder_before);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(path, 0644), 0);
}

struct pt_settings *read_settings(const char *text, struct pt_problems *problems)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = "f" };
    write_file("f", text);
    struct pt_settings *settings = pt_settings_read(&options, problems);
    cr_assert_not_null(settings);
    return settings;
}

struct pt_settings *expect_settings(const char *text, const char *expected)
{
    struct pt_problems problems = { 0 };
    struct pt_settings *settings = read_settings(text, &problems);
    expect_problems(&problems, expected);
    return settings;
}

void expect_faults(const char *text, const char *expected)
{
    pt_settings_destroy(expect_settings(text, expected));
}

struct pt_settings *expect_environment(const struct patter_init_options *options,
                                       const char *expected)
{
    struct pt_problems problems = { 0 };
    struct pt_settings *settings = pt_settings_read(options, &problems);
    cr_assert_not_null(settings);
    expect_problems(&problems, expected);
    return settings;
}

const struct pt_effective *find_effective(const struct pt_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->effective_count; i++) {
        if (strcmp(settings->effective[i].name, name) == 0) {
            return &settings->effective[i];
        }
    }
    return NULL;
}

const char *section_text(const struct pt_settings *settings, size_t index, const char *path)
{
    cr_assert_lt(index, settings->exporter_count);
    const struct pt_node *node = pt_node_find(settings->exporters[index].section, path);
    return node ? node->text.data : NULL;
}

const char *resource_text(const struct pt_settings *settings, const char *key)
{
    for (size_t i = 0; i < settings->resource_count; i++) {
        if (pt_str_is(settings->resource[i].key, key)) {
            return settings->resource[i].value.as.text.data;
        }
    }
    return NULL;
}
