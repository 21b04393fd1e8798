/* SPDX-License-Identifier: MIT */
#ifndef PT_PLUGIN_OPTIONS_H
#define PT_PLUGIN_OPTIONS_H

/* A plugin's declared table against its section of patter.yaml. */

#include <patter/exporter.h>

#include "core/config/yaml.h"

/* The keys of an exporter's section that are the host's; NULL-ended. */
extern const char *const pt_host_option_names[];

/*
 * Checks `section` (a map or a NULL node) by the exporter's table and fills `values`, one for each
 * option. Texts are owned by `tree`. Every fault, with place, nearest key and cure, goes to
 * `problems`; `name` is the exporter's, for the texts. False when there was an error.
 */
bool pt_options_read(const struct patter_exporter *exporter, const char *name,
                     const struct pt_node *section, struct pt_tree *tree,
                     struct patter_value *values, struct pt_problems *problems);

/* Option number `index`, whatever option_size the plugin was compiled with. */
const struct patter_option *pt_option_at(const struct patter_exporter *exporter, size_t index);

/* Where in `section` the option `name` was written; the section's own place when it was not. */
struct pt_place pt_option_place(const struct pt_node *section, const char *name);

#endif /* PT_PLUGIN_OPTIONS_H */
