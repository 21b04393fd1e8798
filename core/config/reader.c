/* SPDX-License-Identifier: MIT */
#include "core/config/reader.h"

#include <stdarg.h>

#include "core/base/text.h"

const char *pt_reader_format(struct pt_reader *reader, const char *format, ...)
{
    struct pt_text text = { 0 };
    va_list args;
    va_start(args, format);
    pt_text_add_va(&text, format, args);
    va_end(args);
    struct patter_str copy = pt_arena_copy(&reader->tree->arena, patter_text(pt_text_get(&text)));
    reader->no_memory = reader->no_memory || text.truncated || !copy.data;
    pt_text_clean(&text);
    return copy.data ? copy.data : "";
}

void *pt_reader_grow(struct pt_reader *reader, const void *items, size_t count, size_t item_size)
{
    void *grown = pt_tree_grow(reader->tree, (void *)items, count, item_size);
    reader->no_memory = reader->no_memory || !grown;
    return grown;
}

struct pt_place pt_reader_variable(struct pt_reader *reader, const char *name)
{
    return (struct pt_place){ pt_reader_format(reader, "environment variable %s", name), 0, 0 };
}

void pt_reader_add_effective(struct pt_reader *reader, const char *name, const char *value,
                             struct pt_place place)
{
    struct pt_settings *settings = reader->settings;
    struct pt_effective *effective =
        pt_reader_grow(reader, settings->effective, settings->effective_count, sizeof(*effective));
    if (effective) {
        effective[settings->effective_count++] = (struct pt_effective){ name, value, place };
        settings->effective = effective;
    }
}

static const char *value_text(struct pt_reader *reader, const struct patter_option *option,
                              const struct pt_node *node, bool is_good)
{
    if ((option->flags & PATTER_OPTION_SECRET) || (node->substituted && !is_good)) {
        return "********";
    }
    if (node->kind != PT_NODE_LIST) {
        return node->text.data;
    }
    struct pt_text text = { 0 };
    for (size_t i = 0; i < node->count; i++) {
        pt_text_add(&text, "%s%s", i == 0 ? "" : ", ", node->items[i]->text.data);
    }
    const char *copy = pt_reader_format(reader, "%s", pt_text_get(&text));
    pt_text_clean(&text);
    return copy;
}

bool pt_reader_read(struct pt_reader *reader, const struct pt_schema *schema,
                    const struct pt_node *section, const char *prefix, struct patter_value *values)
{
    static const struct pt_place from_default = { "default", 0, 0 };
    bool ok = pt_schema_read(schema, section, reader->tree, values, reader->problems);
    for (size_t i = 0; i < schema->option_count; i++) {
        const struct patter_option *option = pt_schema_option(schema, i);
        const struct pt_node *node = pt_node_find(section, option->name);
        if (option->flags & ~PATTER_OPTION_SECRET) {
            continue;
        }
        if (!pt_node_is_unset(node)) {
            pt_reader_add_effective(reader, pt_reader_format(reader, "%s%s", prefix, option->name),
                                    value_text(reader, option, node, ok), node->place);
        } else if (option->fallback) {
            pt_reader_add_effective(reader, pt_reader_format(reader, "%s%s", prefix, option->name),
                                    option->fallback, from_default);
        }
    }
    return ok;
}
