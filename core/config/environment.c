/* SPDX-License-Identifier: MIT */
#include "core/config/environment.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "core/config/scalar.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int64_t ns_per_ms = 1000000;

/* The specific name before the general one: the first that is set and right wins. */
static const struct {
    const char *variable;
    const char *path;
} numbers[] = {
    { "OTEL_BSP_SCHEDULE_DELAY", "batch.schedule_delay" },
    { "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "batch.max_export_batch_size" },
    { "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "limits.attribute_value_length" },
    { "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "limits.attribute_value_length" },
    { "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "limits.attributes" },
    { "OTEL_ATTRIBUTE_COUNT_LIMIT", "limits.attributes" },
    { "OTEL_SPAN_EVENT_COUNT_LIMIT", "limits.events" },
    { "OTEL_SPAN_LINK_COUNT_LIMIT", "limits.links" },
};

static const struct {
    const char *variable;
    const char *why;
} without_effect[] = {
    { "OTEL_BSP_MAX_QUEUE_SIZE", "what waits is bounded in bytes, by buffer.max_memory" },
    { "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
      "one limit holds for spans, events and links: OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" },
    { "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
      "one limit holds for spans, events and links: OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" },
    { "OTEL_CONFIG_FILE", "patter's file is named by PATTER_CONFIG" },
    { "OTEL_EXPERIMENTAL_CONFIG_FILE", "patter's file is named by PATTER_CONFIG" },
    { "OTEL_ENTITIES", "write the attributes into OTEL_RESOURCE_ATTRIBUTES" },
};

const char *pt_switch_value(void)
{
    const char *value = getenv("PATTER_OTEL_ENABLED");
    return value ? value : "";
}

bool pt_switch_is_on(void)
{
    struct patter_str value = patter_text(pt_switch_value());
    return pt_str_is(value, "1") || pt_str_is_nocase(value, "true") ||
           pt_str_is_nocase(value, "yes");
}

const char *pt_environment_get(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

bool pt_environment_int(struct pt_reader *reader, const char *name, int64_t min, int64_t max,
                        int64_t *ret_value)
{
    const char *text = pt_environment_get(name);
    int64_t value;
    if (!text) {
        return false;
    }
    if (!pt_scalar_int(pt_str_trim(patter_text(text)), &value) || value < min || value > max) {
        pt_problem_add(reader->problems, pt_reader_variable(reader, name), PATTER_LOG_WARNING,
                       "the value is no whole number from %" PRId64 " to %" PRId64
                       "; it counts as unset",
                       min, max);
        return false;
    }
    *ret_value = value;
    return true;
}

bool pt_environment_is_true(struct pt_reader *reader, const char *name)
{
    struct patter_str text = pt_str_trim(patter_text(pt_environment_get(name)));
    if (pt_str_is_nocase(text, "true")) {
        return true;
    }
    if (text.len > 0 && !pt_str_is_nocase(text, "false")) {
        pt_problem_add(reader->problems, pt_reader_variable(reader, name), PATTER_LOG_WARNING,
                       "the value is neither true nor false; it counts as false");
    }
    return false;
}

bool pt_environment_is_disabled(struct pt_reader *reader)
{
    static const char name[] = "OTEL_SDK_DISABLED";
    bool disabled = pt_environment_is_true(reader, name);
    if (disabled) {
        pt_problem_add(reader->problems, pt_reader_variable(reader, name), PATTER_LOG_INFO,
                       "it is true: tracing stays off, whatever PATTER_OTEL_ENABLED says");
    }
    return disabled;
}

static const struct patter_option *find_option(const struct pt_schema *schema, const char *path)
{
    for (size_t i = 0; i < schema->option_count; i++) {
        if (strcmp(pt_schema_option(schema, i)->name, path) == 0) {
            return pt_schema_option(schema, i);
        }
    }
    return NULL;
}

static void put_str(struct pt_reader *reader, const char *path, struct patter_str text,
                    const char *variable)
{
    /* Fails where the file has something else than a map, which is a fault of its own. */
    pt_node_put(reader->tree, reader->root, path, text,
                pt_reader_variable(reader, variable).source);
}

static void put(struct pt_reader *reader, const char *path, const char *text, const char *variable)
{
    put_str(reader, path, patter_text(text), variable);
}

static void fill_number(struct pt_reader *reader, const struct pt_schema *schema,
                        const char *variable, const char *path)
{
    const struct patter_option *option = find_option(schema, path);
    int64_t unit = option->type == PATTER_DURATION ? ns_per_ms : 1;
    int64_t value;
    if (!pt_node_is_unset(pt_node_find(reader->root, path)) ||
        !pt_environment_int(reader, variable, option->min / unit, option->max / unit, &value)) {
        return;
    }
    put(reader, path,
        pt_reader_format(reader, "%" PRId64 "%s", value,
                         option->type == PATTER_DURATION ? "ms" : ""),
        variable);
}

const char *pt_environment_word(struct pt_reader *reader, const char *variable,
                                const char *const *words, size_t count)
{
    struct patter_str text = pt_str_trim(patter_text(pt_environment_get(variable)));
    for (size_t i = 0; i < count; i++) {
        if (pt_str_is_nocase(text, words[i])) {
            return words[i];
        }
    }
    if (text.len > 0) {
        const char *nearest = pt_nearest(text, words, count);
        pt_problem_add(reader->problems, pt_reader_variable(reader, variable), PATTER_LOG_WARNING,
                       "the value is not one that patter knows; it counts as unset%s%s%s",
                       nearest ? ": did you mean " : "", nearest ? nearest : "",
                       nearest ? "?" : "");
    }
    return NULL;
}

static void fill_log_level(struct pt_reader *reader)
{
    static const char *const words[] = { "error", "warning", "info",  "debug",   "none",
                                         "off",   "warn",    "trace", "verbose", "all" };
    static const char *const levels[] = { "error", "warning", "info",  "debug", "error",
                                          "error", "warning", "debug", "debug", "debug" };
    if (!pt_node_is_unset(pt_node_find(reader->root, "log.level"))) {
        return;
    }
    const char *word = pt_environment_word(reader, "OTEL_LOG_LEVEL", words, COUNT(words));
    for (size_t i = 0; word && i < COUNT(words); i++) {
        if (word == words[i]) {
            put(reader, "log.level", levels[i], "OTEL_LOG_LEVEL");
        }
    }
}

static void fill_sampler_ratio(struct pt_reader *reader)
{
    static const char name[] = "OTEL_TRACES_SAMPLER_ARG";
    struct patter_str text = pt_str_trim(patter_text(pt_environment_get(name)));
    double ratio;
    if (text.len > 0 && (!pt_scalar_double(text, &ratio) || ratio < 0 || ratio > 1)) {
        pt_problem_add(reader->problems, pt_reader_variable(reader, name), PATTER_LOG_WARNING,
                       "the value is no number from 0 to 1; it counts as unset, which is 1");
        text.len = 0;
    }
    if (text.len > 0) {
        put_str(reader, "sampling.ratio", text, name);
    } else {
        put(reader, "sampling.ratio", "1.0", "OTEL_TRACES_SAMPLER");
    }
}

static void fill_sampler(struct pt_reader *reader)
{
    static const char name[] = "OTEL_TRACES_SAMPLER";
    static const char *const words[] = { "always_on",
                                         "always_off",
                                         "traceidratio",
                                         "parentbased_always_on",
                                         "parentbased_always_off",
                                         "parentbased_traceidratio" };
    static const char *const roots[] = { "always_on", "always_off", "ratio" };
    if (!pt_node_is_unset(pt_node_get(reader->root, "sampling"))) {
        return; /* a file's ratio and a variable's sampler make no sense together */
    }
    const char *word = pt_environment_word(reader, name, words, COUNT(words));
    if (!word) {
        return;
    }
    size_t index = 0;
    while (strcmp(words[index], word) != 0) {
        index++;
    }
    put(reader, "sampling.root", roots[index % COUNT(roots)], name);
    put(reader, "sampling.parent_based", index < COUNT(roots) ? "false" : "true", name);
    if (index % COUNT(roots) == 2) {
        fill_sampler_ratio(reader);
    }
}

/* W3C is the only way in and out; the bot itself calls inject and extract. */
static void check_propagators(struct pt_reader *reader)
{
    static const char name[] = "OTEL_PROPAGATORS";
    struct patter_str rest = patter_text(pt_environment_get(name));
    while (rest.len > 0) {
        const char *comma = memchr(rest.data, ',', rest.len);
        size_t len = comma ? (size_t)(comma - rest.data) : rest.len;
        struct patter_str word = pt_str_trim(pt_str_slice(rest, 0, len));
        if (pt_str_is_nocase(word, "none")) {
            pt_problem_add(reader->problems, pt_reader_variable(reader, name), PATTER_LOG_INFO,
                           "`none` has no effect: traceparent goes out only where the program "
                           "injects it");
        } else if (word.len > 0 && !pt_str_is_nocase(word, "tracecontext") &&
                   !pt_str_is_nocase(word, "baggage")) {
            pt_problem_add(reader->problems, pt_reader_variable(reader, name), PATTER_LOG_WARNING,
                           "only tracecontext is spoken (W3C traceparent and tracestate); the "
                           "other names have no effect");
        }
        rest = pt_str_slice(rest, comma ? len + 1 : len, rest.len);
    }
}

void pt_environment_fill(struct pt_reader *reader, const struct pt_schema *schema)
{
    for (size_t i = 0; i < COUNT(numbers); i++) {
        fill_number(reader, schema, numbers[i].variable, numbers[i].path);
    }
    fill_sampler(reader);
    fill_log_level(reader);
    check_propagators(reader);
    for (size_t i = 0; i < COUNT(without_effect); i++) {
        if (pt_environment_get(without_effect[i].variable)) {
            pt_problem_add(reader->problems, pt_reader_variable(reader, without_effect[i].variable),
                           PATTER_LOG_INFO, "it has no effect: %s", without_effect[i].why);
        }
    }
}
