/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_YAML_H
#define PT_CONFIG_YAML_H

/* YAML as a tree in which every key and value knows where it was written. */

#include "core/config/tree.h"

enum {
    PT_YAML_BYTES = 1048576, /* the longest document: 1 MiB */
    PT_YAML_NODES = 10000,   /* the most values, those of an alias counted each time it is used */
    PT_YAML_DEPTH = 32
};

/*
 * Parses one document, resolves anchors and merge keys, substitutes ${VAR}. Every fault goes to
 * `problems`. Returns NULL only when no tree could be made at all; with problems the tree holds
 * what could be read. `source` is copied. The caller destroys the tree.
 */
struct pt_tree *pt_yaml_parse(const char *source, const char *bytes, size_t len,
                              struct pt_problems *problems);

#endif /* PT_CONFIG_YAML_H */
