/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_EXPORTERS_H
#define PT_CONFIG_EXPORTERS_H

/* `exporters:`: which plugins run, and the host's own keys in their sections. */

#include "core/config/reader.h"

/* Reads the file's map; without one, what code and environment ask for. reader->settings->batching
 * must be there. */
void pt_exporters_read(struct pt_reader *reader);

/* Adds the exporter `name`; `section` is a map or a NULL node. */
void pt_exporters_add(struct pt_reader *reader, struct patter_str name, struct pt_place place,
                      const struct pt_node *section);

#endif /* PT_CONFIG_EXPORTERS_H */
