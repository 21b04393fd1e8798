/* SPDX-License-Identifier: MIT */
#include "cli/values.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/tree.h"
#include "core/plugin/options.h"

static const char masked[] = "********";

static bool add(struct cli_report *report, const char *name, const char *value,
                struct pt_place place)
{
    if (report->value_count == report->value_capacity) {
        size_t capacity = report->value_capacity ? report->value_capacity * 2 : 64;
        struct pt_effective *values = realloc(report->values, capacity * sizeof(*values));
        if (!values) {
            return false;
        }
        report->values = values;
        report->value_capacity = capacity;
    }
    report->values[report->value_count++] = (struct pt_effective){ name, value, place };
    return true;
}

static const char *keep(struct cli_report *report, const struct pt_text *text)
{
    const char *copy = pt_arena_copy(&report->arena, patter_text(pt_text_get(text))).data;
    return copy ? copy : "";
}

/* The node's text; of a URL, neither "user:password@" nor the query, which may hold a token. */
static void add_scalar(struct pt_text *out, struct patter_str text)
{
    const char *scheme = text.len > 0 ? memmem(text.data, text.len, "://", 3) : NULL;
    if (!scheme) {
        pt_text_add_str(out, text);
        return;
    }
    const char *host = scheme + 3;
    const char *end = host + strcspn(host, "/?#");
    const char *at = memrchr(host, '@', (size_t)(end - host));
    pt_text_add_str(out, pt_str_slice(text, 0, (size_t)(host - text.data)));
    if (at) {
        pt_text_add(out, "%s", masked);
        host = at;
    }
    size_t shown = strcspn(host, "?#");
    pt_text_add(out, "%.*s%s%s", (int)shown, host, host[shown] ? "?" : "",
                host[shown] ? masked : "");
}

static void add_node(struct pt_text *out, const struct pt_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        pt_text_add(out, "%s", i == 0 ? "" : ", ");
        if (node->kind == PT_NODE_MAP) {
            pt_text_add(out, "%s: ", node->entries[i].key.data);
            add_node(out, node->entries[i].value);
        } else {
            add_node(out, node->items[i]);
        }
    }
    if (node->kind == PT_NODE_SCALAR) {
        add_scalar(out, node->text);
    }
}

/* The keys of a secret map help, its values stay hidden. */
static void add_secret(struct pt_text *out, const struct pt_node *node)
{
    if (node->kind != PT_NODE_MAP) {
        pt_text_add(out, "%s", masked);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        pt_text_add(out, "%s%s: %s", i == 0 ? "" : ", ", node->entries[i].key.data, masked);
    }
}

static bool add_option(struct cli_report *report, const struct cli_exporter *exporter,
                       const struct patter_option *option)
{
    static const struct pt_place from_default = { "default", 0, 0 };
    const struct pt_node *node = pt_node_find(exporter->settings->section, option->name);
    struct pt_text name = { 0 };
    struct pt_text value = { 0 };
    bool good = true;
    pt_text_add(&name, "exporters.%s.%s", exporter->settings->name.data, option->name);
    if (!pt_node_is_unset(node)) {
        /* What was refused may be a secret in the wrong place. */
        if (option->flags & PATTER_OPTION_SECRET || (node->substituted && !exporter->instance)) {
            add_secret(&value, node);
        } else {
            add_node(&value, node);
        }
        good = add(report, keep(report, &name), keep(report, &value), node->place);
    } else if (option->fallback && !(option->flags & PATTER_OPTION_SECRET)) {
        good = add(report, keep(report, &name), option->fallback, from_default);
    }
    pt_text_clean(&name);
    pt_text_clean(&value);
    return good;
}

static bool add_exporter(struct cli_report *report, const struct cli_exporter *exporter)
{
    static const uint32_t without_effect =
        PATTER_OPTION_WARNED | PATTER_OPTION_PASSED | PATTER_OPTION_REFUSED;
    bool good = true;
    for (size_t i = 0; exporter->plugin && i < exporter->plugin->option_count && good; i++) {
        const struct patter_option *option = pt_option_at(exporter->plugin, i);
        if (!(option->flags & without_effect)) {
            good = add_option(report, exporter, option);
        }
    }
    return good;
}

const struct cli_exporter *cli_value_owner(const struct cli_report *report,
                                           const struct pt_effective *value, const char **ret_rest)
{
    static const char prefix[] = "exporters.";
    if (strncmp(value->name, prefix, sizeof(prefix) - 1) != 0) {
        return NULL;
    }
    const char *rest = value->name + sizeof(prefix) - 1;
    const struct cli_exporter *owner = NULL;
    for (size_t i = 0; i < report->exporter_count; i++) {
        struct patter_str name = report->exporters[i].settings->name;
        bool is_its = strncmp(rest, name.data, name.len) == 0 && rest[name.len] == '.';
        if (is_its && (!owner || name.len > owner->settings->name.len)) { /* a name may hold dots */
            owner = &report->exporters[i];
            *ret_rest = rest + name.len + 1;
        }
    }
    return owner;
}

bool cli_values_collect(struct cli_report *report)
{
    const struct pt_settings *settings = report->read.settings;
    const char *rest;
    bool good = true;
    for (size_t i = 0; i < settings->effective_count && good; i++) {
        const struct pt_effective *value = &settings->effective[i];
        if (!cli_value_owner(report, value, &rest)) {
            good = add(report, value->name, value->value, value->place);
        }
    }
    for (size_t e = 0; e < report->exporter_count && good; e++) {
        good = add_exporter(report, &report->exporters[e]);
        for (size_t i = 0; i < settings->effective_count && good; i++) {
            const struct pt_effective *value = &settings->effective[i];
            if (cli_value_owner(report, value, &rest) == &report->exporters[e]) {
                good = add(report, value->name, value->value, value->place);
            }
        }
    }
    return good;
}

bool cli_value_is_default(const struct pt_effective *value)
{
    return strcmp(value->place.source, "default") == 0;
}
