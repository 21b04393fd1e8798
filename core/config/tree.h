/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_TREE_H
#define PT_CONFIG_TREE_H

/* Keys and values that know where they were written: in a file, in a variable or in code. */

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
    struct pt_node *root;    /* a NULL node for an empty document */
    bool broken;             /* a fault ended the reading early: what is missing may be there */
    struct patter_str *used; /* names of the variables that values were taken from */
    size_t used_count;
};

void pt_tree_destroy(struct pt_tree *tree);

/* The value of `key` in a map; NULL when absent or `map` is no map. */
const struct pt_node *pt_node_get(const struct pt_node *map, const char *key);
/* The same along a path of keys joined by dots. */
const struct pt_node *pt_node_find(const struct pt_node *map, const char *path);
/* NULL, a NULL node, or an empty text: not set. */
static inline bool pt_node_is_unset(const struct pt_node *node)
{
    return !node || node->kind == PT_NODE_NULL ||
           (node->kind == PT_NODE_SCALAR && node->text.len == 0);
}
/* "text", "a list", "a map", "nothing". */
const char *pt_node_kind_name(const struct pt_node *node);

/* A key as a message may quote it: `...` for one with a character that no key has, which may be a
 * secret in the wrong place, as in {"authorization: Bearer KEY": }. */
struct patter_str pt_key_show(struct patter_str key);

/* Builders for trees that stand for environment variables; NULL when memory is short. `source` and
 * texts are copied. pt_node_put follows `path` ("tls.ca_file"), making maps on the way, and returns
 * the scalar; NULL also where a scalar or list is in the way. */
struct pt_tree *pt_tree_new(void);
struct pt_node *pt_node_new_map(struct pt_tree *tree, const char *source);
struct pt_node *pt_node_put(struct pt_tree *tree, struct pt_node *map, const char *path,
                            struct patter_str text, const char *source);
/* As pt_node_put, for one key, which may hold dots. */
struct pt_node *pt_node_put_key(struct pt_tree *tree, struct pt_node *map, struct patter_str key,
                                struct patter_str text, const char *source);

/* An array in the tree's memory with room for one more than `count` items; NULL when memory is
 * short. */
void *pt_tree_grow(struct pt_tree *tree, void *items, size_t count, size_t item_size);
/* A node of the tree; NULL when memory is short. */
struct pt_node *pt_node_new(struct pt_tree *tree, enum pt_node_kind kind, struct pt_place place);
/* Adds an entry at the end; false when memory is short. `key` and `value` are the tree's. */
bool pt_node_append(struct pt_tree *tree, struct pt_node *map, const struct pt_entry *entry);

#endif /* PT_CONFIG_TREE_H */
