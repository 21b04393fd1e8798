/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_YAML_H
#define PT_CONFIG_YAML_H

/* YAML as a tree in which every key and value knows where it was written. */

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/problem.h"

enum pt_node_kind { PT_NODE_NULL, PT_NODE_SCALAR, PT_NODE_LIST, PT_NODE_MAP };

struct pt_node;

struct pt_entry {
    struct patter_str key; /* NUL-terminated */
    struct pt_place key_place;
    struct pt_node *value; /* never NULL */
};

struct pt_node {
    enum pt_node_kind kind;
    bool quoted;      /* a scalar in quotes: text, whatever it looks like */
    bool substituted; /* a ${VAR} stood in it: may be a secret */
    struct pt_place place;
    struct patter_str text;   /* SCALAR: after substitution, NUL-terminated */
    struct pt_node **items;   /* LIST */
    struct pt_entry *entries; /* MAP, in the file's order, keys unique */
    size_t count;             /* of items or entries */
};

/* Owns everything a tree points to, sources of places included. */
struct pt_tree {
    struct pt_arena arena;
    struct pt_node *root; /* a NULL node for an empty document */
};

/*
 * Parses one document, resolves anchors and merge keys, substitutes ${VAR}. Every fault goes to
 * `problems`. Returns NULL only when no tree could be made at all; with problems the tree holds
 * what could be read. `source` is copied. The caller destroys the tree.
 */
struct pt_tree *pt_yaml_parse(const char *source, const char *bytes, size_t len,
                              struct pt_problems *problems);
void pt_tree_destroy(struct pt_tree *tree);

/* The value of `key` in a map; NULL when absent or `map` is no map. */
const struct pt_node *pt_node_get(const struct pt_node *map, const char *key);

/* Builders for trees that stand for environment variables; NULL when memory is short. `source` and
 * texts are copied. pt_node_put follows `path` ("tls.ca_file"), making maps on the way, and returns
 * the scalar. */
struct pt_tree *pt_tree_new(void);
struct pt_node *pt_node_new_map(struct pt_tree *tree, const char *source);
struct pt_node *pt_node_put(struct pt_tree *tree, struct pt_node *map, const char *path,
                            struct patter_str text, const char *source);

#endif /* PT_CONFIG_YAML_H */
