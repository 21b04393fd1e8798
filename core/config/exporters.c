/* SPDX-License-Identifier: MIT */
#include "core/config/exporters.h"

#include <stdlib.h>

#include "core/base/text.h"
#include "core/config/environment.h"
#include "core/config/otlp_environment.h"
#include "core/config/substitute.h"
#include "core/config/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NAME_MAX_LEN = 63, CONSUMERS_MAX = 64 };

#define MS   INT64_C(1000000)
#define HOUR (3600 * 1000 * MS)

enum {
    TIMEOUT,
    OPTIONAL,
    PLUGIN,
    RETRY_ENABLED,
    RETRY_INITIAL_INTERVAL,
    RETRY_MAX_INTERVAL,
    RETRY_MAX_ELAPSED_TIME,
    RETRY_MULTIPLIER,
    RETRY_RANDOMIZATION_FACTOR,
    QUEUE_ENABLED,
    QUEUE_NUM_CONSUMERS,
    QUEUE_FLUSH_TIMEOUT,
    QUEUE_MIN_SIZE,
    QUEUE_MAX_SIZE,
    QUEUE_SIZER,
    FIRST_WITHOUT_VALUE
};

static const char *const sizers[] = { "items", "bytes", NULL };

#define WITHOUT_EFFECT(key, words)                                                                 \
    {                                                                                              \
        .name = (key), .type = PATTER_UNSET, .flags = PATTER_OPTION_WARNED, .help = (words)        \
    }

/* The vocabulary and the defaults are the OpenTelemetry Collector's (exporterhelper). */
static const struct patter_option host_options[] = {
    [TIMEOUT] = { .name = "timeout", .type = PATTER_DURATION, .fallback = "10s", .max = 24 * HOUR },
    [OPTIONAL] = { .name = "optional", .type = PATTER_BOOL, .fallback = "false" },
    [PLUGIN] = { .name = "plugin", .type = PATTER_TEXT },
    [RETRY_ENABLED] = { .name = "retry_on_failure.enabled",
                        .type = PATTER_BOOL,
                        .fallback = "true" },
    [RETRY_INITIAL_INTERVAL] = { .name = "retry_on_failure.initial_interval",
                                 .type = PATTER_DURATION,
                                 .fallback = "5s",
                                 .min = MS,
                                 .max = HOUR },
    [RETRY_MAX_INTERVAL] = { .name = "retry_on_failure.max_interval",
                             .type = PATTER_DURATION,
                             .fallback = "30s",
                             .min = MS,
                             .max = HOUR },
    [RETRY_MAX_ELAPSED_TIME] = { .name = "retry_on_failure.max_elapsed_time",
                                 .type = PATTER_DURATION,
                                 .fallback = "300s" },
    [RETRY_MULTIPLIER] = { .name = "retry_on_failure.multiplier",
                           .type = PATTER_DOUBLE,
                           .fallback = "1.5" },
    [RETRY_RANDOMIZATION_FACTOR] = { .name = "retry_on_failure.randomization_factor",
                                     .type = PATTER_DOUBLE,
                                     .fallback = "0.5" },
    [QUEUE_ENABLED] = { .name = "sending_queue.enabled", .type = PATTER_BOOL },
    [QUEUE_NUM_CONSUMERS] = { .name = "sending_queue.num_consumers",
                              .type = PATTER_INT,
                              .fallback = "4",
                              .min = 1,
                              .max = INT32_MAX },
    [QUEUE_FLUSH_TIMEOUT] = { .name = "sending_queue.batch.flush_timeout",
                              .type = PATTER_DURATION,
                              .min = MS,
                              .max = HOUR },
    [QUEUE_MIN_SIZE] = { .name = "sending_queue.batch.min_size",
                         .type = PATTER_INT,
                         .max = UINT32_MAX },
    [QUEUE_MAX_SIZE] = { .name = "sending_queue.batch.max_size",
                         .type = PATTER_INT,
                         .max = UINT32_MAX },
    [QUEUE_SIZER] = { .name = "sending_queue.batch.sizer", .type = PATTER_TEXT, .choices = sizers },
    WITHOUT_EFFECT("sending_queue.batch.partition", "a batch holds spans of this process alone"),
    WITHOUT_EFFECT("sending_queue.queue_size", "what waits is bounded by `buffer: {max_memory}`"),
    WITHOUT_EFFECT("sending_queue.sizer", "what waits is bounded by `buffer: {max_memory}`"),
    WITHOUT_EFFECT("sending_queue.block_on_overflow", "a bot is never made to wait"),
    WITHOUT_EFFECT("sending_queue.wait_for_result", "a bot is never made to wait"),
    { .name = "sending_queue.storage",
      .type = PATTER_UNSET,
      .flags = PATTER_OPTION_REFUSED,
      .help = "what waits is kept in files where the top of patter.yaml says `storage: {directory: "
              "/var/lib/patter}`; remove this key" },
};

static const char *const aliases[][2] = {
    { "otlphttp", "otlp-http" },
    { "otlp", "otlp-grpc" },
    { "debug", "stdout" },
    { "console", "stdout" },
};

/* "otlp_http/tempo" -> "otlp-http"; "" and a problem where the name is none. */
static struct patter_str canonical_plugin(struct pt_reader *reader, struct patter_str name,
                                          struct pt_place place)
{
    const char *slash = memchr(name.data, '/', name.len);
    size_t len = slash ? (size_t)(slash - name.data) : name.len;
    char *plugin = pt_arena_alloc(&reader->tree->arena, len + 1);
    bool ok = plugin && len > 0 && name.len <= NAME_MAX_LEN && (!slash || len + 1 < name.len);
    for (size_t i = 0; ok && i < name.len; i++) {
        char c = name.data[i] == '_' ? '-' : name.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        ok = i < len ? is_plain : c > ' ' && c < 0x7f;
        if (ok && i < len) {
            plugin[i] = c;
        }
    }
    if (!ok) {
        bool is_url = memchr(name.data, '@', name.len); /* and that stands after a password */
        struct patter_str shown = is_url ? patter_text("...") : pt_str_slice(name, 0, 80);
        pt_problem_add(reader->problems, place, PATTER_LOG_ERROR,
                       "`" PT_STR_FMT "` is no exporter's name; write `plugin` or "
                       "`plugin/instance`, as in otlp-http or otlp-http/tempo: small letters, "
                       "digits and `-` before the `/`, %d characters without blanks in all",
                       (int)shown.len, shown.data, NAME_MAX_LEN);
        return (struct patter_str){ NULL, 0 };
    }
    for (size_t i = 0; i < COUNT(aliases); i++) {
        if (strcmp(plugin, aliases[i][0]) == 0) {
            return patter_text(aliases[i][1]);
        }
    }
    return (struct patter_str){ plugin, len };
}

static const struct pt_node *node_of(const struct pt_node *section, int option)
{
    return pt_node_find(section, host_options[option].name);
}

static void take_retry(struct pt_reader *reader, const struct pt_node *section,
                       const struct patter_value *values, struct pt_retry *retry)
{
    *retry = (struct pt_retry){
        .enabled = values[RETRY_ENABLED].as.boolean,
        .initial_interval_ns = (uint64_t)values[RETRY_INITIAL_INTERVAL].as.duration_ns,
        .max_interval_ns = (uint64_t)values[RETRY_MAX_INTERVAL].as.duration_ns,
        .max_elapsed_time_ns = (uint64_t)values[RETRY_MAX_ELAPSED_TIME].as.duration_ns,
        .multiplier = values[RETRY_MULTIPLIER].as.real,
        .randomization_factor = values[RETRY_RANDOMIZATION_FACTOR].as.real,
    };
    if (retry->multiplier < 1 || retry->multiplier > 100) {
        pt_problem_add(reader->problems, node_of(section, RETRY_MULTIPLIER)->place,
                       PATTER_LOG_ERROR, "`retry_on_failure.multiplier` must be between 1 and 100");
    }
    if (retry->randomization_factor < 0 || retry->randomization_factor > 1) {
        pt_problem_add(reader->problems, node_of(section, RETRY_RANDOMIZATION_FACTOR)->place,
                       PATTER_LOG_ERROR,
                       "`retry_on_failure.randomization_factor` must be between 0 and 1");
    }
    const struct pt_node *initial = node_of(section, RETRY_INITIAL_INTERVAL);
    if (retry->initial_interval_ns > retry->max_interval_ns) {
        if (initial && node_of(section, RETRY_MAX_INTERVAL)) {
            pt_problem_add(reader->problems, initial->place, PATTER_LOG_ERROR,
                           "`retry_on_failure.initial_interval` is longer than `max_interval`; "
                           "shorten it, or raise `max_interval`");
        }
        retry->initial_interval_ns = retry->max_interval_ns;
    }
}

/* The collector sends from min_size on and splits at max_size; here one number does both. */
static void take_batching(struct pt_reader *reader, const struct pt_node *section,
                          const struct patter_value *values, struct pt_batching *batching)
{
    int64_t min = values[QUEUE_MIN_SIZE].type ? values[QUEUE_MIN_SIZE].as.integer : 0;
    int64_t max = values[QUEUE_MAX_SIZE].type ? values[QUEUE_MAX_SIZE].as.integer : 0;
    int64_t size = min > 0 ? min : max;
    bool in_bytes = values[QUEUE_SIZER].type && pt_str_is(values[QUEUE_SIZER].as.text, "bytes");
    int64_t limit = in_bytes ? 64 << 20 : 65536;
    int64_t least = in_bytes ? 65536 : 1;
    if (values[QUEUE_FLUSH_TIMEOUT].type) {
        batching->schedule_delay_ns = (uint64_t)values[QUEUE_FLUSH_TIMEOUT].as.duration_ns;
    }
    if (max > 0 && max < min) {
        pt_problem_add(reader->problems, node_of(section, QUEUE_MAX_SIZE)->place, PATTER_LOG_ERROR,
                       "`sending_queue.batch.max_size` is less than `min_size`; raise it, or write "
                       "0 for no maximum");
        return;
    }
    if (size == 0) {
        return;
    }
    if (size > limit || size < least) {
        int64_t used = size > limit ? limit : least;
        pt_problem_add(reader->problems,
                       node_of(section, min > 0 ? QUEUE_MIN_SIZE : QUEUE_MAX_SIZE)->place,
                       PATTER_LOG_WARNING, "a batch of that size is not made; %lld is used, the %s",
                       (long long)used, size > limit ? "most" : "least");
        size = used;
    }
    if (in_bytes) {
        batching->max_bytes = (uint64_t)size;
    } else {
        batching->max_export_batch_size = (uint32_t)size;
    }
}

static void take_queue(struct pt_reader *reader, const struct pt_node *section,
                       const struct patter_value *values, struct pt_exporter_settings *exporter)
{
    int64_t consumers = values[QUEUE_NUM_CONSUMERS].as.integer;
    if (consumers > CONSUMERS_MAX) {
        pt_problem_add(reader->problems, node_of(section, QUEUE_NUM_CONSUMERS)->place,
                       PATTER_LOG_WARNING, "at most %d consumers run; %d are used", CONSUMERS_MAX,
                       CONSUMERS_MAX);
        consumers = CONSUMERS_MAX;
    }
    exporter->num_consumers = (uint32_t)consumers;
    if (values[QUEUE_ENABLED].type && !values[QUEUE_ENABLED].as.boolean) {
        pt_problem_add(reader->problems, node_of(section, QUEUE_ENABLED)->place, PATTER_LOG_WARNING,
                       "`sending_queue.enabled: false` has no effect: a bot is never made to wait "
                       "for a backend");
    }
    take_batching(reader, section, values, &exporter->batching);
}

static void take_plugin_path(struct pt_reader *reader, const struct pt_node *section,
                             const struct patter_value *values,
                             struct pt_exporter_settings *exporter)
{
    if (!values[PLUGIN].type) {
        return;
    }
    exporter->plugin_path = values[PLUGIN].as.text;
    if (exporter->plugin_path.data[0] != '/') {
        pt_problem_add(reader->problems, node_of(section, PLUGIN)->place, PATTER_LOG_ERROR,
                       "`plugin` must be an absolute path, as in /opt/acme/patter-acme.so");
    }
}

/* A collector's exporter for other signals alone; with the plugin's default endpoint it would send
 * traces where nobody asked for them. */
static bool is_for_other_signals(const struct pt_node *section)
{
    static const char *const others[] = { "metrics_endpoint", "logs_endpoint",
                                          "profiles_endpoint" };
    bool has_other = false;
    for (size_t i = 0; i < COUNT(others); i++) {
        has_other = has_other || !pt_node_is_unset(pt_node_get(section, others[i]));
    }
    return has_other && pt_node_is_unset(pt_node_get(section, "endpoint")) &&
           pt_node_is_unset(pt_node_get(section, "traces_endpoint"));
}

void pt_exporters_add(struct pt_reader *reader, struct patter_str name, struct pt_place place,
                      const struct pt_node *section)
{
    struct pt_settings *settings = reader->settings;
    struct pt_exporter_settings exporter = { .name = name, .section = section, .place = place };
    struct patter_value values[COUNT(host_options)];
    const struct pt_schema schema = { .name = pt_reader_format(reader, "exporter " PT_STR_FMT,
                                                               PT_STR_ARG(name)),
                                      .options = host_options,
                                      .option_count = COUNT(host_options),
                                      .option_size = sizeof(host_options[0]),
                                      .is_open = true };
    exporter.plugin = canonical_plugin(reader, name, place);
    if (exporter.plugin.len == 0) {
        return;
    }
    if (section->kind != PT_NODE_MAP && section->kind != PT_NODE_NULL) {
        struct pt_text found = { 0 };
        pt_value_show(section, &found);
        pt_problem_add(reader->problems, section->place, PATTER_LOG_ERROR,
                       "exporter " PT_STR_FMT " must be a map of keys, as in " PT_STR_FMT
                       ": {endpoint: ...}, or empty for its defaults; found %s",
                       PT_STR_ARG(name), PT_STR_ARG(name), pt_text_get(&found));
        pt_text_clean(&found);
        return;
    }
    /* With a fault here it is added all the same, so that the plugin's keys are checked too. */
    pt_reader_read(reader, &schema, section,
                   pt_reader_format(reader, "exporters." PT_STR_FMT ".", PT_STR_ARG(name)), values);
    exporter.optional = values[OPTIONAL].as.boolean;
    exporter.timeout_ns = (uint64_t)values[TIMEOUT].as.duration_ns;
    if (exporter.timeout_ns == 0) {
        exporter.timeout_ns = (uint64_t)HOUR; /* the collector's word for "no timeout" */
    }
    exporter.batching = settings->batching;
    take_plugin_path(reader, section, values, &exporter);
    take_retry(reader, section, values, &exporter.retry);
    take_queue(reader, section, values, &exporter);

    struct pt_exporter_settings *exporters =
        pt_reader_grow(reader, settings->exporters, settings->exporter_count, sizeof(*exporters));
    if (exporters) {
        exporters[settings->exporter_count++] = exporter;
        settings->exporters = exporters;
    }
}

/* One backend's token never goes to another: what names a receiver elsewhere is passed over, and
 * said so. A variable that the file itself takes a value from is not passed over. */
static void note_ignored(struct pt_reader *reader, const struct pt_node *map)
{
    if (reader->options.otlp_endpoint && *reader->options.otlp_endpoint) {
        pt_problem_add(reader->problems, (struct pt_place){ "patter_init_tracing", 0, 0 },
                       PATTER_LOG_INFO,
                       "otlp_endpoint is passed over: the exporters are those of %s, line %u",
                       map->place.source, map->place.line);
    }
    for (size_t i = 0; pt_otlp_variables[i]; i++) {
        if (pt_environment_get(pt_otlp_variables[i]) &&
            !pt_substitute_used(reader->tree, pt_otlp_variables[i])) {
            pt_problem_add(reader->problems, pt_reader_variable(reader, pt_otlp_variables[i]),
                           PATTER_LOG_INFO,
                           "it is passed over: the exporters are those of %s, line %u",
                           map->place.source, map->place.line);
        }
    }
}

void pt_exporters_read(struct pt_reader *reader)
{
    const struct pt_node *map = pt_node_get(reader->root, "exporters");
    if (!map) {
        if (!reader->incomplete && !reader->options.recorder) {
            pt_otlp_environment_read(reader);
        }
        return;
    }
    if (map->kind != PT_NODE_MAP || map->count == 0) {
        pt_problem_add(reader->problems, map->place, PATTER_LOG_ERROR,
                       "`exporters` names no exporter; write at least one, as in `exporters: "
                       "{stdout: }`, or remove the key, and OTEL_* decide");
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct pt_entry *entry = &map->entries[i];
        if (is_for_other_signals(entry->value)) {
            pt_problem_add(reader->problems, entry->key_place, PATTER_LOG_WARNING,
                           "exporter " PT_STR_FMT " has no endpoint for traces and is passed over; "
                           "remove it, or add `endpoint`",
                           PT_STR_ARG(entry->key));
        } else {
            pt_exporters_add(reader, entry->key, entry->key_place, entry->value);
        }
    }
    note_ignored(reader, map);
}
