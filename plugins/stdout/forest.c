/* SPDX-License-Identifier: MIT */
#include "plugins/stdout/forest.h"

#include <stdlib.h>

static int by_begin(const void *a, const void *b)
{
    const struct out_span *first = ((const struct out_node *)a)->span;
    const struct out_span *second = ((const struct out_node *)b)->span;
    if (first->begin_unix_ns != second->begin_unix_ns) {
        return first->begin_unix_ns < second->begin_unix_ns ? -1 : 1;
    }
    if (first->end_unix_ns != second->end_unix_ns) {
        return first->end_unix_ns > second->end_unix_ns ? -1 : 1;
    }
    return memcmp(first->span_id, second->span_id, sizeof(first->span_id));
}

static int by_id(const void *a, const void *b)
{
    const struct out_node *first = *(struct out_node *const *)a;
    const struct out_node *second = *(struct out_node *const *)b;
    return memcmp(first->span->span_id, second->span->span_id, sizeof(first->span->span_id));
}

static int id_of(const void *id, const void *node)
{
    const struct out_node *other = *(struct out_node *const *)node;
    return memcmp(id, other->span->span_id, sizeof(other->span->span_id));
}

/* Backwards, so that each list, built from its head, is in order. */
static void link_nodes(struct out_forest *forest, struct out_node **index)
{
    for (size_t i = forest->count; i-- > 0;) {
        struct out_node *node = &forest->nodes[i];
        struct out_node **found =
            bsearch(node->span->parent_id, index, forest->count, sizeof(struct out_node *), id_of);
        node->parent = found && *found != node ? *found : NULL;
        struct out_node **list = node->parent ? &node->parent->first_child : &forest->first;
        node->next = *list;
        *list = node;
    }
}

bool out_forest_init(struct out_forest *forest, const struct out_call *call)
{
    struct out_node **index = calloc(call->span_count, sizeof(struct out_node *));
    forest->nodes = calloc(call->span_count, sizeof(*forest->nodes));
    if (!index || !forest->nodes) {
        free(index);
        out_forest_clean(forest);
        return false;
    }
    for (const struct out_span *span = call->first; span; span = span->next) {
        forest->nodes[forest->count++].span = span;
    }
    qsort(forest->nodes, forest->count, sizeof(*forest->nodes), by_begin);
    for (size_t i = 0; i < forest->count; i++) {
        index[i] = &forest->nodes[i];
    }
    qsort(index, forest->count, sizeof(struct out_node *), by_id);
    link_nodes(forest, index);
    free(index);
    return true;
}

void out_forest_clean(struct out_forest *forest)
{
    free(forest->nodes);
    *forest = (struct out_forest){ 0 };
}

/* The first of `node` and its later siblings that was not walked over. */
static struct out_node *fresh(struct out_node *node)
{
    while (node && node->is_seen) {
        node = node->next;
    }
    return node;
}

/* Spans that are each other's ancestors hang on no root: the earliest becomes one. */
static struct out_node *break_loop(struct out_forest *forest)
{
    for (size_t i = 0; i < forest->count; i++) {
        struct out_node *node = &forest->nodes[i];
        if (!node->is_seen) {
            node->parent = NULL;
            node->next = NULL;
            return node;
        }
    }
    return NULL;
}

struct out_node *out_forest_walk(struct out_forest *forest, struct out_node *node)
{
    struct out_node *next = node ? fresh(node->first_child) : fresh(forest->first);
    while (!next && node) {
        next = fresh(node->next);
        node = node->parent;
    }
    if (!next) {
        next = break_loop(forest);
    }
    if (next) {
        next->is_seen = true;
    }
    return next;
}

unsigned out_node_depth(const struct out_node *node)
{
    unsigned depth = 0;
    while (node->parent && depth < OUT_DEPTH_MAX) {
        node = node->parent;
        depth++;
    }
    return depth;
}
