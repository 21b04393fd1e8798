/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_RESOURCE_H
#define PT_CONFIG_RESOURCE_H

/* The resource attributes, from `resource:`, from code and from OTEL_RESOURCE_ATTRIBUTES. */

#include "core/config/reader.h"

/* `service_name`: what `service: {name}` says, a node that may be unset; detectors: the list's
 * node, likewise. */
void pt_resource_read(struct pt_reader *reader, const struct pt_node *service_name,
                      const struct pt_node *detectors);

#endif /* PT_CONFIG_RESOURCE_H */
