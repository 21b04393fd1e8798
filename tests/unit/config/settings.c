/* SPDX-License-Identifier: MIT */
#include "core/config/settings.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "tests/unit/config/support.h"

TestSuite(settings, .init = enter_folder, .fini = leave_folder);

Test(settings, every_key_of_the_file)
{
    setenv("KEY", "0123456789abcdef", 1);
    struct pt_settings *settings = expect_settings(
        "service: {name: front-desk-bot}\n"
        "resource: {deployment.environment.name: staging, service.version: 1.10}\n"
        "resource_detectors: [host, process]\n"
        "privacy:\n"
        "  allowed_keys: [app.retry_count, {key: app.queue, class: choice, choices: [sales, 7]}]\n"
        "  hashed_keys: [app.caller.ref]\n"
        "  hash_key: ${KEY}\n"
        "sampling: {ratio: 0.25, parent_based: false}\n"
        "limits: {attribute_value_length: 64, attributes: 16, events: 0, links: 4}\n"
        "batch: {schedule_delay: 200ms, max_export_batch_size: 100, max_bytes: 1MiB}\n"
        "buffer: {max_memory: 8MiB}\n"
        "plugin_path: [/usr/lib, /usr]\n"
        "log: {level: debug}\n"
        "exporters:\n"
        "  stdout:\n"
        "  otlp_http/tempo:\n"
        "    endpoint: http://tempo:4318\n"
        "    timeout: 3s\n"
        "    optional: true\n"
        "    plugin: /opt/x/patter-x.so\n"
        "    retry_on_failure: {enabled: false, initial_interval: 1s, max_interval: 2s,\n"
        "                       max_elapsed_time: 0, multiplier: 2, randomization_factor: 0}\n"
        "    sending_queue:\n"
        "      num_consumers: 2\n"
        "      batch: {flush_timeout: 50ms, min_size: 10, max_size: 20}\n",
        "");
    cr_expect_str_eq(resource_text(settings, "service.name"), "front-desk-bot");
    cr_expect_str_eq(resource_text(settings, "deployment.environment.name"), "staging");
    cr_expect_str_eq(resource_text(settings, "service.version"), "1.10", "never a number");
    cr_expect(settings->detect_host && settings->detect_process);
    cr_assert_eq(settings->allowed_key_count, 3);
    cr_expect_eq(settings->allowed_keys[0].value_class, PT_CLASS_ANY);
    cr_expect_eq(settings->allowed_keys[1].value_class, PT_CLASS_CHOICE);
    cr_expect_str_eq(settings->allowed_keys[1].choices[1], "7");
    cr_expect_null(settings->allowed_keys[1].choices[2]);
    cr_expect_eq(settings->allowed_keys[2].value_class, PT_CLASS_HASHED);
    cr_expect(pt_str_is(settings->hash_key, "0123456789abcdef"));
    cr_expect_eq(settings->sampling.root, PT_SAMPLER_RATIO);
    cr_expect_eq(settings->sampling.ratio, 0.25);
    cr_expect_not(settings->sampling.parent_based);
    cr_expect_eq(settings->limits.attribute_value_length, 64);
    cr_expect_eq(settings->limits.attributes, 16);
    cr_expect_eq(settings->limits.events, 0);
    cr_expect_eq(settings->limits.links, 4);
    cr_expect_eq(settings->batching.schedule_delay_ns, 200000000);
    cr_expect_eq(settings->batching.max_export_batch_size, 100);
    cr_expect_eq(settings->batching.max_bytes, 1 << 20);
    cr_expect_eq(settings->max_memory, 8 << 20);
    cr_expect_str_eq(settings->plugin_path[1], "/usr");
    cr_expect_null(settings->plugin_path[2]);
    cr_expect_eq(settings->log_level, PATTER_LOG_DEBUG);
    cr_expect_str_eq(settings->file, "f");

    cr_assert_eq(settings->exporter_count, 2);
    cr_expect_eq(settings->exporters[0].section->kind, PT_NODE_NULL);
    cr_expect_eq(settings->exporters[0].timeout_ns, 10000000000);
    cr_expect_eq(settings->exporters[0].retry.max_elapsed_time_ns, 300000000000);
    cr_expect_eq(settings->exporters[0].num_consumers, 4);
    cr_expect_eq(settings->exporters[0].batching.max_export_batch_size, 100);

    const struct pt_exporter_settings *tempo = &settings->exporters[1];
    cr_expect_str_eq(tempo->name.data, "otlp_http/tempo");
    cr_expect_str_eq(tempo->plugin.data, "otlp-http");
    cr_expect_str_eq(tempo->plugin_path.data, "/opt/x/patter-x.so");
    cr_expect_eq(tempo->place.line, 16);
    cr_expect(tempo->optional);
    cr_expect_eq(tempo->timeout_ns, 3000000000);
    cr_expect_not(tempo->retry.enabled);
    cr_expect_eq(tempo->retry.initial_interval_ns, 1000000000);
    cr_expect_eq(tempo->retry.max_elapsed_time_ns, 0);
    cr_expect_eq(tempo->retry.multiplier, 2.0);
    cr_expect_eq(tempo->retry.randomization_factor, 0.0);
    cr_expect_eq(tempo->num_consumers, 2);
    cr_expect_eq(tempo->batching.schedule_delay_ns, 50000000);
    cr_expect_eq(tempo->batching.max_export_batch_size, 10);
    cr_expect_eq(tempo->batching.max_bytes, 1 << 20);
    pt_settings_destroy(settings);
}

Test(settings, effective_values_say_where_they_come_from)
{
    setenv("OTEL_SPAN_LINK_COUNT_LIMIT", "3", 1);
    struct pt_settings *settings =
        expect_settings("privacy: {hash_key: 0123456789abcdef}\nbatch: {schedule_delay: 2s}\n", "");
    const struct pt_effective *value = find_effective(settings, "batch.schedule_delay");
    cr_assert_not_null(value);
    cr_expect_str_eq(value->value, "2s");
    cr_expect_str_eq(value->place.source, "f");
    cr_expect_eq(value->place.line, 2);
    cr_expect_eq(value->place.column, 25);
    value = find_effective(settings, "limits.links");
    cr_assert_not_null(value);
    cr_expect_str_eq(value->value, "3");
    cr_expect_str_eq(value->place.source, "environment variable OTEL_SPAN_LINK_COUNT_LIMIT");
    value = find_effective(settings, "limits.events");
    cr_assert_not_null(value);
    cr_expect_str_eq(value->value, "32");
    cr_expect_str_eq(value->place.source, "default");
    value = find_effective(settings, "privacy.hash_key");
    cr_assert_not_null(value);
    cr_expect_str_eq(value->value, "********");
    value = find_effective(settings, "exporters.otlp-http.timeout");
    cr_assert_not_null(value);
    cr_expect_str_eq(value->value, "10s");
    pt_settings_destroy(settings);
}

Test(settings, all_faults_of_a_file_at_once_in_line_order)
{
    unsetenv("PT_TEST_UNSET");
    expect_faults("exporters:\n"
                  "  otlp-http:\n"
                  "    timeout: ten\n"
                  "    retry_on_failure: {max_elapsed: 5s}\n"
                  "sampling: {ratio: 2}\n"
                  "limits: {attributes: 0, events: x}\n"
                  "limits: {links: 1}\n"
                  "batch: {schedule_delay: 5 s, max_bytes: 3M}\n"
                  "servise: {name: a}\n"
                  "log: {level: inof}\n"
                  "service: {name: \"${PT_TEST_UNSET}\"}\n",
                  "f:3:14: error: `timeout` must be a duration such as 500ms, 10s or 1m30s; found "
                  "`ten`\n"
                  "f:4:24: error: `max_elapsed` is no key of `retry_on_failure` in exporter "
                  "otlp-http; its keys are enabled, initial_interval, max_interval, "
                  "max_elapsed_time, multiplier, randomization_factor\n"
                  "f:5:19: error: `sampling.ratio` must be between 0 and 1: 0.1 traces every tenth "
                  "call; found `2`\n"
                  "f:6:22: error: `limits.attributes` must be between 1 and 256; found `0`\n"
                  "f:6:33: error: `limits.events` must be a whole number; found `x`\n"
                  "f:7:1: error: key `limits` is given twice, first in line 6; keep one of them\n"
                  "f:8:25: error: `batch.schedule_delay` must be a duration such as 500ms, 10s or "
                  "1m30s; found `5 s`\n"
                  "f:8:41: error: `batch.max_bytes` must be a size such as 512KiB or 3MiB; found "
                  "`3M`\n"
                  "f:9:1: error: `servise` is no key of patter.yaml; did you mean `service`?\n"
                  "f:10:14: error: `log.level` must be error, warning, info or debug; found "
                  "`inof`: did you mean info?\n"
                  "f:11:17: error: environment variable PT_TEST_UNSET is not set; set it, or write "
                  "${PT_TEST_UNSET:-} where it may be empty\n");
}

Test(settings, wrong_types)
{
    expect_faults("batch: 5\n", "f:1:8: error: `batch` must be a map of keys to values; found "
                                "`5`\n");
    expect_faults("limits: [1]\n",
                  "f:1:9: error: `limits` must be a map of keys to values; found a list\n");
    expect_faults("sampling: {parent_based: \"true\"}\n",
                  "f:1:26: error: `sampling.parent_based` must be true or false; found `true` in "
                  "quotes: write it without them\n");
    expect_faults("service: {name: [a]}\n",
                  "f:1:17: error: `service.name` must be a text; found a list\n");
    expect_faults("resource: {deployment: {environment: x}, tags: [a]}\n",
                  "f:1:12: error: keys of `resource` do not nest; write `deployment.environment: "
                  "...` in one line\n"
                  "f:1:48: error: `tags` must be a text; found a list\n");
    expect_faults("resource: staging\n",
                  "f:1:11: error: `resource` must be a map of attributes; found `staging`\n");
    expect_faults("resource_detectors: [container]\n",
                  "f:1:22: error: `resource_detectors` are host and process; found `container`\n");
    expect_faults("plugin_path: exporters\n", "f:1:14: error: `plugin_path` takes absolute "
                                              "folders, as in /opt/acme/exporters\n");
    expect_faults("hello\n", "f:1:1: error: the file must be a map of keys, as in `service: {name: "
                             "front-desk}`; found `hello`\n");
    expect_faults("- a\n", "f:1:1: error: the file must be a map of keys, as in `service: {name: "
                           "front-desk}`; found a list\n");
}

Test(settings, keys_in_the_wrong_place)
{
    expect_faults("schedule_delay: 1s\n",
                  "f:1:1: error: `schedule_delay` is no key of patter.yaml; it belongs into "
                  "`batch:`\n");
    expect_faults("batch: {plugin_path: /x}\n",
                  "f:1:9: error: `plugin_path` is no key of `batch` in patter.yaml; it belongs "
                  "further out, directly into patter.yaml\n");
    expect_faults("zzzz: 1\n",
                  "f:1:1: error: `zzzz` is no key of patter.yaml; its keys are service, "
                  "resource_detectors, sampling, limits, batch, buffer, storage, log, reload, "
                  "plugin_path, "
                  "resource, privacy, exporters\n");
    expect_faults("storage: {max_size: 1GiB}\n",
                  "f:1:10: error: `storage` needs a `directory`, as in /var/lib/patter\n");
    pt_settings_destroy(
        expect_settings("storage: {directory: /x}\nbuffer: {max_memory: 2MiB}\n",
                        "f:2:22: warning: `buffer.max_memory`: spans on their way to and from "
                        "`storage` need 8MiB; 8MiB are taken\n"));
    expect_faults("storage: {directory: spool, max_age: 1h}\n",
                  "f:1:22: error: `storage.directory` takes an absolute path, as in "
                  "/var/lib/patter\n");
    expect_faults("file_format: \"1.0\"\n",
                  "f:1:1: error: `file_format`: this is an OpenTelemetry configuration file; "
                  "patter's own keys are in docs/configuration.md\n");
    expect_faults("receivers:\nprocessors:\nconnectors:\nextensions:\nservice: {pipelines: , "
                  "extensions: , telemetry: }\n",
                  "f:1:1: error: `receivers`: this is a collector's file; keep its `exporters:` "
                  "block alone\n"
                  "f:2:1: error: `processors`: this is a collector's file; keep its `exporters:` "
                  "block alone\n"
                  "f:3:1: error: `connectors`: this is a collector's file; keep its `exporters:` "
                  "block alone\n"
                  "f:4:1: error: `extensions`: this is a collector's file; keep its `exporters:` "
                  "block alone\n"
                  "f:5:11: error: `service.pipelines`: this is a collector's file; keep its "
                  "`exporters:` block alone\n"
                  "f:5:24: error: `service.extensions`: this is a collector's file; keep its "
                  "`exporters:` block alone\n"
                  "f:5:38: error: `service.telemetry`: this is a collector's file; keep its "
                  "`exporters:` block alone\n");
}

Test(settings, a_secret_in_a_variable_is_never_shown)
{
    setenv("TOKEN", "canary", 1);
    expect_faults("batch: {schedule_delay: \"${TOKEN}\"}\nlog: {level: \"${TOKEN}\"}\n"
                  "exporters: {stdout: \"${TOKEN}\"}\n",
                  "f:1:25: error: `batch.schedule_delay` must be a duration such as 500ms, 10s or "
                  "1m30s; found another text in the variable\n"
                  "f:2:14: error: `log.level` must be error, warning, info or debug; found another "
                  "text in the variable\n"
                  "f:3:21: error: exporter stdout must be a map of keys, as in stdout: {endpoint: "
                  "...}, or empty for its defaults; found another text in the variable\n");
    struct pt_problems problems = { 0 };
    struct pt_settings *settings =
        read_settings("batch: {schedule_delay: \"${TOKEN}\"}\n", &problems);
    cr_expect_str_eq(find_effective(settings, "batch.schedule_delay")->value, "********");
    pt_settings_destroy(settings);
    pt_problems_clean(&problems);
}

Test(settings, sampling)
{
    struct pt_settings *settings = expect_settings("sampling: {root: always_off}\n", "");
    cr_expect_eq(settings->sampling.root, PT_SAMPLER_ALWAYS_OFF);
    cr_expect(settings->sampling.parent_based);
    pt_settings_destroy(settings);
    settings = expect_settings("sampling: {root: ratio}\n", "");
    cr_expect_eq(settings->sampling.root, PT_SAMPLER_RATIO);
    cr_expect_eq(settings->sampling.ratio, 1.0);
    pt_settings_destroy(settings);
    settings = expect_settings("{}", "");
    cr_expect_eq(settings->sampling.root, PT_SAMPLER_ALWAYS_ON);
    pt_settings_destroy(settings);
    expect_faults("sampling: {root: always_on, ratio: 0.5}\n",
                  "f:1:36: warning: `sampling.ratio` has no effect with `root: always_on`; remove "
                  "one of them\n");
    expect_faults("sampling: {root: alwayson, ratio: half}\n",
                  "f:1:18: error: `sampling.root` must be always_on, always_off or ratio; found "
                  "`alwayson`: did you mean always_on?\n"
                  "f:1:35: error: `sampling.ratio` must be a number; found `half`\n");
}

Test(settings, service_name_wins_over_resource)
{
    struct pt_settings *settings =
        expect_settings("service: {name: a}\nresource: {service.name: b}\n",
                        "f:2:26: warning: `service: {name}` in line 1 wins over this "
                        "`service.name`; remove one of them\n");
    cr_expect_str_eq(resource_text(settings, "service.name"), "a");
    pt_settings_destroy(settings);
}

/* ---- the file -------------------------------------------------------------------- */

Test(settings, an_empty_file_is_fine)
{
    expect_faults("", "");
    expect_faults("# nothing but a comment\n", "");
}

Test(settings, broken_files_do_not_lead_to_more_errors)
{
    expect_faults("service: {name: a}\nexporters:\n\tstdout:\n",
                  "f:3:1: error: a tab stands in the indentation; YAML indents with spaces: "
                  "replace each tab by spaces\n");
    expect_faults("\x7f"
                  "ELF\x02\x01",
                  "f:1:1: error: byte 0x7f is not part of a UTF-8 text; the file must be YAML, as "
                  "an editor saves it\n");
}

Test(settings, bytes_that_are_no_text)
{
    struct pt_problems problems = { 0 };
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = "f" };
    int fd = open("f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    cr_assert_eq(write(fd, "a: b\nc:\0\0\0", 10), 10);
    close(fd);
    pt_settings_destroy(pt_settings_read(&options, &problems));
    expect_problems(&problems, "f:2:3: error: byte 0x00 is not part of a UTF-8 text; the file must "
                               "be YAML, as an editor saves it\n");
}

Test(settings, ten_mebibytes_are_not_read)
{
    char *text = malloc((10 << 20) + 1);
    cr_assert_not_null(text);
    memset(text, '#', 10 << 20);
    text[10 << 20] = '\0';
    expect_faults(text, "f: error: the file is longer than 1 MiB, the most that is read; is it the "
                        "right file?\n");
    free(text);
}

Test(settings, a_file_that_others_may_write_is_refused)
{
    struct pt_problems problems = { 0 };
    struct pt_text expected = { 0 };
    struct pt_settings *settings;
    static const mode_t modes[] = { 0666, 0664, 0646 };
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        write_file("patter.yaml", "exporters: {stdout: }\n");
        cr_assert_eq(chmod("patter.yaml", modes[i]), 0);
        settings = pt_settings_read(NULL, &problems);
        pt_text_clean(&expected);
        pt_text_add(&expected,
                    "./patter.yaml: error: others may write this file (user %u, mode %04o); run "
                    "`chmod go-w ./patter.yaml`\n",
                    geteuid(), modes[i]);
        expect_problems(&problems, expected.data);
        cr_expect_null(settings->file);
        cr_expect_eq(settings->exporter_count, 0, "nothing is sent where the file is refused");
        cr_expect_str_eq(settings->candidates[0].verdict, "refused");
        cr_expect_str_eq(settings->candidates[1].verdict, "not looked at: an earlier one is wrong");
        pt_settings_destroy(settings);
    }
    pt_text_clean(&expected);
}

Test(settings, a_file_of_another_user_is_refused)
{
    struct pt_problems problems = { 0 };
    write_file("patter.yaml", "exporters: {stdout: }\n");
    if (chown("patter.yaml", 4242, 4242) != 0) {
        cr_skip_test("only root can give a file away");
    }
    pt_settings_destroy(pt_settings_read(NULL, &problems));
    expect_problems(&problems, "./patter.yaml: error: the file belongs to user 4242 (mode 0644), "
                               "but must belong to root or to the process's user 0; run `chown 0 "
                               "./patter.yaml`\n");
}

Test(settings, what_is_no_file_is_refused)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = "d" };
    cr_assert_eq(mkdir("d", 0755), 0);
    pt_settings_destroy(expect_environment(
        &options, "d: error: this is a folder, not a file; name the YAML file itself\n"));
    cr_assert_eq(rmdir("d"), 0);
    cr_assert_eq(mkfifo("d", 0600), 0);
    pt_settings_destroy(expect_environment(
        &options, "d: error: this is a device or pipe, not a file; name the YAML file itself\n"));
}

Test(settings, folders_of_plugins_that_are_not_there_are_told)
{
    static const char warning[] = "f:1:14: warning: `plugin_path` names /nonexistent, and there is "
                                  "no such folder; correct it, or remove it\n";
    expect_faults("plugin_path: /nonexistent\n", warning);
    expect_faults("plugin_path: [/usr/lib, /nonexistent]\n", warning);
    expect_faults("plugin_path: /usr/lib\n", "");
}

Test(settings, named_files_must_exist_and_the_others_may)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = "x" };
    pt_settings_destroy(expect_environment(&options, "x: error: the file that was named does not "
                                                     "exist; create it or correct the name\n"));
    setenv("PATTER_CONFIG", "y", 1);
    pt_settings_destroy(
        expect_environment(NULL, "y: error: the file that PATTER_CONFIG names does not exist; "
                                 "create it or correct the name\n"));
    unsetenv("PATTER_CONFIG");
    struct pt_settings *settings = expect_environment(NULL, "");
    cr_expect_null(settings->file);
    cr_expect_str_eq(settings->candidates[0].path, "./patter.yaml");
    cr_expect_str_eq(settings->candidates[0].verdict, "does not exist");
    pt_settings_destroy(settings);
}

Test(settings, the_first_file_is_read)
{
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = "x" };
    write_file("x", "service: {name: x}\n");
    write_file("y", "service: {name: y}\n");
    write_file("patter.yaml", "service: {name: default}\n");
    setenv("PATTER_CONFIG", "y", 1);
    struct pt_settings *settings = expect_environment(&options, "");
    cr_expect_str_eq(resource_text(settings, "service.name"), "x");
    cr_assert_eq(settings->candidate_count, 4);
    cr_expect_str_eq(settings->candidates[0].verdict, "read");
    cr_expect_str_eq(settings->candidates[1].path, "y");
    cr_expect_str_eq(settings->candidates[1].verdict, "passed over: an earlier one was read");
    pt_settings_destroy(settings);
    settings = expect_environment(NULL, "");
    cr_expect_str_eq(resource_text(settings, "service.name"), "y");
    pt_settings_destroy(settings);
    setenv("PATTER_CONFIG", "", 1);
    settings = expect_environment(NULL, "");
    cr_expect_str_eq(resource_text(settings, "service.name"), "default");
    cr_expect_str_eq(settings->file, "./patter.yaml");
    pt_settings_destroy(settings);
}

/* ---- code ------------------------------------------------------------------------- */

Test(settings, code_fills_what_the_file_leaves_open)
{
    static const struct patter_resource_attribute attributes[] = {
        { "deployment.environment", "code" }, { "service.version", "2" }, { NULL, NULL }
    };
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .config_file = "f",
                                           .service_name = "code",
                                           .resource_attributes = attributes,
                                           .resource_attribute_count = 3 };
    write_file("f", "resource: {service.version: 1}\nexporters: {stdout: }\n");
    setenv("OTEL_SERVICE_NAME", "env", 1);
    setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=env,team=voice%20bots", 1);
    struct pt_settings *settings = expect_environment(&options, "");
    cr_expect_str_eq(resource_text(settings, "service.name"), "code");
    cr_expect_str_eq(resource_text(settings, "service.version"), "1");
    cr_expect_str_eq(resource_text(settings, "deployment.environment"), "code");
    cr_expect_str_eq(resource_text(settings, "team"), "voice bots");
    cr_expect_eq(settings->resource_count, 4);
    for (size_t i = 0; i < settings->resource_count; i++) {
        bool is_code = pt_str_is(settings->resource[i].value.as.text, "code");
        cr_expect_eq(settings->resource[i].from_code, is_code);
    }
    cr_expect_str_eq(find_effective(settings, "resource.deployment.environment")->value,
                     "(given in code)");
    pt_settings_destroy(settings);
}

Test(settings, code_s_endpoint_makes_otlp_http)
{
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .otlp_endpoint = "http://code:4318" };
    setenv("OTEL_EXPORTER_OTLP_HEADERS", "a=b", 1);
    struct pt_settings *settings = expect_environment(&options, "");
    cr_assert_eq(settings->exporter_count, 1);
    cr_expect_str_eq(settings->exporters[0].plugin.data, "otlp-http");
    cr_expect_str_eq(settings->exporters[0].place.source, "patter_init_tracing");
    cr_expect_str_eq(section_text(settings, 0, "endpoint"), "http://code:4318");
    cr_expect_str_eq(section_text(settings, 0, "headers.a"), "b");
    pt_settings_destroy(settings);
}

Test(settings, a_token_does_not_go_to_the_code_s_endpoint)
{
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .otlp_endpoint = "http://code:4318" };
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://env:4318", 1);
    setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20canary", 1);
    setenv("OTEL_TRACES_EXPORTER", "console", 1);
    struct pt_settings *settings = expect_environment(
        &options,
        "environment variable OTEL_TRACES_EXPORTER: note: it is passed over: the program gives "
        "the endpoint\n"
        "environment variable OTEL_EXPORTER_OTLP_ENDPOINT: note: it is passed over: the program "
        "gives the endpoint\n"
        "environment variable OTEL_EXPORTER_OTLP_HEADERS: note: it is passed over: the program "
        "gives the endpoint\n");
    cr_assert_eq(settings->exporter_count, 1);
    cr_expect_str_eq(section_text(settings, 0, "endpoint"), "http://code:4318");
    cr_expect_null(section_text(settings, 0, "headers"));
    pt_settings_destroy(settings);
}

Test(settings, a_file_s_exporters_stand_alone)
{
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .config_file = "f",
                                           .otlp_endpoint = "http://code:4318" };
    write_file("f", "service: {name: a}\n"
                    "exporters:\n"
                    "  otlp-http: {endpoint: \"${env:OTEL_EXPORTER_OTLP_ENDPOINT}\"}\n");
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://env:4318", 1);
    setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=canary", 1);
    struct pt_settings *settings = expect_environment(
        &options,
        "patter_init_tracing: note: otlp_endpoint is passed over: the exporters are those of f, "
        "line 3\n"
        "environment variable OTEL_EXPORTER_OTLP_TRACES_HEADERS: note: it is passed over: the "
        "exporters are those of f, line 3\n");
    cr_assert_eq(settings->exporter_count, 1);
    cr_expect_str_eq(section_text(settings, 0, "endpoint"), "http://env:4318");
    cr_expect_null(section_text(settings, 0, "headers"));
    pt_settings_destroy(settings);
}

Test(settings, a_file_without_exporters_leaves_them_open)
{
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .config_file = "f",
                                           .otlp_endpoint = "http://code:4318" };
    write_file("f", "service: {name: a}\n");
    struct pt_settings *settings = expect_environment(&options, "");
    cr_expect_str_eq(section_text(settings, 0, "endpoint"), "http://code:4318");
    pt_settings_destroy(settings);
}

Test(settings, a_recorder_reads_no_file_unless_named)
{
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .recorder = (struct patter_recorder *)&options };
    write_file("patter.yaml", "nonsense: 1\n");
    struct pt_settings *settings = expect_environment(&options, "");
    cr_expect_eq(settings->exporter_count, 0);
    cr_expect_null(settings->file);
    pt_settings_destroy(settings);
}

Test(settings, struct_size_must_be_set)
{
    struct patter_init_options options = { .service_name = "a" };
    pt_settings_destroy(expect_environment(
        &options, "patter_init_tracing: error: struct_size is 0, so no option is read; set it to "
                  "sizeof(struct patter_init_options)\n"));
}
