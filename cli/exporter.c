/* SPDX-License-Identifier: MIT */
#include "cli/exporter.h"

#include <stdio.h>

#include "core/plugin/search.h"

/* Again, beside what the host does: a plugin that will not start still tells its options. */
static void find_plugin(struct cli_exporter *exporter, const struct pt_settings *settings)
{
    const struct pt_exporter_settings *wanted = exporter->settings;
    struct patter_error ignored = { 0 };
    if (wanted->plugin_path.len > 0) {
        snprintf(exporter->path, sizeof(exporter->path), "%s", wanted->plugin_path.data);
    } else if (pt_search_find(wanted->plugin.data, settings->plugin_path, exporter->path,
                              &ignored) != PATTER_OK) {
        exporter->path[0] = '\0';
        return;
    }
    if (pt_loader_open(exporter->path, &exporter->plugin, &ignored) != PATTER_OK) {
        exporter->plugin = NULL;
    }
}

void cli_exporter_init(struct cli_exporter *exporter, const struct pt_settings *settings,
                       const struct pt_exporter_settings *wanted, struct pt_problems *problems)
{
    exporter->settings = wanted;
    find_plugin(exporter, settings);
    exporter->instance = pt_instance_new(settings, wanted, problems);
    if (!exporter->instance) {
        return;
    }
    const struct patter_exporter *plugin = exporter->instance->exporter;
    if (plugin->describe) {
        plugin->describe(exporter->instance->self, exporter->destination,
                         sizeof(exporter->destination));
    } else {
        snprintf(exporter->destination, sizeof(exporter->destination), "%s", plugin->help);
    }
}

void cli_exporter_clean(struct cli_exporter *exporter)
{
    pt_instance_destroy(exporter->instance);
}
