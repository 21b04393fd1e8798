/* SPDX-License-Identifier: MIT */
#ifndef PT_PLUGIN_SEARCH_H
#define PT_PLUGIN_SEARCH_H

/* From a plugin's name to its file. */

#include "core/plugin/loader.h"

/*
 * Looks for patter-NAME.so in `folders` (NULL-ended, may be NULL), then PATTER_PLUGIN_PATH (colon
 * separated; not when privileged), then lib/patter/exporters-v1 beside libpatter, then the install
 * folder. PATTER_OK and the absolute path in `ret_path`; PATTER_INVALID and every path tried, the
 * nearest plugin that is there, and the cure (stage locate).
 */
patter_status pt_search_find(const char *name, const char *const *folders,
                             char ret_path[PT_PLUGIN_PATH_MAX], struct patter_error *error);

/* Calls `found` for every patter-*.so in the same folders, in order of search. A name that an
 * earlier folder gave comes with `shadowed` set. */
void pt_search_each(const char *const *folders,
                    void (*found)(void *data, const char *name, const char *path, int shadowed),
                    void *data);

#endif /* PT_PLUGIN_SEARCH_H */
