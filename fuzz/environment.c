/* SPDX-License-Identifier: MIT */
/* Any values of OTEL_*: one that is wrong warns and counts as unset, and none is ever repeated. */
#include "core/config/environment.h"

#include <patter/patter.h>

#include <stdlib.h>
#include <string.h>

#include "core/config/otlp_environment.h"
#include "core/config/settings.h"
#include "core/config/tree.h"
#include "fuzz/support/fuzz.h"

static const char marker[] = "Zq7/Marker=9";

static const char *const variables[] = {
    "OTEL_TRACES_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_INSECURE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SERVICE_NAME",
    "OTEL_SDK_DISABLED",
    "OTEL_LOG_LEVEL",
    "OTEL_PROPAGATORS",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
    "OTEL_SPAN_LINK_COUNT_LIMIT",
};

enum { VARIABLES = sizeof(variables) / sizeof(variables[0]), WITH_MARKER = 0x80 };

/* A byte says which variable, the rest of the line what its value is. */
static void set_one(struct fuzz_input *input)
{
    uint8_t head = fuzz_u8(input);
    const char *value = fuzz_c_text(fuzz_until(input, '\n'));
    const char *name = variables[(head & ~WITH_MARKER) % VARIABLES];
    if (head & WITH_MARKER) {
        size_t at = strlen(value) / 2;
        char *marked = fuzz_alloc(strlen(value) + sizeof(marker));
        memcpy(marked, value, at);
        memcpy(marked + at, marker, sizeof(marker) - 1);
        memcpy(marked + at + sizeof(marker) - 1, value + at, strlen(value + at));
        value = marked;
    }
    setenv(name, value, 1);
}

static void expect_problems(const struct pt_problems *problems)
{
    EXPECT(problems->error_count == 0);
    for (size_t i = 0; i < problems->count; i++) {
        EXPECT(strncmp(problems->items[i].place.source, "environment variable OTEL_", 26) == 0);
        EXPECT(fuzz_is_printable(problems->items[i].text));
        EXPECT(!fuzz_tells(problems->items[i].text, marker));
    }
}

/* What comes from a header's variable is known as a secret. */
static void expect_headers(const struct pt_exporter_settings *exporter)
{
    const struct pt_node *headers = pt_node_get(exporter->section, "headers");
    for (size_t i = 0; headers && i < headers->count; i++) {
        struct patter_str name = headers->entries[i].key;
        const struct pt_node *value = headers->entries[i].value;
        EXPECT(name.len > 0 && strlen(name.data) == name.len);
        EXPECT(value->kind == PT_NODE_SCALAR && value->substituted);
        EXPECT(strlen(value->text.data) == value->text.len);
    }
}

static void expect_settings(const struct pt_settings *settings)
{
    bool has_name = false;
    EXPECT(settings->limits.attribute_value_length >= 1 && settings->limits.attributes >= 1);
    EXPECT(settings->limits.attribute_value_length <= 4096 && settings->limits.attributes <= 256);
    EXPECT(settings->sampling.ratio >= 0 && settings->sampling.ratio <= 1);
    EXPECT(settings->batching.max_export_batch_size >= 1);
    for (size_t i = 0; i < settings->resource_count; i++) {
        has_name = has_name || strcmp(settings->resource[i].key.data, "service.name") == 0;
    }
    EXPECT(has_name);
    EXPECT(settings->exporter_count <= 2);
    for (size_t i = 0; i < settings->exporter_count; i++) {
        EXPECT(settings->exporters[i].timeout_ns > 0);
        expect_headers(&settings->exporters[i]);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    clearenv();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .config_file = fuzz_file("", 0) };
    struct pt_problems problems = { 0 };
    for (size_t i = 0; i < VARIABLES; i++) {
        unsetenv(variables[i]);
    }
    options.otlp_endpoint = fuzz_u8(&input) % 4 == 1 ? "http://127.0.0.1:4318" : NULL;
    while (input.len > 0) {
        set_one(&input);
    }
    struct pt_settings *settings = pt_settings_read(&options, &problems);
    EXPECT(settings);
    expect_problems(&problems);
    expect_settings(settings);
    pt_settings_destroy(settings);
    pt_problems_clean(&problems);
    fuzz_release();
    return 0;
}
