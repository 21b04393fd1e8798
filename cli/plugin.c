/* SPDX-License-Identifier: MIT */
#include "cli/plugin.h"

#include <inttypes.h>
#include <string.h>

#include "cli/json.h"
#include "cli/page.h"
#include "core/plugin/options.h"

enum { NAME = 2, TYPE = 32, FALLBACK = 44, HELP = 4 };

static const struct {
    const char *title;
    uint32_t flag;
} without_effect[] = {
    { "accepted without effect, with a warning", PATTER_OPTION_WARNED },
    { "accepted without effect, in silence", PATTER_OPTION_PASSED },
    { "refused", PATTER_OPTION_REFUSED },
};

enum { KIND_COUNT = sizeof(without_effect) / sizeof(without_effect[0]) };

static const uint32_t any_without_effect =
    PATTER_OPTION_WARNED | PATTER_OPTION_PASSED | PATTER_OPTION_REFUSED;

static const char *type_word(const struct patter_option *option)
{
    static const char *const words[] = { "any",      "true/false", "integer", "number", "text",
                                         "duration", "size",       "list",    "map" };
    return option->choices ? "choice" : words[option->type];
}

/* A bound as one would write it. */
static void add_bound(struct pt_text *text, patter_type type, int64_t bound)
{
    static const struct {
        patter_type type;
        int64_t unit;
        const char *suffix;
    } units[] = {
        { PATTER_DURATION, 3600000000000, "h" }, { PATTER_DURATION, 60000000000, "m" },
        { PATTER_DURATION, 1000000000, "s" },    { PATTER_DURATION, 1000000, "ms" },
        { PATTER_SIZE, 1 << 30, "GiB" },         { PATTER_SIZE, 1 << 20, "MiB" },
        { PATTER_SIZE, 1 << 10, "KiB" },
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].type == type && bound != 0 && bound % units[i].unit == 0) {
            pt_text_add(text, "%" PRId64 "%s", bound / units[i].unit, units[i].suffix);
            return;
        }
    }
    pt_text_add(text, "%" PRId64 "%s", bound, type == PATTER_DURATION ? "ns" : "");
}

static const char *help_of(const struct patter_option *option)
{
    return option->help ? option->help : "";
}

static void add_remarks(struct pt_text *text, const struct patter_option *option)
{
    for (size_t i = 0; option->choices && option->choices[i]; i++) {
        pt_text_add(text, "%s%s", i == 0 ? "One of " : ", ", option->choices[i]);
    }
    pt_text_add(text, "%s", option->choices ? ". " : "");
    if (option->min != 0 || option->max != 0) {
        bool is_open = option->max == INT64_MAX;
        pt_text_add(text, is_open ? "At least " : "From ");
        add_bound(text, option->type, option->min);
        if (!is_open) {
            pt_text_add(text, " to ");
            add_bound(text, option->type, option->max);
        }
        pt_text_add(text, ". ");
    }
    pt_text_add(text, "%s", help_of(option));
}

static void print_option(struct cli_page *page, const struct patter_option *option)
{
    struct pt_text remarks = { 0 };
    cli_page_tab(page, NAME);
    cli_page_add(page, CLI_STRONG, "%s", option->name);
    cli_page_tab(page, TYPE);
    cli_page_add(page, CLI_PLAIN, "%s", type_word(option));
    cli_page_tab(page, FALLBACK);
    if (option->flags & PATTER_OPTION_REQUIRED) {
        cli_page_add(page, CLI_WARNING, "required");
    } else if (option->fallback) {
        cli_page_add(page, CLI_PLAIN, "%s", option->fallback);
    } else {
        cli_page_add(page, CLI_FAINT, "not set");
    }
    if (option->flags & PATTER_OPTION_SECRET) {
        cli_page_add(page, CLI_FAINT, ", never shown");
    }
    cli_page_end_line(page);
    add_remarks(&remarks, option);
    if (remarks.len > 0) {
        cli_page_tab(page, HELP);
        cli_page_wrap(page, CLI_FAINT, HELP, pt_text_get(&remarks));
    }
    pt_text_clean(&remarks);
}

static bool is_of_kind(const struct patter_option *option, size_t kind)
{
    return (option->flags & without_effect[kind].flag) != 0;
}

/* The names that `index` begins a group of: all with the same words. Empty where an earlier option
 * has begun it. */
static void list_group(const struct patter_exporter *plugin, size_t kind, size_t index,
                       struct pt_text *names)
{
    const char *words = help_of(pt_option_at(plugin, index));
    for (size_t i = 0; i < plugin->option_count; i++) {
        const struct patter_option *option = pt_option_at(plugin, i);
        if (!is_of_kind(option, kind) || strcmp(help_of(option), words) != 0) {
            continue;
        }
        if (i < index) {
            return;
        }
        pt_text_add(names, "%s%s", names->len > 0 ? ", " : "", option->name);
    }
}

static void print_without_effect(struct cli_page *page, const struct patter_exporter *plugin,
                                 size_t kind)
{
    bool is_first = true;
    for (size_t i = 0; i < plugin->option_count; i++) {
        const struct patter_option *option = pt_option_at(plugin, i);
        struct pt_text names = { 0 };
        if (is_of_kind(option, kind)) {
            list_group(plugin, kind, i, &names);
        }
        if (names.len > 0) {
            if (is_first) {
                cli_page_heading(page, without_effect[kind].title);
            }
            is_first = false;
            cli_page_tab(page, NAME);
            cli_page_wrap(page, CLI_PLAIN, NAME, pt_text_get(&names));
            cli_page_tab(page, HELP);
            cli_page_wrap(page, CLI_FAINT, HELP, help_of(option));
        }
        pt_text_clean(&names);
    }
}

bool cli_plugin_print(const struct patter_exporter *plugin, const char *path)
{
    struct cli_page page;
    cli_page_init(&page);
    cli_page_add(&page, CLI_STRONG, "%s", plugin->name);
    cli_page_add(&page, CLI_PLAIN, " %s, plugin ABI v1", plugin->version);
    cli_page_end_line(&page);
    cli_page_add(&page, CLI_FAINT, "%s", path);
    cli_page_end_line(&page);
    cli_page_wrap(&page, CLI_PLAIN, 0, plugin->help);
    cli_page_heading(&page, "options, type, default");
    for (size_t i = 0; i < plugin->option_count; i++) {
        const struct patter_option *option = pt_option_at(plugin, i);
        if (!(option->flags & any_without_effect)) {
            print_option(&page, option);
        }
    }
    cli_page_tab(&page, NAME);
    cli_page_wrap(&page, CLI_PLAIN, NAME,
                  "and those of every exporter: timeout, retry_on_failure, sending_queue, "
                  "optional, plugin");
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        print_without_effect(&page, plugin, kind);
    }
    bool good = cli_page_flush(&page);
    cli_page_clean(&page);
    return good;
}

static void add_option(struct cli_json *json, const struct patter_option *option)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } flags[] = {
        { "secret", PATTER_OPTION_SECRET },   { "required", PATTER_OPTION_REQUIRED },
        { "warned", PATTER_OPTION_WARNED },   { "passed", PATTER_OPTION_PASSED },
        { "refused", PATTER_OPTION_REFUSED },
    };
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "name", option->name);
    cli_json_text(json, "type", type_word(option));
    cli_json_text(json, "default", option->fallback);
    if (option->choices) {
        cli_json_open(json, "choices", '[');
        for (size_t i = 0; option->choices[i]; i++) {
            cli_json_text(json, NULL, option->choices[i]);
        }
        cli_json_close(json, ']');
    }
    if (option->min != 0 || option->max != 0) {
        cli_json_number(json, "min", option->min);
        cli_json_number(json, "max", option->max);
    }
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (option->flags & flags[i].flag) {
            cli_json_flag(json, flags[i].name, true);
        }
    }
    cli_json_text(json, "help", option->help);
    cli_json_close(json, '}');
}

bool cli_plugin_print_json(const struct patter_exporter *plugin, const char *path)
{
    struct cli_json json = { 0 };
    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "name", plugin->name);
    cli_json_text(&json, "version", plugin->version);
    cli_json_number(&json, "abi", 1);
    cli_json_text(&json, "path", path);
    cli_json_text(&json, "help", plugin->help);
    cli_json_open(&json, "options", '[');
    for (size_t i = 0; i < plugin->option_count; i++) {
        add_option(&json, pt_option_at(plugin, i));
    }
    cli_json_close(&json, ']');
    cli_json_close(&json, '}');
    return cli_json_flush(&json);
}
