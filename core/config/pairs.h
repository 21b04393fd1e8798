/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_PAIRS_H
#define PT_CONFIG_PAIRS_H

/* `key=value,key=value`, percent-encoded, as OTEL_* variables hold headers and attributes. */

#include "core/config/tree.h"

struct pt_pair {
    struct patter_str key; /* decoded, NUL-terminated */
    struct patter_str value;
    const char *fault; /* why it is none; NULL: it is one. Never quotes the text */
};

/* Every non-blank entry in order; the array and its texts belong to `tree`. NULL when memory is
 * short. */
struct pt_pair *pt_pairs_parse(struct pt_tree *tree, struct patter_str text, size_t *ret_count);

#endif /* PT_CONFIG_PAIRS_H */
