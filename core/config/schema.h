/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_SCHEMA_H
#define PT_CONFIG_SCHEMA_H

/* A table of declared keys against a map. */

#include <patter/exporter.h>

#include "core/config/tree.h"

struct pt_schema {
    const char *name; /* of the map, for the texts: "batch", "exporter otlp-http" */
    const struct patter_option *options;
    size_t option_count;
    size_t option_size;        /* from one to the next: a plugin's may be smaller than ours */
    const char *const *others; /* keys of the map that are read elsewhere; NULL-ended, or NULL */
    bool is_open;              /* whatever else stands at its top is read elsewhere */
};

/*
 * Checks `section` and fills `values`, one for each option: what is written there, else the
 * default. NULL and a NULL node are a map without keys; dots in an option's name nest. Texts belong
 * to `tree`. Every fault goes to `problems`; false when there was an error.
 */
bool pt_schema_read(const struct pt_schema *schema, const struct pt_node *section,
                    struct pt_tree *tree, struct patter_value *values,
                    struct pt_problems *problems);

const struct patter_option *pt_schema_option(const struct pt_schema *schema, size_t index);

#endif /* PT_CONFIG_SCHEMA_H */
