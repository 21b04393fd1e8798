/* SPDX-License-Identifier: MIT */
#ifndef TEST_CONFIG_SUPPORT_H
#define TEST_CONFIG_SUPPORT_H

/* What the tests of the configuration share. */

#include <patter/patter.h>

#include "core/config/settings.h"
#include "core/config/yaml.h"

/* Fails the test unless `problems` read as `expected`: one line for each, in order. Cleans them. */
void expect_problems(struct pt_problems *problems, const char *expected);

/* Parses a text as the file "f". */
struct pt_tree *parse(const char *text, struct pt_problems *problems);

/* Parses a text, and fails unless its problems, sorted, are these. */
void expect_parse(const char *text, const char *expected);

/* Before a test: a new, empty current folder, and no variable of patter's or OpenTelemetry's. After
 * it: back, and the folder removed. */
void enter_folder(void);
void leave_folder(void);

/* Writes a file that only its owner may write. */
void write_file(const char *path, const char *text);

/* The settings that `text` gives as the file "f", read by name. */
struct pt_settings *read_settings(const char *text, struct pt_problems *problems);

/* The same, and fails unless the problems are these. The caller destroys the settings. */
struct pt_settings *expect_settings(const char *text, const char *expected);

/* Reads a text, fails unless its problems are these, and forgets the settings. */
void expect_faults(const char *text, const char *expected);

/* What code and environment give without a file; fails unless the problems are these. */
struct pt_settings *expect_environment(const struct patter_init_options *options,
                                       const char *expected);

/* The value in force under `name`; NULL when there is none. */
const struct pt_effective *find_effective(const struct pt_settings *settings, const char *name);

/* The text at `path` in the section of the exporter number `index`; NULL when there is none. */
const char *section_text(const struct pt_settings *settings, size_t index, const char *path);

/* The text of a resource attribute; NULL when there is none. */
const char *resource_text(const struct pt_settings *settings, const char *key);

#endif /* TEST_CONFIG_SUPPORT_H */
