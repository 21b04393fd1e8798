/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_YAML_MAP_H
#define PT_CONFIG_YAML_MAP_H

/* What becomes of a map's entries as they are read: each key once and written out, and `<<`. */

#include <stdbool.h>

#include "core/base/problem.h"
#include "core/config/tree.h"

/* Adds an entry whose key may stand there; else says why it may not. False when memory is short. */
bool pt_yaml_map_add(struct pt_tree *tree, struct pt_node *map, const struct pt_entry *entry,
                     struct pt_problems *problems);

/* After the map's own: what `<<: from` gives, a map or a list of maps of which the earlier win.
 * False when memory is short. */
bool pt_yaml_map_merge(struct pt_tree *tree, struct pt_node *map, const struct pt_node *from,
                       struct pt_problems *problems);

#endif /* PT_CONFIG_YAML_MAP_H */
