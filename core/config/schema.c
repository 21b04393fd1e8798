/* SPDX-License-Identifier: MIT */
#include "core/config/schema.h"

#include "core/base/text.h"
#include "core/config/value.h"

enum { WITHOUT_EFFECT = PATTER_OPTION_WARNED | PATTER_OPTION_PASSED | PATTER_OPTION_REFUSED };

struct reading {
    const struct pt_schema *schema;
    struct pt_tree *tree;
    struct patter_value *values;
    struct pt_problems *problems;
    bool ok;
};

const struct patter_option *pt_schema_option(const struct pt_schema *schema, size_t index)
{
    return (const struct patter_option *)(const void *)((const char *)schema->options +
                                                        index * schema->option_size);
}

static void fail(struct reading *reading)
{
    reading->ok = false;
}

/* `path` with a dot, before a name within it; "" at the top. */
static bool is_within(const char *name, struct patter_str path)
{
    return path.len == 0 || (strncmp(name, path.data, path.len) == 0 && name[path.len] == '.');
}

/* What follows `path` in `name`, which is within it. */
static const char *below(const char *name, struct patter_str path)
{
    return path.len == 0 ? name : name + path.len + 1;
}

static bool is_other(const struct pt_schema *schema, struct patter_str key)
{
    for (size_t i = 0; schema->others && schema->others[i]; i++) {
        if (pt_str_is(key, schema->others[i])) {
            return true;
        }
    }
    return false;
}

/* The keys of the map at `path`, each once, NULL-ended; NULL when memory is short. */
static const char **list_keys(const struct reading *reading, struct patter_str path,
                              size_t *ret_count)
{
    const struct pt_schema *schema = reading->schema;
    size_t other_count = 0;
    while (schema->others && schema->others[other_count]) {
        other_count++;
    }
    const char **keys = pt_arena_alloc(&reading->tree->arena,
                                       (schema->option_count + other_count + 1) * sizeof(*keys));
    size_t count = 0;
    for (size_t i = 0; keys && i < schema->option_count; i++) {
        const struct patter_option *option = pt_schema_option(schema, i);
        if (!is_within(option->name, path) || (option->flags & WITHOUT_EFFECT)) {
            continue;
        }
        const char *name = below(option->name, path);
        struct patter_str key = { name, strcspn(name, ".") };
        bool is_new = count == 0 || !pt_str_is(key, keys[count - 1]);
        const char *copy = is_new ? pt_arena_copy(&reading->tree->arena, key).data : NULL;
        if (copy) {
            keys[count++] = copy;
        }
    }
    for (size_t i = 0; keys && path.len == 0 && i < other_count; i++) {
        keys[count++] = schema->others[i];
    }
    *ret_count = keys ? count : 0;
    return keys;
}

/* The option whose last key is `key`, somewhere else in the table. */
static const struct patter_option *find_elsewhere(const struct pt_schema *schema,
                                                  struct patter_str key)
{
    for (size_t i = 0; i < schema->option_count; i++) {
        const struct patter_option *option = pt_schema_option(schema, i);
        const char *dot = strrchr(option->name, '.');
        if (pt_str_is(key, dot ? dot + 1 : option->name) && !(option->flags & WITHOUT_EFFECT)) {
            return option;
        }
    }
    return NULL;
}

static void add_unknown(struct reading *reading, const struct pt_entry *entry,
                        struct patter_str path)
{
    struct pt_text text = { 0 };
    size_t count = 0;
    const char **keys = list_keys(reading, path, &count);
    const char *nearest = pt_nearest(entry->key, keys, count);
    const struct patter_option *elsewhere = find_elsewhere(reading->schema, entry->key);
    pt_text_add(&text, "`" PT_STR_FMT "` is no key of ", PT_STR_ARG(pt_key_show(entry->key)));
    if (path.len > 0) {
        pt_text_add(&text, "`" PT_STR_FMT "` in ", PT_STR_ARG(pt_key_show(path)));
    }
    pt_text_add(&text, "%s; ", reading->schema->name);
    if (nearest) {
        pt_text_add(&text, "did you mean `%s`?", nearest);
    } else if (elsewhere) {
        const char *dot = strrchr(elsewhere->name, '.');
        if (dot) {
            pt_text_add(&text, "it belongs into `%.*s:`", (int)(dot - elsewhere->name),
                        elsewhere->name);
        } else {
            pt_text_add(&text, "it belongs further out, directly into %s", reading->schema->name);
        }
    } else {
        pt_text_add(&text, "its keys are ");
        for (size_t i = 0; i < count; i++) {
            pt_text_add(&text, "%s%s", i == 0 ? "" : ", ", keys[i]);
        }
    }
    pt_problem_add(reading->problems, entry->key_place, PATTER_LOG_ERROR, "%s", pt_text_get(&text));
    pt_text_clean(&text);
    fail(reading);
}

static void read_option(struct reading *reading, size_t index, const struct pt_entry *entry)
{
    const struct patter_option *option = pt_schema_option(reading->schema, index);
    if (option->flags & PATTER_OPTION_REFUSED) {
        pt_problem_add(reading->problems, entry->key_place, PATTER_LOG_ERROR, "`%s`: %s",
                       option->name, option->help);
        fail(reading);
    } else if (option->flags & PATTER_OPTION_WARNED) {
        pt_problem_add(reading->problems, entry->key_place, PATTER_LOG_WARNING,
                       "`%s` has no effect: %s", option->name, option->help);
    } else if (!(option->flags & PATTER_OPTION_PASSED) && !pt_node_is_unset(entry->value) &&
               !pt_value_read(option, option->name, entry->value, reading->tree, PATTER_LOG_ERROR,
                              reading->problems, &reading->values[index])) {
        fail(reading);
    }
}

static void read_map(struct reading *reading, const struct pt_node *map, struct patter_str path);

static void read_entry(struct reading *reading, const struct pt_entry *entry,
                       struct patter_str path)
{
    const struct pt_schema *schema = reading->schema;
    struct pt_text name = { 0 };
    bool is_known = path.len == 0 && is_other(schema, entry->key);
    if (path.len > 0) {
        pt_text_add(&name, PT_STR_FMT ".", PT_STR_ARG(path));
    }
    pt_text_add_str(&name, entry->key);
    for (size_t i = 0; i < schema->option_count && !is_known; i++) {
        const struct patter_option *option = pt_schema_option(schema, i);
        if (strcmp(option->name, pt_text_get(&name)) == 0) {
            read_option(reading, i, entry);
            is_known = true;
        } else if (is_within(option->name, (struct patter_str){ name.data, name.len })) {
            read_map(reading, entry->value, (struct patter_str){ name.data, name.len });
            is_known = true;
        }
    }
    if (!is_known && !(schema->is_open && path.len == 0)) {
        add_unknown(reading, entry, path);
    }
    pt_text_clean(&name);
}

static void read_map(struct reading *reading, const struct pt_node *map, struct patter_str path)
{
    if (!map || map->kind == PT_NODE_NULL) {
        return;
    }
    if (map->kind != PT_NODE_MAP) {
        struct patter_str name =
            path.len > 0 ? pt_key_show(path) : patter_text(reading->schema->name);
        struct pt_text found = { 0 };
        pt_value_show(map, &found);
        pt_problem_add(reading->problems, map->place, PATTER_LOG_ERROR,
                       "`" PT_STR_FMT "` must be a map of keys to values; found %s",
                       PT_STR_ARG(name), pt_text_get(&found));
        pt_text_clean(&found);
        fail(reading);
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        read_entry(reading, &map->entries[i], path);
    }
}

bool pt_schema_read(const struct pt_schema *schema, const struct pt_node *section,
                    struct pt_tree *tree, struct patter_value *values, struct pt_problems *problems)
{
    struct reading reading = { schema, tree, values, problems, true };
    for (size_t i = 0; i < schema->option_count; i++) {
        reading.ok =
            pt_value_read_default(pt_schema_option(schema, i), tree, &values[i]) && reading.ok;
    }
    read_map(&reading, section, (struct patter_str){ "", 0 });
    for (size_t i = 0; i < schema->option_count; i++) {
        const struct patter_option *option = pt_schema_option(schema, i);
        if ((option->flags & PATTER_OPTION_REQUIRED) &&
            pt_node_is_unset(pt_node_find(section, option->name))) {
            pt_problem_add(problems, section ? section->place : (struct pt_place){ 0 },
                           PATTER_LOG_ERROR, "`%s` is missing in %s; add it: %s", option->name,
                           schema->name, option->help);
            fail(&reading);
        }
    }
    return reading.ok;
}
