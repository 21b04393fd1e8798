/* SPDX-License-Identifier: MIT */
#ifndef TEST_CONFIG_SUPPORT_H
#define TEST_CONFIG_SUPPORT_H

/* What the tests of the configuration share. */

#include "core/config/settings.h"
#include "core/config/yaml.h"

/* Fails the test unless `problems`, sorted, read as `expected`: one line for each. */
void expect_problems(struct pt_problems *problems, const char *expected);

/* Parses a text as the file "f". */
struct pt_tree *parse(const char *text, struct pt_problems *problems);

/* Parses a text, and fails unless its problems are these. */
void expect_parse(const char *text, const char *expected);

#endif /* TEST_CONFIG_SUPPORT_H */
