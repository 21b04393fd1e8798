/* SPDX-License-Identifier: MIT */
#ifndef CLI_PLUGIN_H
#define CLI_PLUGIN_H

/* One plugin and its options, as its own table tells them. */

#include <stdbool.h>

#include <patter/exporter.h>

/* False when standard output cannot be written. */
bool cli_plugin_print(const struct patter_exporter *plugin, const char *path);
bool cli_plugin_print_json(const struct patter_exporter *plugin, const char *path);

#endif /* CLI_PLUGIN_H */
