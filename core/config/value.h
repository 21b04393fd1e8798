/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_VALUE_H
#define PT_CONFIG_VALUE_H

/* One node read as what a declared option wants: typed, in range, or a fault with its cure. */

#include <patter/exporter.h>

#include "core/config/tree.h"

/*
 * Reads `node`, which is set, as `option` says; `name` is what the operator calls it. Texts belong
 * to `tree`. A fault goes to `problems` with `level`, at the node's place; false then, and when
 * memory is short.
 */
bool pt_value_read(const struct patter_option *option, const char *name, const struct pt_node *node,
                   struct pt_tree *tree, int32_t level, struct pt_problems *problems,
                   struct patter_value *ret_value);

/* The option's default; PATTER_UNSET where it has none. */
bool pt_value_read_default(const struct patter_option *option, struct pt_tree *tree,
                           struct patter_value *ret_value);

/* The node's text for a message: in back quotes, printable, cut; never one that came from a
 * variable. */
void pt_value_show(const struct pt_node *node, struct pt_text *out);

#endif /* PT_CONFIG_VALUE_H */
