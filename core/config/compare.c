/* SPDX-License-Identifier: MIT */
#include "core/config/compare.h"

#include "core/base/text.h"
#include "core/config/tree.h"

static bool nodes_equal(const struct pt_node *a, const struct pt_node *b);

static bool maps_equal(const struct pt_node *a, const struct pt_node *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct pt_node *other = pt_node_get(b, a->entries[i].key.data);
        if (!other || !nodes_equal(a->entries[i].value, other)) {
            return false;
        }
    }
    return true;
}

static bool lists_equal(const struct pt_node *a, const struct pt_node *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!nodes_equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

/* Depth is bounded where the file is parsed. */
static bool nodes_equal(const struct pt_node *a, const struct pt_node *b)
{
    if (a->kind != b->kind || a->count != b->count) {
        return false;
    }
    switch (a->kind) {
    case PT_NODE_SCALAR:
        return a->quoted == b->quoted && pt_str_equal(a->text, b->text);
    case PT_NODE_LIST:
        return lists_equal(a, b);
    case PT_NODE_MAP:
        return maps_equal(a, b);
    default:
        return true;
    }
}

static bool retries_equal(const struct pt_retry *a, const struct pt_retry *b)
{
    return a->enabled == b->enabled && a->initial_interval_ns == b->initial_interval_ns &&
           a->max_interval_ns == b->max_interval_ns &&
           a->max_elapsed_time_ns == b->max_elapsed_time_ns && a->multiplier == b->multiplier &&
           a->randomization_factor == b->randomization_factor;
}

static bool batchings_equal(const struct pt_batching *a, const struct pt_batching *b)
{
    return a->schedule_delay_ns == b->schedule_delay_ns &&
           a->max_export_batch_size == b->max_export_batch_size && a->max_bytes == b->max_bytes;
}

bool pt_exporters_equal(const struct pt_exporter_settings *a, const struct pt_exporter_settings *b)
{
    return pt_str_equal(a->name, b->name) && pt_str_equal(a->plugin, b->plugin) &&
           pt_str_equal(a->plugin_path, b->plugin_path) && a->timeout_ns == b->timeout_ns &&
           a->num_consumers == b->num_consumers && retries_equal(&a->retry, &b->retry) &&
           batchings_equal(&a->batching, &b->batching) && nodes_equal(a->section, b->section);
}

static bool has_entry(const struct pt_settings *settings, const struct pt_resource_entry *wanted)
{
    for (size_t i = 0; i < settings->resource_count; i++) {
        const struct pt_resource_entry *entry = &settings->resource[i];
        if (pt_str_equal(entry->key, wanted->key)) {
            return entry->from_code == wanted->from_code &&
                   pt_str_equal(entry->value.as.text, wanted->value.as.text);
        }
    }
    return false;
}

bool pt_resources_equal(const struct pt_settings *a, const struct pt_settings *b)
{
    bool equal = a->resource_count == b->resource_count && a->detect_host == b->detect_host &&
                 a->detect_process == b->detect_process;
    for (size_t i = 0; equal && i < a->resource_count; i++) {
        equal = has_entry(b, &a->resource[i]);
    }
    return equal;
}

bool pt_storages_equal(const struct pt_storage *a, const struct pt_storage *b)
{
    return pt_str_equal(patter_text(a->directory), patter_text(b->directory)) &&
           a->max_size == b->max_size && a->max_age_ns == b->max_age_ns &&
           a->read_rate == b->read_rate;
}
