/* SPDX-License-Identifier: MIT */
#include "cli/values.h"

#include <ctype.h>
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

/* The length of "http://", 0 where there is none. */
static size_t scheme_len(const char *text)
{
    size_t len = 0;
    while (isalnum((unsigned char)text[len]) || (text[len] && strchr("+-.", text[len]))) {
        len++;
    }
    return len > 0 && strncmp(text + len, "://", 3) == 0 ? len + 3 : 0;
}

/* "user:password": what follows the colon is neither a port nor a path. */
static bool has_password(const char *text)
{
    const char *host = text[0] == '[' ? text + strcspn(text, "]") : text;
    const char *colon = strchr(host, ':');
    const char *end = colon ? colon + 1 + strspn(colon + 1, "0123456789") : NULL;
    return colon && !strchr("/?#", *end);
}

/* The node's text; of a URL, neither "user:password@" nor the query, which may hold a token. A
 * password with a `/`, `?` or `#` is a mistake, and is not shown either. */
static void add_scalar(struct pt_text *out, struct patter_str text, bool is_refused)
{
    size_t begin = scheme_len(text.data);
    const char *host = text.data + begin;
    const char *at = strrchr(host, '@');
    size_t query = strcspn(host, "?#");
    if (strchr("/.", text.data[0]) || (begin == 0 && !at && !is_refused)) {
        pt_text_add_str(out, text); /* a path, or no URL */
        return;
    }
    pt_text_add_str(out, pt_str_slice(text, 0, begin));
    if ((at && host + query < at) || (!at && is_refused && has_password(host))) {
        pt_text_add(out, "%s", masked);
        return;
    }
    if (at) {
        pt_text_add(out, "%s", masked);
        host = at;
        query = strcspn(host, "?#");
    }
    pt_text_add(out, "%.*s%s%s", (int)query, host, host[query] ? "?" : "",
                host[query] ? masked : "");
}

/* Of a name that is none, nothing: the value may stand in it. */
static void add_key(struct pt_text *out, struct patter_str key)
{
    pt_text_add_str(out, pt_key_show(key));
    pt_text_add(out, ": ");
}

static void add_node(struct pt_text *out, const struct pt_node *node, bool is_refused)
{
    for (size_t i = 0; i < node->count; i++) {
        pt_text_add(out, "%s", i == 0 ? "" : ", ");
        if (node->kind == PT_NODE_MAP) {
            add_key(out, node->entries[i].key);
            add_node(out, node->entries[i].value, is_refused);
        } else {
            add_node(out, node->items[i], is_refused);
        }
    }
    if (node->kind == PT_NODE_SCALAR) {
        add_scalar(out, node->text, is_refused);
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
        pt_text_add(out, "%s", i == 0 ? "" : ", ");
        add_key(out, node->entries[i].key);
        pt_text_add(out, "%s", masked);
    }
}

/* As the core gives it: an exporter's, or one that looks like a URL, may be in the wrong place. */
static bool add_effective(struct cli_report *report, const struct pt_effective *value,
                          bool is_exporters)
{
    const char *text = value->value;
    struct pt_text shown = { 0 };
    if (is_exporters || strstr(text, "://")) {
        add_scalar(&shown, patter_text(text), false);
        text = keep(report, &shown);
        pt_text_clean(&shown);
    }
    return add(report, value->name, text, value->place);
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
            add_node(&value, node, !exporter->instance);
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
            good = add_effective(report, value, false);
        }
    }
    for (size_t e = 0; e < report->exporter_count && good; e++) {
        good = add_exporter(report, &report->exporters[e]);
        for (size_t i = 0; i < settings->effective_count && good; i++) {
            const struct pt_effective *value = &settings->effective[i];
            if (cli_value_owner(report, value, &rest) == &report->exporters[e]) {
                good = add_effective(report, value, true);
            }
        }
    }
    return good;
}

bool cli_value_is_default(const struct pt_effective *value)
{
    return strcmp(value->place.source, "default") == 0;
}
