/* SPDX-License-Identifier: MIT */
#include "core/config/resource.h"

#include <errno.h>

#include "core/base/text.h"
#include "core/config/environment.h"
#include "core/config/pairs.h"
#include "core/config/value.h"

enum { KEY_MAX = 128 };

static const char service_name_key[] = "service.name";

static struct pt_place place_in_code(void)
{
    return (struct pt_place){ "patter_init_tracing", 0, 0 };
}

/* The first who gives a key wins. */
static void add(struct pt_reader *reader, struct patter_str key, struct patter_str value,
                bool from_code, struct pt_place place)
{
    struct pt_settings *settings = reader->settings;
    if (key.len == 0 || value.len == 0) {
        return;
    }
    for (size_t i = 0; i < settings->resource_count; i++) {
        if (pt_str_equal(settings->resource[i].key, key)) {
            return;
        }
    }
    struct pt_resource_entry *entries =
        pt_reader_grow(reader, settings->resource, settings->resource_count, sizeof(*entries));
    if (!entries) {
        return;
    }
    struct pt_resource_entry *entry = &entries[settings->resource_count];
    *entry = (struct pt_resource_entry){
        .key = pt_arena_copy(&reader->tree->arena, key),
        .value = { .type = PATTER_TEXT, .as.text = pt_arena_copy(&reader->tree->arena, value) },
        .from_code = from_code,
        .place = place,
    };
    if (!entry->key.data || !entry->value.as.text.data) {
        reader->no_memory = true;
        return;
    }
    settings->resource = entries;
    settings->resource_count++;
}

/* What the code gives must pass the filter first: it is not shown. */
static void show(struct pt_reader *reader, const struct pt_node *service_name)
{
    const struct pt_settings *settings = reader->settings;
    for (size_t i = 0; i < settings->resource_count; i++) {
        const struct pt_resource_entry *entry = &settings->resource[i];
        bool is_service_name = pt_str_is(entry->key, service_name_key);
        if (is_service_name && !pt_node_is_unset(service_name)) {
            continue; /* shown where `service: {name}` was read */
        }
        pt_reader_add_effective(
            reader,
            pt_reader_format(reader, "%s%s", is_service_name ? "" : "resource.", entry->key.data),
            entry->from_code ? "(given in code)" : entry->value.as.text.data, entry->place);
    }
}

static void add_from_entry(struct pt_reader *reader, const struct pt_entry *entry)
{
    const struct pt_node *value = entry->value;
    if (entry->key.len > KEY_MAX) {
        pt_problem_add(reader->problems, entry->key_place, PATTER_LOG_ERROR,
                       "a key of `resource` is longer than %d bytes; shorten it", KEY_MAX);
        return;
    }
    if (value->kind == PT_NODE_MAP && value->count > 0) {
        pt_problem_add(reader->problems, entry->key_place, PATTER_LOG_ERROR,
                       "keys of `resource` do not nest; write `" PT_STR_FMT "." PT_STR_FMT
                       ": ...` in one line",
                       PT_STR_ARG(entry->key), PT_STR_ARG(value->entries[0].key));
        return;
    }
    if (value->kind == PT_NODE_LIST || value->kind == PT_NODE_MAP) {
        pt_problem_add(reader->problems, value->place, PATTER_LOG_ERROR,
                       "`" PT_STR_FMT "` must be a text; found %s", PT_STR_ARG(entry->key),
                       pt_node_kind_name(value));
        return;
    }
    add(reader, entry->key, value->text, false, value->place);
}

static void add_from_file(struct pt_reader *reader, const struct pt_node *service_name)
{
    const struct pt_node *map = pt_node_get(reader->root, "resource");
    const struct pt_node *other = pt_node_get(map, service_name_key);
    if (!pt_node_is_unset(service_name) && service_name->kind == PT_NODE_SCALAR) {
        add(reader, patter_text(service_name_key), service_name->text, false, service_name->place);
        if (!pt_node_is_unset(other)) {
            pt_problem_add(reader->problems, other->place, PATTER_LOG_WARNING,
                           "`service: {name}` in line %u wins over this `service.name`; remove one "
                           "of them",
                           service_name->place.line);
        }
    }
    if (map && map->kind != PT_NODE_MAP && map->kind != PT_NODE_NULL) {
        struct pt_text found = { 0 };
        pt_value_show(map, &found);
        pt_problem_add(reader->problems, map->place, PATTER_LOG_ERROR,
                       "`resource` must be a map of attributes; found %s", pt_text_get(&found));
        pt_text_clean(&found);
        return;
    }
    for (size_t i = 0; map && i < map->count; i++) {
        add_from_entry(reader, &map->entries[i]);
    }
}

static void add_from_code(struct pt_reader *reader)
{
    const struct patter_init_options *options = &reader->options;
    add(reader, patter_text(service_name_key), patter_text(options->service_name), true,
        place_in_code());
    for (size_t i = 0; options->resource_attributes && i < options->resource_attribute_count; i++) {
        const struct patter_resource_attribute *attribute = &options->resource_attributes[i];
        add(reader, patter_text(attribute->key), patter_text(attribute->value), true,
            place_in_code());
    }
}

/* One entry that cannot be decoded discards them all, as the specification wants. */
static void add_from_environment(struct pt_reader *reader)
{
    static const char name[] = "OTEL_RESOURCE_ATTRIBUTES";
    struct pt_place place = pt_reader_variable(reader, name);
    size_t count = 0;
    add(reader, patter_text(service_name_key), patter_text(pt_environment_get("OTEL_SERVICE_NAME")),
        false, pt_reader_variable(reader, "OTEL_SERVICE_NAME"));

    struct pt_pair *pairs =
        pt_pairs_parse(reader->tree, patter_text(pt_environment_get(name)), &count);
    if (!pairs) {
        reader->no_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *fault = pairs[i].key.len > KEY_MAX ? "its name is too long" : pairs[i].fault;
        if (fault) {
            pt_problem_add(reader->problems, place, PATTER_LOG_WARNING,
                           "entry %zu is wrong: %s; none of the %zu entries is used", i + 1, fault,
                           count);
            return;
        }
    }
    for (size_t i = 0; i < count; i++) {
        add(reader, pairs[i].key, pairs[i].value, false, place);
    }
}

static void read_detectors(struct pt_reader *reader, const struct pt_node *detectors)
{
    static const char *const words[] = { "host", "process" };
    bool *const flags[] = { &reader->settings->detect_host, &reader->settings->detect_process };
    size_t count = 1;
    if (pt_node_is_unset(detectors) || detectors->kind == PT_NODE_MAP) {
        return;
    }
    if (detectors->kind == PT_NODE_LIST) {
        count = detectors->count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct pt_node *item =
            detectors->kind == PT_NODE_LIST ? detectors->items[i] : detectors;
        bool known = false;
        for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
            bool is_this = pt_str_is(item->text, words[j]);
            *flags[j] = *flags[j] || is_this;
            known = known || is_this;
        }
        if (!known) {
            struct pt_text found = { 0 };
            pt_value_show(item, &found);
            pt_problem_add(reader->problems, item->place, PATTER_LOG_ERROR,
                           "`resource_detectors` are host and process; found %s",
                           pt_text_get(&found));
            pt_text_clean(&found);
        }
    }
}

void pt_resource_read(struct pt_reader *reader, const struct pt_node *service_name,
                      const struct pt_node *detectors)
{
    add_from_file(reader, service_name);
    add_from_code(reader);
    add_from_environment(reader);
    add(reader, patter_text(service_name_key),
        patter_text(pt_reader_format(reader, "unknown_service:%s", program_invocation_short_name)),
        false, (struct pt_place){ "default", 0, 0 });
    show(reader, service_name);
    read_detectors(reader, detectors);
}
