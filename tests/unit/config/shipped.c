/* SPDX-License-Identifier: MIT */

/* The files that ship in config/: they load as they are, and patter.yaml leaves no key out. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/unit/config/support.h"

TestSuite(shipped, .init = enter_folder, .fini = leave_folder);

/* config/NAME of the source tree. */
static char *read_shipped(const char *name)
{
    char path[4200];
    char *text = calloc(1, 65536);
    const char *end = strstr(__FILE__, "tests/unit/config/");
    cr_assert(text && end);
    snprintf(path, sizeof(path), "%.*sconfig/%s", (int)(end - __FILE__), __FILE__, name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    cr_assert_lt(fread(text, 1, 65535, file), (size_t)65535);
    fclose(file);
    return text;
}

static struct pt_settings *load(const char *name)
{
    char *text = read_shipped(name);
    struct pt_settings *settings = expect_settings(text, "");
    free(text);
    return settings;
}

Test(shipped, the_default_file_prints_to_stdout)
{
    struct pt_settings *settings = load("patter.yaml");
    cr_assert_eq(settings->exporter_count, 1);
    cr_expect_str_eq(settings->exporters[0].plugin.data, "stdout");
    cr_expect_eq(settings->allowed_key_count, 0);
    pt_settings_destroy(settings);
}

/* A `#` with no blank behind it stands before a key, with a blank before a sentence. */
static void uncomment(char *text)
{
    char *to = text;
    bool at_begin = true;
    for (const char *from = text; *from; from++) {
        if (!(at_begin && from[0] == '#' && from[1] != ' ' && from[1] != '\n')) {
            *to++ = *from;
        }
        at_begin = *from == '\n' || (at_begin && *from == ' ');
    }
    *to = '\0';
}

Test(shipped, the_default_file_names_every_key_with_its_default)
{
    struct pt_settings *defaults = load("patter.yaml");
    char *text = read_shipped("patter.yaml");
    uncomment(text);
    setenv("PATTER_HASH_KEY", "0123456789abcdef", 1);
    struct pt_settings *settings = expect_settings(
        text, "f:80:14: warning: `plugin_path` names /opt/acme/exporters, and there "
              "is no such folder; correct it, or remove it\n");

    cr_assert_eq(settings->exporter_count, 3);
    cr_expect(settings->detect_host && settings->detect_process);
    cr_expect_eq(settings->allowed_key_count, 3);
    cr_expect_eq(settings->hash_key.len, 16);
    for (size_t i = 0; i < settings->effective_count; i++) {
        const struct pt_effective *value = &settings->effective[i];
        if (strncmp(value->name, "exporters.", 10) != 0 ||
            strncmp(value->name, "exporters.otlp-http.", 20) == 0) {
            cr_expect_str_eq(value->place.source, "f", "%s is not in patter.yaml", value->name);
        }
    }
    for (size_t i = 0; i < defaults->effective_count; i++) {
        const struct pt_effective *value = &defaults->effective[i];
        const struct pt_effective *written = find_effective(settings, value->name);
        if (strcmp(value->name, "service.name") != 0) {
            cr_assert_not_null(written, "%s", value->name);
            cr_expect_str_eq(written->value, value->value, "%s", value->name);
        }
    }
    pt_settings_destroy(settings);
    pt_settings_destroy(defaults);
    free(text);
}

static void expect_text(const struct pt_settings *settings, const char *path, const char *expected)
{
    const char *found = section_text(settings, 0, path);
    cr_assert_not_null(found, "%s", path);
    cr_expect_str_eq(found, expected);
}

Test(shipped, backends)
{
    setenv("HONEYCOMB_API_KEY", "key", 1);
    setenv("GRAFANA_OTLP_ENDPOINT", "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp", 1);
    setenv("GRAFANA_OTLP_BASIC_AUTH", "MTIzOnQ=", 1);

    struct pt_settings *settings = load("backends/collector-http.yaml");
    cr_expect_str_eq(settings->exporters[0].plugin.data, "otlp-http");
    expect_text(settings, "endpoint", "http://localhost:4318");
    pt_settings_destroy(settings);

    settings = load("backends/collector-grpc.yaml");
    cr_expect_str_eq(settings->exporters[0].plugin.data, "otlp-grpc");
    expect_text(settings, "endpoint", "http://localhost:4317");
    pt_settings_destroy(settings);

    settings = load("backends/jaeger.yaml");
    cr_expect_str_eq(settings->exporters[0].plugin.data, "otlp-grpc");
    expect_text(settings, "endpoint", "localhost:4317");
    expect_text(settings, "tls.insecure", "true");
    pt_settings_destroy(settings);

    settings = load("backends/honeycomb.yaml");
    expect_text(settings, "endpoint", "https://api.honeycomb.io");
    expect_text(settings, "headers.x-honeycomb-team", "key");
    pt_settings_destroy(settings);

    settings = load("backends/grafana-cloud.yaml");
    expect_text(settings, "endpoint", "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp");
    expect_text(settings, "headers.authorization", "Basic MTIzOnQ=");
    pt_settings_destroy(settings);
}

Test(shipped, a_backend_s_token_must_be_set)
{
    char *text = read_shipped("backends/honeycomb.yaml");
    unsetenv("HONEYCOMB_API_KEY");
    expect_faults(text, "f:7:25: error: environment variable HONEYCOMB_API_KEY is not set; set it, "
                        "or write ${HONEYCOMB_API_KEY:-} where it may be empty\n");
    free(text);
}
