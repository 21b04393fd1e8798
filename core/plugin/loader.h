/* SPDX-License-Identifier: MIT */
#ifndef PT_PLUGIN_LOADER_H
#define PT_PLUGIN_LOADER_H

/* The only dlopen: from a file to a checked struct patter_exporter. */

#include <patter/exporter.h>

#include "core/base/error.h"

/* Opens `path` (stage open), finds the symbol (identify), checks every field of v1 (version). The
 * .so stays mapped for ever. Failures name the stage, the path, the system's words and the cure. */
patter_status pt_loader_open(const char *path, const struct patter_exporter **ret_exporter,
                             struct patter_error *error);

/* The check alone, for exporters that are linked in. */
patter_status pt_loader_check(const struct patter_exporter *exporter, struct patter_error *error);

#endif /* PT_PLUGIN_LOADER_H */
