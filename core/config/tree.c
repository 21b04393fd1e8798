/* SPDX-License-Identifier: MIT */
#include "core/config/tree.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

struct pt_tree *pt_tree_new(void)
{
    struct pt_tree *tree = calloc(1, sizeof(*tree));
    if (!tree) {
        return NULL;
    }
    tree->root = pt_node_new(tree, PT_NODE_NULL, (struct pt_place){ 0 });
    if (!tree->root) {
        pt_tree_destroy(tree);
        return NULL;
    }
    return tree;
}

void pt_tree_destroy(struct pt_tree *tree)
{
    if (tree) {
        pt_arena_clean(&tree->arena);
        free(tree);
    }
}

void *pt_tree_grow(struct pt_tree *tree, void *items, size_t count, size_t item_size)
{
    if ((count & (count - 1)) != 0) { /* full only at 0, 1, 2, 4, 8 ... */
        return items;
    }
    void *larger = pt_arena_alloc(&tree->arena, (count ? count * 2 : 1) * item_size);
    if (larger && count > 0) {
        memcpy(larger, items, count * item_size);
    }
    return larger;
}

struct pt_node *pt_node_new(struct pt_tree *tree, enum pt_node_kind kind, struct pt_place place)
{
    struct pt_node *node = pt_arena_alloc(&tree->arena, sizeof(*node));
    if (node) {
        node->kind = kind;
        node->place = place;
        node->text = patter_text("");
    }
    return node;
}

bool pt_node_append(struct pt_tree *tree, struct pt_node *map, const struct pt_entry *entry)
{
    struct pt_entry *entries = pt_tree_grow(tree, map->entries, map->count, sizeof(*entries));
    if (!entries) {
        return false;
    }
    entries[map->count] = *entry;
    map->entries = entries;
    map->count++;
    return true;
}

static struct pt_node *get(const struct pt_node *map, struct patter_str key)
{
    for (size_t i = 0; map && map->kind == PT_NODE_MAP && i < map->count; i++) {
        if (pt_str_equal(map->entries[i].key, key)) {
            return map->entries[i].value;
        }
    }
    return NULL;
}

const struct pt_node *pt_node_get(const struct pt_node *map, const char *key)
{
    return get(map, patter_text(key));
}

const struct pt_node *pt_node_find(const struct pt_node *map, const char *path)
{
    const struct pt_node *node = map;
    while (node) {
        size_t len = strcspn(path, ".");
        node = get(node, (struct patter_str){ path, len });
        if (path[len] == '\0') {
            break;
        }
        path += len + 1;
    }
    return node;
}

struct patter_str pt_key_show(struct patter_str key)
{
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.data[i];
        if (c >= 0x80 || (!isalnum(c) && !strchr("-_./*", c))) {
            return patter_text("...");
        }
    }
    return key;
}

const char *pt_node_kind_name(const struct pt_node *node)
{
    switch (node->kind) {
    case PT_NODE_SCALAR:
        return "text";
    case PT_NODE_LIST:
        return "a list";
    case PT_NODE_MAP:
        return "a map";
    default:
        return "nothing";
    }
}

struct pt_node *pt_node_new_map(struct pt_tree *tree, const char *source)
{
    struct pt_place place = { pt_arena_copy(&tree->arena, patter_text(source)).data, 0, 0 };
    return place.source ? pt_node_new(tree, PT_NODE_MAP, place) : NULL;
}

/* The value of `key`, added where it is absent. */
static struct pt_node *get_or_add(struct pt_tree *tree, struct pt_node *map, struct patter_str key,
                                  struct pt_place place)
{
    struct pt_node *node = get(map, key);
    if (node) {
        return node;
    }
    struct pt_entry entry = { pt_arena_copy(&tree->arena, key), place,
                              pt_node_new(tree, PT_NODE_NULL, place) };
    if (!entry.key.data || !entry.value || !pt_node_append(tree, map, &entry)) {
        return NULL;
    }
    return entry.value;
}

/* Makes a map of what is not set; false where something else is in the way. */
static bool become_map(struct pt_node *node)
{
    if (node->kind == PT_NODE_NULL) {
        node->kind = PT_NODE_MAP;
    }
    return node->kind == PT_NODE_MAP;
}

static struct pt_node *put(struct pt_tree *tree, struct pt_node *map, struct patter_str key,
                           struct patter_str text, struct pt_place place)
{
    struct pt_node *node = become_map(map) ? get_or_add(tree, map, key, place) : NULL;
    struct patter_str copy = pt_arena_copy(&tree->arena, text);
    if (!node || !copy.data || node->kind == PT_NODE_MAP || node->kind == PT_NODE_LIST) {
        return NULL;
    }
    node->kind = PT_NODE_SCALAR;
    node->place = place;
    node->text = copy;
    return node;
}

struct pt_node *pt_node_put_key(struct pt_tree *tree, struct pt_node *map, struct patter_str key,
                                struct patter_str text, const char *source)
{
    struct pt_place place = { pt_arena_copy(&tree->arena, patter_text(source)).data, 0, 0 };
    return place.source ? put(tree, map, key, text, place) : NULL;
}

struct pt_node *pt_node_put(struct pt_tree *tree, struct pt_node *map, const char *path,
                            struct patter_str text, const char *source)
{
    struct pt_place place = { pt_arena_copy(&tree->arena, patter_text(source)).data, 0, 0 };
    size_t len = strcspn(path, ".");
    while (place.source && map && path[len] == '.') {
        map =
            become_map(map) ? get_or_add(tree, map, (struct patter_str){ path, len }, place) : NULL;
        path += len + 1;
        len = strcspn(path, ".");
    }
    return place.source && map ? put(tree, map, patter_text(path), text, place) : NULL;
}
