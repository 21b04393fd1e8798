/* SPDX-License-Identifier: MIT */
#include "core/config/settings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "core/config/environment.h"
#include "core/config/exporters.h"
#include "core/config/file.h"
#include "core/config/privacy.h"
#include "core/config/reader.h"
#include "core/config/resource.h"
#include "core/config/value.h"
#include "core/config/yaml.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MS  INT64_C(1000000)
#define MIB (INT64_C(1) << 20)

enum {
    SERVICE_NAME,
    RESOURCE_DETECTORS,
    SAMPLING_RATIO,
    SAMPLING_ROOT,
    SAMPLING_PARENT_BASED,
    LIMITS_ATTRIBUTE_VALUE_LENGTH,
    LIMITS_ATTRIBUTES,
    LIMITS_EVENTS,
    LIMITS_LINKS,
    BATCH_SCHEDULE_DELAY,
    BATCH_MAX_EXPORT_BATCH_SIZE,
    BATCH_MAX_BYTES,
    BUFFER_MAX_MEMORY,
    STORAGE_DIRECTORY,
    STORAGE_MAX_SIZE,
    STORAGE_MAX_AGE,
    STORAGE_READ_RATE,
    LOG_LEVEL,
    RELOAD,
    PLUGIN_PATH,
    FIRST_REFUSED
};

static const char *const roots[] = { "always_on", "always_off", "ratio", NULL };
static const char *const reloads[] = { "off", "watch", NULL };
static const char *const levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const others[] = { "resource", "privacy", "exporters", NULL };

#define REFUSED(key, words)                                                                        \
    {                                                                                              \
        .name = (key), .type = PATTER_UNSET, .flags = PATTER_OPTION_REFUSED, .help = (words)       \
    }
#define COLLECTOR "this is a collector's file; keep its `exporters:` block alone"

static const struct patter_option options[] = {
    [SERVICE_NAME] = { .name = "service.name", .type = PATTER_TEXT },
    [RESOURCE_DETECTORS] = { .name = "resource_detectors", .type = PATTER_TEXT_LIST },
    [SAMPLING_RATIO] = { .name = "sampling.ratio", .type = PATTER_DOUBLE },
    [SAMPLING_ROOT] = { .name = "sampling.root", .type = PATTER_TEXT, .choices = roots },
    [SAMPLING_PARENT_BASED] = { .name = "sampling.parent_based",
                                .type = PATTER_BOOL,
                                .fallback = "true" },
    [LIMITS_ATTRIBUTE_VALUE_LENGTH] = { .name = "limits.attribute_value_length",
                                        .type = PATTER_INT,
                                        .fallback = "128",
                                        .min = 1,
                                        .max = 4096 },
    [LIMITS_ATTRIBUTES] = { .name = "limits.attributes",
                            .type = PATTER_INT,
                            .fallback = "32",
                            .min = 1,
                            .max = 256 },
    [LIMITS_EVENTS] = { .name = "limits.events",
                        .type = PATTER_INT,
                        .fallback = "32",
                        .min = 0,
                        .max = 256 },
    [LIMITS_LINKS] = { .name = "limits.links",
                       .type = PATTER_INT,
                       .fallback = "8",
                       .min = 0,
                       .max = 256 },
    [BATCH_SCHEDULE_DELAY] = { .name = "batch.schedule_delay",
                               .type = PATTER_DURATION,
                               .fallback = "1s",
                               .min = MS,
                               .max = 3600 * 1000 * MS },
    [BATCH_MAX_EXPORT_BATCH_SIZE] = { .name = "batch.max_export_batch_size",
                                      .type = PATTER_INT,
                                      .fallback = "512",
                                      .min = 1,
                                      .max = 65536 },
    [BATCH_MAX_BYTES] = { .name = "batch.max_bytes",
                          .type = PATTER_SIZE,
                          .fallback = "3MiB",
                          .min = 65536,
                          .max = 64 * MIB },
    [BUFFER_MAX_MEMORY] = { .name = "buffer.max_memory",
                            .type = PATTER_SIZE,
                            .fallback = "64MiB",
                            .min = MIB,
                            .max = 65536 * MIB },
    [STORAGE_DIRECTORY] = { .name = "storage.directory", .type = PATTER_TEXT },
    [STORAGE_MAX_SIZE] = { .name = "storage.max_size",
                           .type = PATTER_SIZE,
                           .fallback = "256MiB",
                           .min = 4 * MIB,
                           .max = 1024 * 1024 * MIB },
    [STORAGE_MAX_AGE] = { .name = "storage.max_age",
                          .type = PATTER_DURATION,
                          .fallback = "24h",
                          .min = 0,
                          .max = 366ll * 24 * 3600 * 1000 * MS },
    [STORAGE_READ_RATE] = { .name = "storage.read_rate",
                            .type = PATTER_SIZE,
                            .fallback = "64MiB",
                            .min = 0,
                            .max = 65536 * MIB },
    [LOG_LEVEL] = { .name = "log.level",
                    .type = PATTER_TEXT,
                    .fallback = "info",
                    .choices = levels },
    [RELOAD] = { .name = "reload", .type = PATTER_TEXT, .fallback = "off", .choices = reloads },
    [PLUGIN_PATH] = { .name = "plugin_path", .type = PATTER_TEXT_LIST },
    REFUSED("receivers", COLLECTOR),
    REFUSED("processors", COLLECTOR),
    REFUSED("connectors", COLLECTOR),
    REFUSED("extensions", COLLECTOR),
    REFUSED("service.pipelines", COLLECTOR),
    REFUSED("service.extensions", COLLECTOR),
    REFUSED("service.telemetry", COLLECTOR),
    REFUSED("file_format", "this is an OpenTelemetry configuration file; patter's own keys are in "
                           "docs/configuration.md"),
};

static const struct pt_schema schema = { .name = "patter.yaml",
                                         .options = options,
                                         .option_count = COUNT(options),
                                         .option_size = sizeof(options[0]),
                                         .others = others };

static const struct pt_node *node_of(const struct pt_reader *reader, int option)
{
    return pt_node_find(reader->root, options[option].name);
}

static uint32_t index_of(const struct patter_value *value, const char *const *words)
{
    uint32_t index = 0;
    while (!pt_str_is(value->as.text, words[index])) {
        index++;
    }
    return index;
}

static void take_sampling(struct pt_reader *reader, const struct patter_value *values)
{
    struct pt_sampling *sampling = &reader->settings->sampling;
    bool has_ratio = values[SAMPLING_RATIO].type != PATTER_UNSET;
    const struct pt_node *ratio = node_of(reader, SAMPLING_RATIO);
    sampling->parent_based = values[SAMPLING_PARENT_BASED].as.boolean;
    sampling->ratio = has_ratio ? values[SAMPLING_RATIO].as.real : 1.0;
    sampling->root = has_ratio ? PT_SAMPLER_RATIO : PT_SAMPLER_ALWAYS_ON;
    if (values[SAMPLING_ROOT].type) {
        sampling->root = (enum pt_sampler_kind)index_of(&values[SAMPLING_ROOT], roots);
    }
    if (has_ratio && (sampling->ratio < 0 || sampling->ratio > 1)) {
        struct pt_text found = { 0 };
        pt_value_show(ratio, &found);
        pt_problem_add(reader->problems, ratio->place, PATTER_LOG_ERROR,
                       "`sampling.ratio` must be between 0 and 1: 0.1 traces every tenth call; "
                       "found %s",
                       pt_text_get(&found));
        pt_text_clean(&found);
    } else if (has_ratio && sampling->root != PT_SAMPLER_RATIO) {
        pt_problem_add(reader->problems, ratio->place, PATTER_LOG_WARNING,
                       "`sampling.ratio` has no effect with `root: %s`; remove one of them",
                       roots[sampling->root]);
    }
    if (!has_ratio && !values[SAMPLING_ROOT].type) {
        pt_reader_add_effective(reader, options[SAMPLING_RATIO].name, "1.0",
                                (struct pt_place){ "default", 0, 0 });
    }
}

static void take_plugin_path(struct pt_reader *reader, const struct patter_value *value)
{
    size_t count = value->type == PATTER_TEXT_LIST ? value->as.list.count : 0;
    struct stat about;
    const char **folders = pt_arena_alloc(&reader->tree->arena, (count + 1) * sizeof(*folders));
    if (!folders) {
        reader->no_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        folders[i] = value->as.list.items[i].data;
        if (folders[i][0] != '/') {
            pt_problem_add(reader->problems, node_of(reader, PLUGIN_PATH)->place, PATTER_LOG_ERROR,
                           "`plugin_path` takes absolute folders, as in /opt/acme/exporters");
        } else if (stat(folders[i], &about) != 0 || !S_ISDIR(about.st_mode)) {
            pt_problem_add(reader->problems, node_of(reader, PLUGIN_PATH)->place,
                           PATTER_LOG_WARNING,
                           "`plugin_path` names %s, and there is no such folder; correct it, or "
                           "remove it",
                           folders[i]);
        }
    }
    reader->settings->plugin_path = folders;
}

/* Batches under way pin whole segments, and rings must have room beside them: with 4 MiB a burst
 * after an outage found none in half of the trials. */
enum { STORED_MEMORY_MIN = 8 * MIB };

static void take_storage(struct pt_reader *reader, const struct patter_value *values)
{
    const struct pt_node *section = pt_node_find(reader->root, "storage");
    const struct pt_node *directory = node_of(reader, STORAGE_DIRECTORY);
    bool is_named = values[STORAGE_DIRECTORY].type != PATTER_UNSET;
    if (!is_named && section && section->kind == PT_NODE_MAP && !reader->incomplete) {
        pt_problem_add(reader->problems, section->place, PATTER_LOG_ERROR,
                       "`storage` needs a `directory`, as in /var/lib/patter");
    } else if (is_named && values[STORAGE_DIRECTORY].as.text.data[0] != '/') {
        pt_problem_add(reader->problems, directory->place, PATTER_LOG_ERROR,
                       "`storage.directory` takes an absolute path, as in /var/lib/patter");
    }
    const struct pt_node *memory = node_of(reader, BUFFER_MAX_MEMORY);
    if (is_named && reader->settings->max_memory < STORED_MEMORY_MIN) {
        pt_problem_add(reader->problems, memory ? memory->place : directory->place,
                       PATTER_LOG_WARNING,
                       "`buffer.max_memory`: spans on their way to and from `storage` need 8MiB; "
                       "8MiB are taken");
        reader->settings->max_memory = STORED_MEMORY_MIN;
    }
    reader->settings->storage = (struct pt_storage){
        .directory = is_named ? values[STORAGE_DIRECTORY].as.text.data : NULL,
        .max_size = (uint64_t)values[STORAGE_MAX_SIZE].as.size_bytes,
        .max_age_ns = (uint64_t)values[STORAGE_MAX_AGE].as.duration_ns,
        .read_rate = (uint64_t)values[STORAGE_READ_RATE].as.size_bytes,
        .place = directory ? directory->place : (struct pt_place){ "default", 0, 0 },
    };
}

static void take_values(struct pt_reader *reader, const struct patter_value *values)
{
    struct pt_settings *settings = reader->settings;
    settings->limits = (struct pt_limits){
        .attribute_value_length = (uint32_t)values[LIMITS_ATTRIBUTE_VALUE_LENGTH].as.integer,
        .attributes = (uint32_t)values[LIMITS_ATTRIBUTES].as.integer,
        .events = (uint32_t)values[LIMITS_EVENTS].as.integer,
        .links = (uint32_t)values[LIMITS_LINKS].as.integer,
    };
    settings->batching = (struct pt_batching){
        .schedule_delay_ns = (uint64_t)values[BATCH_SCHEDULE_DELAY].as.duration_ns,
        .max_export_batch_size = (uint32_t)values[BATCH_MAX_EXPORT_BATCH_SIZE].as.integer,
        .max_bytes = (uint64_t)values[BATCH_MAX_BYTES].as.size_bytes,
    };
    settings->max_memory = (uint64_t)values[BUFFER_MAX_MEMORY].as.size_bytes;
    settings->log_level = PATTER_LOG_ERROR + (int32_t)index_of(&values[LOG_LEVEL], levels);
    settings->watched = pt_str_is(values[RELOAD].as.text, "watch");
    take_sampling(reader, values);
    take_storage(reader, values);
    take_plugin_path(reader, &values[PLUGIN_PATH]);
}

/* A map to read and to add to, whatever the file holds. */
static bool take_root(struct pt_reader *reader)
{
    struct pt_node *root = reader->tree->root;
    if (root->kind == PT_NODE_MAP) {
        reader->root = root;
        return true;
    }
    if (root->kind != PT_NODE_NULL) {
        struct pt_text found = { 0 };
        pt_value_show(root, &found);
        pt_problem_add(reader->problems, root->place, PATTER_LOG_ERROR,
                       "the file must be a map of keys, as in `service: {name: front-desk}`; found "
                       "%s",
                       pt_text_get(&found));
        pt_text_clean(&found);
        reader->incomplete = true;
    }
    reader->root = pt_node_new(reader->tree, PT_NODE_MAP, root->place);
    return reader->root != NULL;
}

/* Finds and parses the file; an empty tree where there is none. */
static bool read_file(struct pt_reader *reader)
{
    struct pt_settings *settings = reader->settings;
    struct pt_file file = { 0 };
    pt_file_find(&file, reader->options.config_file, reader->options.recorder != NULL,
                 PT_YAML_BYTES, reader->problems);
    reader->tree = file.path ? pt_yaml_parse(file.path, file.bytes, file.len, reader->problems)
                             : pt_tree_new();
    settings->tree = reader->tree;
    settings->version = file.version;
    settings->is_blank = reader->tree && reader->tree->root->kind == PT_NODE_NULL;
    bool ok = reader->tree && take_root(reader);
    if (ok) {
        struct pt_candidate *candidates =
            pt_arena_alloc(&reader->tree->arena, (file.candidate_count + 1) * sizeof(*candidates));
        for (size_t i = 0; candidates && i < file.candidate_count; i++) {
            candidates[i].path = pt_reader_format(reader, "%s", file.candidates[i].path);
            candidates[i].verdict = file.candidates[i].verdict;
            if (file.candidates[i].path == file.path) {
                settings->file = candidates[i].path;
            }
        }
        settings->candidates = candidates;
        settings->candidate_count = candidates ? file.candidate_count : 0;
        reader->incomplete = reader->incomplete || file.failed || reader->tree->broken;
        ok = candidates != NULL;
    }
    pt_file_clean(&file);
    return ok;
}

/* What the program was compiled with may be shorter than what is known here. */
static void take_options(struct pt_reader *reader, const struct patter_init_options *given)
{
    size_t size = given ? given->struct_size : 0;
    if (given && size == 0) {
        pt_problem_add(reader->problems, (struct pt_place){ "patter_init_tracing", 0, 0 },
                       PATTER_LOG_ERROR,
                       "struct_size is 0, so no option is read; set it to sizeof(struct "
                       "patter_init_options)");
    }
    if (size > sizeof(reader->options)) {
        size = sizeof(reader->options);
    }
    if (size > 0) {
        memcpy(&reader->options, given, size);
    }
}

struct pt_settings *pt_settings_read(const struct patter_init_options *given,
                                     struct pt_problems *problems)
{
    struct patter_value values[COUNT(options)];
    struct pt_settings *settings = calloc(1, sizeof(*settings));
    struct pt_reader reader = { .settings = settings, .problems = problems };
    if (!settings) {
        return NULL;
    }
    pt_settings_share(settings);
    take_options(&reader, given);
    if (!read_file(&reader)) {
        goto failed;
    }
    settings->disabled = pt_environment_is_disabled(&reader);
    pt_environment_fill(&reader, &schema);
    pt_reader_read(&reader, &schema, reader.root, "", values);
    take_values(&reader, values);
    pt_resource_read(&reader, node_of(&reader, SERVICE_NAME), node_of(&reader, RESOURCE_DETECTORS));
    pt_privacy_read(&reader);
    pt_exporters_read(&reader);
    if (reader.no_memory) {
        goto failed;
    }
    pt_problems_sort(problems);
    return settings;

failed:
    pt_settings_destroy(settings);
    return NULL;
}

void pt_settings_destroy(struct pt_settings *settings)
{
    if (settings && atomic_fetch_sub_explicit(&settings->users, 1, memory_order_acq_rel) == 1) {
        pt_tree_destroy(settings->tree);
        free(settings);
    }
}

struct pt_settings *pt_settings_share(struct pt_settings *settings)
{
    atomic_fetch_add_explicit(&settings->users, 1, memory_order_relaxed);
    return settings;
}
