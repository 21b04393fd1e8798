/* SPDX-License-Identifier: MIT */
#include "core/config/yaml_map.h"

#include <string.h>

#include "core/base/text.h"

static const struct pt_entry *find_entry(const struct pt_node *map, struct patter_str key)
{
    for (size_t i = 0; i < map->count; i++) {
        if (pt_str_equal(map->entries[i].key, key)) {
            return &map->entries[i];
        }
    }
    return NULL;
}

bool pt_yaml_map_add(struct pt_tree *tree, struct pt_node *map, const struct pt_entry *entry,
                     struct pt_problems *problems)
{
    const struct pt_entry *first = find_entry(map, entry->key);
    if (first) {
        pt_problem_add(problems, entry->key_place, PATTER_LOG_ERROR,
                       "key `" PT_STR_FMT "` is given twice, first in line %u; keep one of them",
                       PT_STR_ARG(pt_key_show(entry->key)), first->key_place.line);
        return true;
    }
    if (entry->key.len == 0) {
        pt_problem_add(problems, entry->key_place, PATTER_LOG_ERROR,
                       "a key is empty; write `key: value`");
        return true;
    }
    if (memmem(entry->key.data, entry->key.len, "${", 2)) {
        pt_problem_add(problems, entry->key_place, PATTER_LOG_ERROR,
                       "${...} works in values, not in keys; write the key out");
        return true;
    }
    return pt_node_append(tree, map, entry);
}

static bool merge_one(struct pt_tree *tree, struct pt_node *map, const struct pt_node *from,
                      struct pt_problems *problems)
{
    if (from->kind != PT_NODE_MAP) {
        pt_problem_add(problems, from->place, PATTER_LOG_ERROR,
                       "`<<` takes a map, as in `<<: *name`; found %s", pt_node_kind_name(from));
        return true;
    }
    for (size_t i = 0; i < from->count; i++) {
        if (!find_entry(map, from->entries[i].key) &&
            !pt_node_append(tree, map, &from->entries[i])) {
            return false;
        }
    }
    return true;
}

bool pt_yaml_map_merge(struct pt_tree *tree, struct pt_node *map, const struct pt_node *from,
                       struct pt_problems *problems)
{
    if (from->kind != PT_NODE_LIST) {
        return merge_one(tree, map, from, problems);
    }
    for (size_t i = 0; i < from->count; i++) {
        if (!merge_one(tree, map, from->items[i], problems)) {
            return false;
        }
    }
    return true;
}
