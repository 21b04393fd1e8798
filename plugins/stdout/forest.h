/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_FOREST_H
#define STDOUT_FOREST_H

/* The spans of a call put in order: who is whose child, siblings by their beginning. */

#include "plugins/stdout/held.h"

enum { OUT_DEPTH_MAX = 6 }; /* as drawn: what is deeper is shown no further in */

struct out_node {
    const struct out_span *span;
    struct out_node *parent; /* NULL: it is not here */
    struct out_node *first_child;
    struct out_node *next; /* sibling; of a node without parent: the next such */
    bool is_seen;
};

/* Zeroed is empty and valid. */
struct out_forest {
    struct out_node *nodes; /* by their beginning */
    size_t count;
    struct out_node *first; /* without parent */
};

/* False when memory is short. `call` outlives the forest. */
bool out_forest_init(struct out_forest *forest, const struct out_call *call);
void out_forest_clean(struct out_forest *forest);

/* Every node once, a parent before its children; `node` NULL: the first one. NULL: that was all. */
struct out_node *out_forest_walk(struct out_forest *forest, struct out_node *node);

/* At most OUT_DEPTH_MAX; 0: without parent. */
unsigned out_node_depth(const struct out_node *node);

#endif /* STDOUT_FOREST_H */
