/* SPDX-License-Identifier: MIT */
#include "core/config/environment.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "tests/unit/config/support.h"

TestSuite(environment, .init = enter_folder, .fini = leave_folder);

static void expect_section(const struct pt_settings *settings, size_t index, const char *path,
                           const char *expected)
{
    const char *found = section_text(settings, index, path);
    if (expected) {
        cr_assert_not_null(found, "%s", path);
        cr_expect_str_eq(found, expected, "%s", path);
    } else {
        cr_expect_null(found, "%s", path);
    }
}

/* With one variable set: the settings, whose problems must be these. */
static struct pt_settings *with(const char *name, const char *value, const char *problems)
{
    setenv(name, value, 1);
    struct pt_settings *settings = expect_environment(NULL, problems);
    unsetenv(name);
    return settings;
}

Test(environment, the_switch)
{
    static const char *const on[] = { "1", "true", "TRUE", "True", "yes", "YES" };
    static const char *const off[] = { "", "0", "on", "ON", "false", "no", "2", " 1", "1 ", "y" };
    unsetenv("PATTER_OTEL_ENABLED");
    cr_expect_not(pt_switch_is_on());
    cr_expect_str_eq(pt_switch_value(), "");
    for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
        setenv("PATTER_OTEL_ENABLED", on[i], 1);
        cr_expect(pt_switch_is_on(), "%s", on[i]);
        cr_expect_str_eq(pt_switch_value(), on[i]);
    }
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
        setenv("PATTER_OTEL_ENABLED", off[i], 1);
        cr_expect_not(pt_switch_is_on(), "%s", off[i]);
    }
}

Test(environment, nothing_at_all_means_otlp_http_to_localhost)
{
    struct pt_settings *settings = expect_environment(NULL, "");
    cr_assert_eq(settings->exporter_count, 1);
    cr_expect_str_eq(settings->exporters[0].name.data, "otlp-http");
    cr_expect_str_eq(settings->exporters[0].place.source, "default");
    expect_section(settings, 0, "endpoint", "http://localhost:4318");
    cr_expect_eq(settings->exporters[0].section->count, 1);
    cr_expect_eq(settings->exporters[0].timeout_ns, 10000000000);
    cr_expect_eq(settings->limits.attribute_value_length, 128);
    cr_expect_eq(settings->limits.attributes, 32);
    cr_expect_eq(settings->limits.events, 32);
    cr_expect_eq(settings->limits.links, 8);
    cr_expect_eq(settings->batching.schedule_delay_ns, 1000000000);
    cr_expect_eq(settings->batching.max_export_batch_size, 512);
    cr_expect_eq(settings->batching.max_bytes, 3 << 20);
    cr_expect_eq(settings->max_memory, 64 << 20);
    cr_expect_eq(settings->sampling.root, PT_SAMPLER_ALWAYS_ON);
    cr_expect(settings->sampling.parent_based);
    cr_expect_eq(settings->log_level, PATTER_LOG_INFO);
    cr_expect_not(settings->disabled);
    cr_expect(
        pt_str_starts(patter_text(resource_text(settings, "service.name")), "unknown_service:"));
    pt_settings_destroy(settings);
}

Test(environment, empty_counts_as_unset)
{
    for (size_t i = 0; i < 2; i++) {
        setenv("OTEL_SERVICE_NAME", "", 1);
        setenv("OTEL_TRACES_EXPORTER", "", 1);
        setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "", 1);
        setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "", 1);
        setenv("OTEL_BSP_SCHEDULE_DELAY", "", 1);
        setenv("OTEL_SDK_DISABLED", "", 1);
        setenv("OTEL_TRACES_SAMPLER", "", 1);
        setenv("OTEL_PROPAGATORS", "", 1);
        setenv("OTEL_RESOURCE_ATTRIBUTES", "", 1);
    }
    struct pt_settings *settings = expect_environment(NULL, "");
    cr_assert_eq(settings->exporter_count, 1);
    expect_section(settings, 0, "endpoint", "http://localhost:4318");
    pt_settings_destroy(settings);
}

Test(environment, disabled)
{
    struct pt_settings *settings =
        with("OTEL_SDK_DISABLED", "TRUE",
             "environment variable OTEL_SDK_DISABLED: note: it is true: tracing stays off, "
             "whatever PATTER_OTEL_ENABLED says\n");
    cr_expect(settings->disabled);
    pt_settings_destroy(settings);
    settings = with("OTEL_SDK_DISABLED", "1",
                    "environment variable OTEL_SDK_DISABLED: warning: the value is neither true "
                    "nor false; it counts as false\n");
    cr_expect_not(settings->disabled);
    pt_settings_destroy(settings);
}

Test(environment, service_name_wins_over_resource_attributes)
{
    setenv("OTEL_SERVICE_NAME", "bot", 1);
    struct pt_settings *settings =
        with("OTEL_RESOURCE_ATTRIBUTES", "service.name=other, k%201 = a%2Cb%3D%25 ,,x=", "");
    cr_expect_str_eq(resource_text(settings, "service.name"), "bot");
    cr_expect_str_eq(resource_text(settings, "k 1"), "a,b=%");
    cr_expect_null(resource_text(settings, "x"), "an empty value is not set");
    cr_expect_eq(settings->resource_count, 2);
    cr_expect_not(settings->resource[1].from_code);
    pt_settings_destroy(settings);
    unsetenv("OTEL_SERVICE_NAME");
    settings = with("OTEL_RESOURCE_ATTRIBUTES", "service.name=other", "");
    cr_expect_str_eq(resource_text(settings, "service.name"), "other");
    pt_settings_destroy(settings);
}

Test(environment, one_wrong_resource_attribute_discards_all)
{
    static const struct {
        const char *value;
        const char *fault;
    } cases[] = {
        { "a=1,b=%zz", "entry 2 is wrong: a `%` is not followed by two hex digits; write %25 for "
                       "the sign; none of the 2 entries is used" },
        { "a=1,b", "entry 2 is wrong: it has no `=`; none of the 2 entries is used" },
        { "=1,b=2", "entry 1 is wrong: no name stands before its `=`; none of the 2 entries is "
                    "used" },
        { "a=%0a", "entry 1 is wrong: it holds a control character; none of the 1 entries is "
                   "used" },
        { "a=1%2", "entry 1 is wrong: a `%` is not followed by two hex digits; write %25 for the "
                   "sign; none of the 1 entries is used" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pt_text expected = { 0 };
        pt_text_add(&expected, "environment variable OTEL_RESOURCE_ATTRIBUTES: warning: %s\n",
                    cases[i].fault);
        struct pt_settings *settings =
            with("OTEL_RESOURCE_ATTRIBUTES", cases[i].value, expected.data);
        cr_expect_eq(settings->resource_count, 1);
        pt_settings_destroy(settings);
        pt_text_clean(&expected);
    }
}

Test(environment, numbers)
{
    setenv("OTEL_BSP_SCHEDULE_DELAY", "250", 1);
    setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "64", 1);
    setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "100", 1);
    setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "50", 1);
    setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "20", 1);
    setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "0", 1);
    setenv("OTEL_SPAN_LINK_COUNT_LIMIT", "2", 1);
    struct pt_settings *settings = expect_environment(NULL, "");
    cr_expect_eq(settings->batching.schedule_delay_ns, 250000000);
    cr_expect_eq(settings->batching.max_export_batch_size, 64);
    cr_expect_eq(settings->limits.attribute_value_length, 50, "the specific one wins");
    cr_expect_eq(settings->limits.attributes, 20);
    cr_expect_eq(settings->limits.events, 0);
    cr_expect_eq(settings->limits.links, 2);
    cr_expect_eq(settings->exporters[0].batching.schedule_delay_ns, 250000000);
    pt_settings_destroy(settings);
}

Test(environment, wrong_numbers_warn_and_count_as_unset)
{
    setenv("OTEL_BSP_SCHEDULE_DELAY", "5s", 1);
    setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "-1", 1);
    setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many", 1);
    setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "20", 1);
    setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "257", 1);
    setenv("OTEL_SPAN_LINK_COUNT_LIMIT", "99999999999999999999", 1);
    struct pt_settings *settings = expect_environment(
        NULL,
        "environment variable OTEL_BSP_SCHEDULE_DELAY: warning: the value is no whole number from "
        "1 to 3600000; it counts as unset\n"
        "environment variable OTEL_BSP_MAX_EXPORT_BATCH_SIZE: warning: the value is no whole "
        "number from 1 to 65536; it counts as unset\n"
        "environment variable OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: warning: the value is no whole "
        "number from 1 to 256; it counts as unset\n"
        "environment variable OTEL_SPAN_EVENT_COUNT_LIMIT: warning: the value is no whole number "
        "from 0 to 256; it counts as unset\n"
        "environment variable OTEL_SPAN_LINK_COUNT_LIMIT: warning: the value is no whole number "
        "from 0 to 256; it counts as unset\n");
    cr_expect_eq(settings->batching.schedule_delay_ns, 1000000000);
    cr_expect_eq(settings->batching.max_export_batch_size, 512);
    cr_expect_eq(settings->limits.attributes, 20, "the general one is left");
    cr_expect_eq(settings->limits.links, 8);
    pt_settings_destroy(settings);
}

Test(environment, what_has_no_effect_is_said)
{
    pt_settings_destroy(with("OTEL_BSP_MAX_QUEUE_SIZE", "2048",
                             "environment variable OTEL_BSP_MAX_QUEUE_SIZE: note: it has no "
                             "effect: what waits is bounded in bytes, by buffer.max_memory\n"));
    pt_settings_destroy(with("OTEL_CONFIG_FILE", "/x.yaml",
                             "environment variable OTEL_CONFIG_FILE: note: it has no effect: "
                             "patter's file is named by PATTER_CONFIG\n"));
    pt_settings_destroy(
        with("OTEL_PROPAGATORS", "tracecontext, baggage ,none",
             "environment variable OTEL_PROPAGATORS: note: `none` has no effect: traceparent goes "
             "out only where the program injects it\n"));
    pt_settings_destroy(
        with("OTEL_PROPAGATORS", "b3,TraceContext",
             "environment variable OTEL_PROPAGATORS: warning: only tracecontext is spoken (W3C "
             "traceparent and tracestate); the other names have no effect\n"));
}

Test(environment, samplers)
{
    static const struct {
        const char *value;
        enum pt_sampler_kind root;
        bool parent_based;
    } cases[] = {
        { "always_on", PT_SAMPLER_ALWAYS_ON, false },
        { "always_off", PT_SAMPLER_ALWAYS_OFF, false },
        { "traceidratio", PT_SAMPLER_RATIO, false },
        { "parentbased_always_on", PT_SAMPLER_ALWAYS_ON, true },
        { "ParentBased_Always_Off", PT_SAMPLER_ALWAYS_OFF, true },
        { "parentbased_traceidratio", PT_SAMPLER_RATIO, true },
    };
    setenv("OTEL_TRACES_SAMPLER_ARG", "0.25", 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pt_settings *settings = with("OTEL_TRACES_SAMPLER", cases[i].value, "");
        cr_expect_eq(settings->sampling.root, cases[i].root, "%s", cases[i].value);
        cr_expect_eq(settings->sampling.parent_based, cases[i].parent_based, "%s", cases[i].value);
        if (cases[i].root == PT_SAMPLER_RATIO) {
            cr_expect_eq(settings->sampling.ratio, 0.25);
        }
        pt_settings_destroy(settings);
    }
}

Test(environment, wrong_samplers)
{
    struct pt_settings *settings =
        with("OTEL_TRACES_SAMPLER", "parentbased_traceid_ratio",
             "environment variable OTEL_TRACES_SAMPLER: warning: the value is not one that patter "
             "knows; it counts as unset: did you mean parentbased_traceidratio?\n");
    cr_expect_eq(settings->sampling.root, PT_SAMPLER_ALWAYS_ON);
    pt_settings_destroy(settings);
    setenv("OTEL_TRACES_SAMPLER_ARG", " 0.25 ", 1);
    settings = with("OTEL_TRACES_SAMPLER", "traceidratio", "");
    cr_expect_eq(settings->sampling.ratio, 0.25);
    pt_settings_destroy(settings);
    setenv("OTEL_TRACES_SAMPLER_ARG", "1.5", 1);
    settings = with("OTEL_TRACES_SAMPLER", "traceidratio",
                    "environment variable OTEL_TRACES_SAMPLER_ARG: warning: the value is no number "
                    "from 0 to 1; it counts as unset, which is 1\n");
    cr_expect_eq(settings->sampling.ratio, 1.0);
    pt_settings_destroy(settings);
}

Test(environment, a_file_s_sampling_wins)
{
    setenv("OTEL_TRACES_SAMPLER", "always_off", 1);
    setenv("OTEL_BSP_SCHEDULE_DELAY", "250", 1);
    setenv("OTEL_LOG_LEVEL", "debug", 1);
    struct pt_settings *settings =
        expect_settings("sampling: {ratio: 0.5}\nbatch: {schedule_delay: 2s}\n", "");
    cr_expect_eq(settings->sampling.root, PT_SAMPLER_RATIO);
    cr_expect_eq(settings->batching.schedule_delay_ns, 2000000000);
    cr_expect_eq(settings->log_level, PATTER_LOG_DEBUG, "what the file leaves open");
    pt_settings_destroy(settings);
}

Test(environment, log_levels)
{
    static const struct {
        const char *value;
        int32_t level;
    } cases[] = { { "error", PATTER_LOG_ERROR },     { "WARN", PATTER_LOG_WARNING },
                  { "warning", PATTER_LOG_WARNING }, { "Info", PATTER_LOG_INFO },
                  { "debug", PATTER_LOG_DEBUG },     { "trace", PATTER_LOG_DEBUG },
                  { "none", PATTER_LOG_ERROR } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pt_settings *settings = with("OTEL_LOG_LEVEL", cases[i].value, "");
        cr_expect_eq(settings->log_level, cases[i].level, "%s", cases[i].value);
        pt_settings_destroy(settings);
    }
}

/* ---- exporters -------------------------------------------------------------------- */

Test(environment, lists_of_exporters)
{
    struct pt_settings *settings = with("OTEL_TRACES_EXPORTER", " otlp ,Console", "");
    cr_assert_eq(settings->exporter_count, 2);
    cr_expect_str_eq(settings->exporters[0].plugin.data, "otlp-http");
    cr_expect_str_eq(settings->exporters[1].plugin.data, "stdout");
    cr_expect_str_eq(settings->exporters[1].place.source,
                     "environment variable OTEL_TRACES_EXPORTER");
    pt_settings_destroy(settings);
    settings = with("OTEL_TRACES_EXPORTER", "none", "");
    cr_expect_eq(settings->exporter_count, 0);
    pt_settings_destroy(settings);
    settings = with("OTEL_TRACES_EXPORTER", "zipkin",
                    "environment variable OTEL_TRACES_EXPORTER: warning: only otlp, console and "
                    "none are known; another name is passed over\n");
    cr_assert_eq(settings->exporter_count, 1);
    cr_expect_str_eq(settings->exporters[0].plugin.data, "otlp-http");
    pt_settings_destroy(settings);
    settings = with("OTEL_TRACES_EXPORTER", "consol,none",
                    "environment variable OTEL_TRACES_EXPORTER: warning: only otlp, console and "
                    "none are known; another name is passed over: did you mean console?\n");
    cr_expect_eq(settings->exporter_count, 0);
    pt_settings_destroy(settings);
}

Test(environment, base_and_verbatim_endpoints)
{
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:4318/base", 1);
    struct pt_settings *settings = expect_environment(NULL, "");
    expect_section(settings, 0, "endpoint", "http://h:4318/base");
    expect_section(settings, 0, "traces_endpoint", NULL);
    cr_expect_str_eq(pt_node_get(settings->exporters[0].section, "endpoint")->place.source,
                     "environment variable OTEL_EXPORTER_OTLP_ENDPOINT");
    pt_settings_destroy(settings);
    settings = with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:1/x", "");
    expect_section(settings, 0, "endpoint", NULL);
    expect_section(settings, 0, "traces_endpoint", "http://t:1/x");
    pt_settings_destroy(settings);
    setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", 1);
    settings = with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:1", "");
    expect_section(settings, 0, "endpoint", "http://t:1");
    expect_section(settings, 0, "traces_endpoint", NULL);
    pt_settings_destroy(settings);
}

Test(environment, protocols)
{
    struct pt_settings *settings = with("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "");
    cr_expect_str_eq(settings->exporters[0].plugin.data, "otlp-grpc");
    expect_section(settings, 0, "endpoint", "http://localhost:4317");
    pt_settings_destroy(settings);
    setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", 1);
    settings = with("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "HTTP/json", "");
    cr_expect_str_eq(settings->exporters[0].plugin.data, "otlp-http");
    expect_section(settings, 0, "encoding", "json");
    pt_settings_destroy(settings);
    settings = with("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/proto",
                    "environment variable OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: warning: the value "
                    "is not one that patter knows; it counts as unset: did you mean "
                    "http/protobuf?\n");
    cr_expect_str_eq(settings->exporters[0].plugin.data, "otlp-http");
    pt_settings_destroy(settings);
}

Test(environment, the_rest_of_the_otlp_table)
{
    setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", 1);
    setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none", 1);
    setenv("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "GZIP", 1);
    setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2500", 1);
    setenv("OTEL_EXPORTER_OTLP_INSECURE", "true", 1);
    setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem", 1);
    setenv("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "/k.pem", 1);
    setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c.pem", 1);
    setenv("OTEL_BSP_EXPORT_TIMEOUT", "9000", 1);
    struct pt_settings *settings = expect_environment(NULL, "");
    expect_section(settings, 0, "compression", "gzip");
    expect_section(settings, 0, "tls.insecure", "true");
    expect_section(settings, 0, "tls.ca_file", "/ca.pem");
    expect_section(settings, 0, "tls.key_file", "/k.pem");
    expect_section(settings, 0, "tls.cert_file", "/c.pem");
    cr_expect_eq(settings->exporters[0].timeout_ns, 2500000000);
    cr_expect_eq(settings->exporters[0].retry.max_elapsed_time_ns, 9000000000);
    pt_settings_destroy(settings);
}

Test(environment, zero_is_no_limit)
{
    setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0", 1);
    setenv("OTEL_BSP_EXPORT_TIMEOUT", "0", 1);
    struct pt_settings *settings = expect_environment(NULL, "");
    cr_expect_eq(settings->exporters[0].timeout_ns, 3600000000000);
    cr_expect_eq(settings->exporters[0].retry.max_elapsed_time_ns, 0);
    pt_settings_destroy(settings);
}

Test(environment, headers_are_decoded_and_never_shown)
{
    setenv("OTEL_EXPORTER_OTLP_HEADERS", "general=1", 1);
    struct pt_settings *settings =
        with("OTEL_EXPORTER_OTLP_TRACES_HEADERS",
             "authorization=Bearer%20a=b, x.y = 1 ,canary,z=%4,x.y=2",
             "environment variable OTEL_EXPORTER_OTLP_TRACES_HEADERS: warning: entry 3 is no "
             "header: it has no `=`; it is left out. Write name=value, joined by commas\n"
             "environment variable OTEL_EXPORTER_OTLP_TRACES_HEADERS: warning: entry 4 is no "
             "header: a `%` is not followed by two hex digits; write %25 for the sign; it is left "
             "out. Write name=value, joined by commas\n");
    const struct pt_node *headers = pt_node_get(settings->exporters[0].section, "headers");
    cr_assert_not_null(headers);
    cr_assert_eq(headers->count, 2, "the specific variable replaces the general one");
    cr_expect_str_eq(headers->entries[0].value->text.data, "Bearer a=b");
    cr_expect_str_eq(headers->entries[1].key.data, "x.y");
    cr_expect_str_eq(headers->entries[1].value->text.data, "2", "the last one wins");
    cr_expect(headers->entries[0].value->substituted);
    for (size_t i = 0; i < settings->effective_count; i++) {
        cr_expect_null(strstr(settings->effective[i].value, "Bearer"));
    }
    pt_settings_destroy(settings);
}
