/* SPDX-License-Identifier: MIT */
#ifndef PT_PLUGIN_TABLE_H
#define PT_PLUGIN_TABLE_H

/* A plugin's option table, held against the rules of exporter.h. */

#include <patter/exporter.h>

/* PATTER_INVALID and the first option that is wrong, with the cure for the plugin's author. */
patter_status pt_table_check(const struct patter_exporter *exporter, struct patter_error *error);

#endif /* PT_PLUGIN_TABLE_H */
