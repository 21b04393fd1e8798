/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_TREE_H
#define STDOUT_TREE_H

/* format: tree. A running call is told turn by turn; its end brings the whole as a waterfall. */

#include "plugins/stdout/held.h"
#include "plugins/stdout/style.h"

/* Zeroed, with held.max_memory and style set, is ready. */
struct out_tree {
    struct out_style style;
    struct out_held held;
    uint8_t last_trace_id[16]; /* whose header stands above; none: zero */
    unsigned last_turn;
};

/* Takes the batch in and writes what can be told now. Returns how many spans were lost because
 * memory was short. */
uint32_t out_tree_add(struct out_tree *tree, const struct patter_batch *batch,
                      struct out_text *text);

/* Draws every call that has not ended, and forgets it. */
void out_tree_finish(struct out_tree *tree, struct out_text *text);

void out_tree_clean(struct out_tree *tree);

#endif /* STDOUT_TREE_H */
