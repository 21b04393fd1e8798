/* SPDX-License-Identifier: MIT */
#ifndef PT_PLUGIN_LOADER_H
#define PT_PLUGIN_LOADER_H

/* The only dlopen: from a file to a checked struct patter_exporter. */

#include <stdbool.h>

#include <patter/exporter.h>

#include "core/base/error.h"

enum { PT_PLUGIN_PATH_MAX = 4096 };

/* Opens `path` (stage open), finds the symbol (identify), checks every field of v1 (version). The
 * .so stays mapped for ever. Failures name the stage, the path, the system's words and the cure. */
patter_status pt_loader_open(const char *path, const struct patter_exporter **ret_exporter,
                             struct patter_error *error);

/* The check alone, for exporters that are linked in. */
patter_status pt_loader_check(const struct patter_exporter *exporter, struct patter_error *error);

/* True for a plugin's name: `[a-z0-9-]+`, at most 63 characters. */
bool pt_loader_is_name(const char *name);

/* The folder of exporters that belongs to the file that holds this code, be it libpatter or a
 * program that has it linked in. False where the file is not known, or is a program whose rights
 * are not its caller's: such a caller may have linked it to a folder of his own. */
bool pt_loader_own_folder(char ret_folder[PT_PLUGIN_PATH_MAX]);

/* True when the process has rights that whoever started it, or wrote a file, may lack. */
bool pt_loader_is_privileged(void);

#endif /* PT_PLUGIN_LOADER_H */
