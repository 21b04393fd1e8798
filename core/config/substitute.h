/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_SUBSTITUTE_H
#define PT_CONFIG_SUBSTITUTE_H

/* ${VAR}, ${env:VAR}, ${VAR:-default} and $$ in a scalar. */

#include "core/config/tree.h"

/*
 * Replaces the text of `node`, a scalar, and notes the names of the variables in `tree`. A variable
 * without a default that is unset or empty is a fault, as is a reference that is no reference.
 * False when memory is short.
 */
bool pt_substitute(struct pt_tree *tree, struct pt_node *node, struct pt_problems *problems);

/* Whether a value was taken from the variable `name`. */
bool pt_substitute_used(const struct pt_tree *tree, const char *name);

#endif /* PT_CONFIG_SUBSTITUTE_H */
