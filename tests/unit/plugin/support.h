/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PLUGIN_SUPPORT_H
#define TESTS_UNIT_PLUGIN_SUPPORT_H

/* What the tests of this room share. */

#include <patter/exporter.h>

#include "core/base/error.h"
#include "core/base/problem.h"

/* Compares all problems, one a line, with `expected`, and cleans them. */
void expect_problems(struct pt_problems *problems, const char *expected);

/* Compares the chain, outermost first, with `expected`; FOLDER in it stands for `folder`. */
void expect_error(const struct patter_error *error, const char *folder, const char *expected);

/* build/X/tests/plugins, where the plugins made for tests are. */
const char *plugins_folder(void);

/* A correct exporter with this table, to be changed by tests. */
struct patter_exporter sound_exporter(const struct patter_option *options, size_t count);

#endif /* TESTS_UNIT_PLUGIN_SUPPORT_H */
