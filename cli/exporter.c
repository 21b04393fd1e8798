/* SPDX-License-Identifier: MIT */
#include "cli/exporter.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/sink.h"
#include "core/config/tree.h"
#include "core/plugin/options.h"
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

/* Where the option stands that the plugin's line begins with ("endpoint: ..."), or the exporter's
 * name. */
static struct pt_place place_of(const struct cli_exporter *exporter, const char *text)
{
    const struct pt_exporter_settings *settings = exporter->settings;
    for (size_t i = 0; exporter->plugin && i < exporter->plugin->option_count; i++) {
        const char *name = pt_option_at(exporter->plugin, i)->name;
        size_t len = strlen(name);
        if (strncmp(text, name, len) == 0 && text[len] == ':' &&
            pt_node_find(settings->section, name)) {
            return pt_option_place(settings->section, name);
        }
    }
    return settings->place;
}

/* Where the lines that a plugin logs while it starts go: they are problems like the others. */
struct ear {
    const struct cli_exporter *exporter;
    struct pt_problems *problems;
};

static void hear(void *data, int32_t level, const char *line)
{
    static const char *const prefixes[] = { "patter: ", "warning: ", "error: " };
    const struct ear *ear = data;
    const char *text = line;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t len = strlen(prefixes[i]);
        text += strncmp(text, prefixes[i], len) == 0 ? len : 0;
    }
    struct patter_str name = ear->exporter->settings->name;
    const char *words = text;
    if (strncmp(text, name.data, name.len) == 0 && strncmp(text + name.len, ": ", 2) == 0) {
        words = text + name.len + 2;
    }
    pt_problem_add(ear->problems, place_of(ear->exporter, words), level, "%s", text);
}

static void hand_over(struct pt_problems *from, struct pt_problems *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct pt_problem *problem = &from->items[i];
        pt_problem_add(to, problem->place, problem->level, "%s", problem->text);
    }
    pt_problems_clean(from);
}

void cli_exporter_init(struct cli_exporter *exporter, struct pt_settings *settings,
                       const struct pt_exporter_settings *wanted, struct pt_problems *problems)
{
    struct pt_problems heard = { 0 }; /* on the thread that writes log lines */
    struct ear ear = { exporter, &heard };
    exporter->settings = wanted;
    find_plugin(exporter, settings);
    pt_sink_set(hear, &ear);
    exporter->instance = pt_instance_new(settings, wanted, problems);
    pt_sink_set(NULL, NULL);
    hand_over(&heard, problems);
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

bool cli_exporter_probe(struct cli_exporter *exporter, const struct pt_resource *resource,
                        int beside)
{
    if (!exporter->instance) {
        return true;
    }
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    bool good = kept >= 0 && dup2(beside, STDOUT_FILENO) >= 0;
    if (good) {
        cli_probe_send(&exporter->probe, exporter->settings, exporter->instance, resource);
        fflush(stdout);
    }
    if (kept >= 0) {
        good = dup2(kept, STDOUT_FILENO) >= 0 && good;
        close(kept);
    }
    return good;
}

void cli_exporter_clean(struct cli_exporter *exporter)
{
    pt_instance_destroy(exporter->instance);
}
