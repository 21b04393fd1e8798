/* SPDX-License-Identifier: MIT */
#ifndef CLI_EXPORTER_H
#define CLI_EXPORTER_H

/* One exporter of the configuration: its plugin, where it sends, how a probe went. */

#include "cli/probe.h"
#include "core/plugin/host.h"

/* Zeroed is empty and valid. */
struct cli_exporter {
    const struct pt_exporter_settings *settings;
    const struct patter_exporter *plugin; /* NULL: it cannot be loaded */
    struct pt_instance *instance;         /* NULL: it could not be made */
    char path[PT_PLUGIN_PATH_MAX];        /* of the plugin; empty: not found */
    char destination[512];                /* a URL without secrets; empty: no instance */
    struct cli_probe probe;
};

/* Loads and starts it; why that failed goes to `problems`. */
void cli_exporter_init(struct cli_exporter *exporter, struct pt_settings *settings,
                       const struct pt_exporter_settings *wanted, struct pt_problems *problems);
/* Sends its probe, when it was made; what the plugin prints on standard output goes to the file
 * `beside` meanwhile. False when that cannot be. */
bool cli_exporter_probe(struct cli_exporter *exporter, const struct pt_resource *resource,
                        int beside);
void cli_exporter_clean(struct cli_exporter *exporter);

#endif /* CLI_EXPORTER_H */
