/* SPDX-License-Identifier: MIT */
#include "core/config/exporters.h"

#include <criterion/criterion.h>

#include "core/base/text.h"
#include "tests/unit/config/support.h"

TestSuite(exporters, .init = enter_folder, .fini = leave_folder);

Test(exporters, names)
{
    static const char *const plugins[] = { "otlp-http", "otlp-http", "otlp-http", "otlp-grpc",
                                           "otlp-grpc", "otlp-grpc", "stdout",    "stdout",
                                           "stdout",    "otlp-grpc", "my-own-2" };
    struct pt_settings *settings = expect_settings("exporters:\n"
                                                   "  otlp_http:\n"
                                                   "  otlphttp:\n"
                                                   "  otlp-http:\n"
                                                   "  otlp_grpc:\n"
                                                   "  otlp:\n"
                                                   "  otlp-grpc:\n"
                                                   "  debug:\n"
                                                   "  console:\n"
                                                   "  stdout:\n"
                                                   "  otlp/Tempo.EU/2:\n"
                                                   "  my_own-2:\n",
                                                   "");
    cr_assert_eq(settings->exporter_count, 11);
    for (size_t i = 0; i < 11; i++) {
        cr_expect_str_eq(settings->exporters[i].plugin.data, plugins[i]);
    }
    cr_expect_str_eq(settings->exporters[9].name.data, "otlp/Tempo.EU/2");
    pt_settings_destroy(settings);
}

Test(exporters, wrong_names)
{
    static const char rule[] =
        "is no exporter's name; write `plugin` or `plugin/instance`, as in otlp-http or "
        "otlp-http/tempo: small letters, digits and `-` before the `/`, 63 characters without "
        "blanks in all";
    static const char *const names[] = {
        "OTLP",
        "otlp/",
        "/x",
        "../x",
        "a b",
        "otlp/a b",
        "a23456789-b23456789-c23456789-d23456789-e23456789-f23456789-g234"
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct pt_text text = { 0 };
        struct pt_problems problems = { 0 };
        pt_text_add(&text, "exporters: {\"%s\": }\n", names[i]);
        struct pt_settings *settings = read_settings(text.data, &problems);
        cr_expect_eq(settings->exporter_count, 0);
        cr_assert_eq(problems.count, 1, "%s", names[i]);
        cr_expect_not_null(strstr(problems.items[0].text, rule), "%s", problems.items[0].text);
        cr_expect_not_null(strstr(problems.items[0].text, names[i]));
        pt_settings_destroy(settings);
        pt_problems_clean(&problems);
        pt_text_clean(&text);
    }
}

Test(exporters, none_is_an_error)
{
    static const char text[] = "error: `exporters` names no exporter; write at least one, as in "
                               "`exporters: {stdout: }`, or remove the key, and OTEL_* decide\n";
    struct pt_text expected = { 0 };
    pt_text_add(&expected, "f:1:11: %s", text);
    expect_faults("exporters:\n", expected.data);
    pt_text_clean(&expected);
    pt_text_add(&expected, "f:1:12: %s", text);
    expect_faults("exporters: {}\n", expected.data);
    expect_faults("exporters: [stdout]\n", expected.data);
    expect_faults("exporters: stdout\n", expected.data);
    pt_text_clean(&expected);
}

Test(exporters, wrong_host_keys)
{
    expect_faults(
        "exporters:\n"
        "  one: http://localhost:4318\n"
        "  two: [a]\n"
        "  three:\n"
        "    timeout: -1s\n"
        "    optional: maybe\n"
        "    plugin: patter-x.so\n"
        "    retry_on_failure: true\n"
        "    sending_queue: {num_consumers: 0, batch: {sizer: spans}}\n"
        "  four:\n"
        "    timeout: 48h\n"
        "    retry_on_failure:\n"
        "      multiplier: 0.5\n"
        "      randomization_factor: 2\n"
        "      initial_interval: 40s\n"
        "      max_interval: 30s\n"
        "    sending_queue:\n"
        "      batch: {min_size: 20, max_size: 10}\n",
        "f:2:8: error: exporter one must be a map of keys, as in one: {endpoint: ...}, or empty "
        "for its defaults; found `http://localhost:4318`\n"
        "f:3:8: error: exporter two must be a map of keys, as in two: {endpoint: ...}, or empty "
        "for its defaults; found a list\n"
        "f:5:14: error: `timeout` must be a duration such as 500ms, 10s or 1m30s; found `-1s`\n"
        "f:6:15: error: `optional` must be true or false; found `maybe`\n"
        "f:7:13: error: `plugin` must be an absolute path, as in /opt/acme/patter-acme.so\n"
        "f:8:23: error: `retry_on_failure` must be a map of keys to values; found `true`\n"
        "f:9:36: error: `sending_queue.num_consumers` must be between 1 and 2147483647; found "
        "`0`\n"
        "f:9:54: error: `sending_queue.batch.sizer` must be items or bytes; found `spans`\n"
        "f:11:14: error: `timeout` must be between 0s and 24h; found `48h`\n"
        "f:13:19: error: `retry_on_failure.multiplier` must be between 1 and 100\n"
        "f:14:29: error: `retry_on_failure.randomization_factor` must be between 0 and 1\n"
        "f:15:25: error: `retry_on_failure.initial_interval` is longer than `max_interval`; "
        "shorten it, or raise `max_interval`\n"
        "f:18:39: error: `sending_queue.batch.max_size` is less than `min_size`; raise it, or "
        "write 0 for no maximum\n");
}

Test(exporters, null_sections_mean_defaults)
{
    struct pt_settings *settings = expect_settings("exporters:\n"
                                                   "  otlp-http:\n"
                                                   "    timeout:\n"
                                                   "    retry_on_failure:\n"
                                                   "    sending_queue: {batch: }\n",
                                                   "");
    cr_assert_eq(settings->exporter_count, 1);
    cr_expect_eq(settings->exporters[0].timeout_ns, 10000000000);
    cr_expect(settings->exporters[0].retry.enabled);
    cr_expect_eq(settings->exporters[0].retry.initial_interval_ns, 5000000000);
    cr_expect_eq(settings->exporters[0].batching.max_export_batch_size, 512);
    pt_settings_destroy(settings);
}

Test(exporters, a_short_max_interval_shortens_the_first)
{
    struct pt_settings *settings =
        expect_settings("exporters: {otlp: {retry_on_failure: {max_interval: 2s}}}\n", "");
    cr_expect_eq(settings->exporters[0].retry.initial_interval_ns, 2000000000);
    pt_settings_destroy(settings);
}

Test(exporters, batches_by_items_and_by_bytes)
{
    struct pt_settings *settings = expect_settings(
        "exporters:\n"
        "  one: {sending_queue: {batch: {max_size: 100}}}\n"
        "  two: {sending_queue: {batch: {sizer: bytes, min_size: 100000}}}\n"
        "  three: {sending_queue: {batch: {min_size: 100000}}}\n"
        "  four: {sending_queue: {batch: {sizer: bytes, max_size: 100}}}\n",
        "f:4:45: warning: a batch of that size is not made; 65536 is used, the most\n"
        "f:5:58: warning: a batch of that size is not made; 65536 is used, the least\n");
    cr_assert_eq(settings->exporter_count, 4);
    cr_expect_eq(settings->exporters[0].batching.max_export_batch_size, 100);
    cr_expect_eq(settings->exporters[1].batching.max_bytes, 100000);
    cr_expect_eq(settings->exporters[1].batching.max_export_batch_size, 512);
    cr_expect_eq(settings->exporters[2].batching.max_export_batch_size, 65536);
    cr_expect_eq(settings->exporters[3].batching.max_bytes, 65536);
    pt_settings_destroy(settings);
}

Test(exporters, those_of_other_signals_are_passed_over)
{
    struct pt_settings *settings = expect_settings(
        "exporters:\n"
        "  otlp-http/logs: {logs_endpoint: http://h/v1/logs}\n"
        "  otlp-http/all: {logs_endpoint: http://h/v1/logs, traces_endpoint: http://h/v1/traces}\n"
        "  otlp-http/base: {metrics_endpoint: http://h/v1/metrics, endpoint: http://h}\n",
        "f:2:3: warning: exporter otlp-http/logs has no endpoint for traces and is passed over; "
        "remove it, or add `endpoint`\n");
    cr_assert_eq(settings->exporter_count, 2);
    cr_expect_str_eq(settings->exporters[0].name.data, "otlp-http/all");
    pt_settings_destroy(settings);
}
