/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/page.h"
#include "cli/plugin.h"
#include "cli/settings.h"
#include "core/plugin/loader.h"
#include "core/plugin/search.h"

enum { NAME = 2, VERSION = 18, PATH = 28 };

/* Where the plugins found go. */
struct listing {
    struct cli_page page;
    struct cli_json json;
    bool as_json;
    size_t count;
};

static void print_row(struct listing *listing, const char *name, const char *path, bool is_shadowed,
                      const struct patter_exporter *plugin, const char *fault)
{
    struct cli_page *page = &listing->page;
    cli_page_tab(page, NAME);
    cli_page_add(page, CLI_STRONG, "%s", name);
    cli_page_tab(page, VERSION);
    cli_page_add(page, CLI_PLAIN, "%s", plugin ? plugin->version : "-");
    cli_page_tab(page, PATH);
    cli_page_add(page, CLI_PLAIN, "%s", path);
    if (is_shadowed) {
        cli_page_add(page, CLI_WARNING, " (not used: an earlier folder has this name)");
    }
    cli_page_end_line(page);
    cli_page_tab(page, PATH);
    cli_page_wrap(page, plugin ? CLI_FAINT : CLI_BAD, PATH, plugin ? plugin->help : fault);
}

static void add_row(struct listing *listing, const char *name, const char *path, bool is_shadowed,
                    const struct patter_exporter *plugin, const char *fault)
{
    struct cli_json *json = &listing->json;
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "name", name);
    cli_json_text(json, "path", path);
    cli_json_flag(json, "shadowed", is_shadowed);
    cli_json_text(json, "version", plugin ? plugin->version : NULL);
    cli_json_number(json, "abi", 1);
    cli_json_text(json, "help", plugin ? plugin->help : NULL);
    cli_json_text(json, "fault", plugin ? NULL : fault);
    cli_json_close(json, '}');
}

static void found(void *data, const char *name, const char *path, int shadowed)
{
    struct listing *listing = data;
    const struct patter_exporter *plugin = NULL;
    struct patter_error error = { 0 };
    struct pt_text fault = { 0 };
    if (pt_loader_open(path, &plugin, &error) != PATTER_OK) {
        pt_error_write(&error, &fault);
        plugin = NULL;
    }
    if (listing->as_json) {
        add_row(listing, name, path, shadowed, plugin, pt_text_get(&fault));
    } else {
        print_row(listing, name, path, shadowed, plugin, pt_text_get(&fault));
    }
    listing->count++;
    pt_text_clean(&fault);
}

static bool list(const char *const *folders, bool as_json)
{
    struct listing listing = { .as_json = as_json };
    cli_page_init(&listing.page);
    cli_json_open(&listing.json, NULL, '[');
    pt_search_each(folders, found, &listing);
    cli_json_close(&listing.json, ']');
    if (!as_json && listing.count == 0) {
        cli_page_wrap(&listing.page, CLI_BAD, 0,
                      "no plugin was found; name their folder in `plugin_path:` or "
                      "PATTER_PLUGIN_PATH");
    }
    bool good = as_json ? cli_json_flush(&listing.json) : cli_page_flush(&listing.page);
    cli_page_clean(&listing.page);
    pt_text_clean(&listing.json.text);
    return good && listing.count > 0;
}

/* One plugin, by its name or the path of its file. */
static bool show(const char *name, const char *const *folders, bool as_json)
{
    char path[PT_PLUGIN_PATH_MAX];
    const struct patter_exporter *plugin = NULL;
    struct patter_error error = { 0 };
    patter_status status = PATTER_OK;
    if (strchr(name, '/')) {
        snprintf(path, sizeof(path), "%s", name);
    } else {
        status = pt_search_find(name, folders, path, &error);
    }
    if (status == PATTER_OK) {
        status = pt_loader_open(path, &plugin, &error);
    }
    if (status != PATTER_OK) {
        struct pt_text words = { 0 };
        pt_error_write(&error, &words);
        fprintf(stderr, "patter: %s\n", pt_text_get(&words));
        pt_text_clean(&words);
        return false;
    }
    return as_json ? cli_plugin_print_json(plugin, path) : cli_plugin_print(plugin, path);
}

static int run(const struct cli_arguments *arguments)
{
    struct cli_settings settings = { 0 };
    cli_settings_load(&settings, arguments->config);
    const char *const *folders = settings.settings ? settings.settings->plugin_path : NULL;
    bool good = arguments->operands[0] ? show(arguments->operands[0], folders, arguments->json)
                                       : list(folders, arguments->json);
    cli_settings_clean(&settings);
    return good ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
}

const struct cli_command cli_plugins = {
    .name = "plugins",
    .operands = "[NAME]",
    .summary = "list the exporter plugins, or one plugin's options",
    .help = "Lists every exporter plugin found, in order of search: the folders of\n"
            "`plugin_path:`, those of PATTER_PLUGIN_PATH, then those of this installation.\n"
            "With NAME, or the path of a .so, shows its options with type, default, range\n"
            "and meaning.\n",
    .options = CLI_JSON | CLI_CONFIG,
    .operands_max = 1,
    .run = run,
};
