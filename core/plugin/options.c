/* SPDX-License-Identifier: MIT */
#include "core/plugin/options.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/schema.h"

const char *const pt_host_option_names[] = { "timeout",  "retry_on_failure", "sending_queue",
                                             "optional", "plugin",           NULL };

static struct pt_schema schema_of(const struct patter_exporter *exporter, const char *name)
{
    return (struct pt_schema){
        .name = name,
        .options = exporter->options,
        .option_count = exporter->option_count,
        .option_size = exporter->option_size,
        .others = pt_host_option_names,
    };
}

bool pt_options_read(const struct patter_exporter *exporter, const char *name,
                     const struct pt_node *section, struct pt_tree *tree,
                     struct patter_value *values, struct pt_problems *problems)
{
    struct pt_text title = { 0 };
    pt_text_add(&title, "exporter %s", name);
    struct pt_schema schema = schema_of(exporter, pt_text_get(&title));
    bool ok = pt_schema_read(&schema, section, tree, values, problems);
    pt_text_clean(&title);
    return ok;
}

const struct patter_option *pt_option_at(const struct patter_exporter *exporter, size_t index)
{
    struct pt_schema schema = schema_of(exporter, exporter->name);
    return pt_schema_option(&schema, index);
}

/* The value of `key` in a map; `node` itself where there is none. */
static const struct pt_node *child(const struct pt_node *node, struct patter_str key)
{
    for (size_t i = 0; node->kind == PT_NODE_MAP && i < node->count; i++) {
        if (pt_str_equal(node->entries[i].key, key)) {
            return node->entries[i].value;
        }
    }
    return node;
}

struct pt_place pt_option_place(const struct pt_node *section, const char *name)
{
    const struct pt_node *node = section;
    while (*name) {
        struct patter_str key = { name, strcspn(name, ".") };
        const struct pt_node *next = child(node, key);
        if (next == node) {
            break;
        }
        node = next;
        name += key.len + (name[key.len] == '.');
    }
    return node->place;
}
