/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/control.h"
#include "tests/support/tracing.h"

/* What patter_reload changes for the spans that come, with the recorder as the exporter that stays.
 * Other exporters: tests/stress/reloads.c. */

static char path[] = "/tmp/patter-reload-XXXXXX";
static char lines[65536];

static void note(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s\n", line);
}

static void write_config(const char *yaml)
{
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs(yaml, file) >= 0 && fclose(file) == 0);
}

static struct patter_recorder *start(const char *yaml)
{
    struct patter_recorder *recorder = patter_recorder_new();
    struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder };
    cr_assert(close(mkstemp(path)) == 0);
    write_config(yaml);
    options.config_file = path;
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(note, NULL);
    cr_assert_eq(patter_init_tracing(&options), PATTER_OK);
    return recorder;
}

static void stop(struct patter_recorder *recorder)
{
    tracing_stop(recorder);
    unlink(path);
}

static const struct patter_value *leaves(struct patter_recorder *recorder, const char *key,
                                         const char *value)
{
    struct patter_call call = patter_call_begin(NULL);
    struct patter_span span = patter_span_begin(call, "app.step");
    patter_recorder_clear(recorder);
    patter_span_set_text(span, key, patter_text(value));
    patter_span_end(span);
    patter_call_end(call);
    return patter_recorder_attribute(tracing_span(recorder, "app.step"), key);
}

Test(reload, is_nothing_with_tracing_off)
{
    cr_assert_eq(patter_reload(), PATTER_DISABLED);
}

Test(reload, changes_what_may_leave)
{
    struct patter_recorder *recorder = start("privacy: {allowed_keys: [app.queue]}\n");
    cr_expect(leaves(recorder, "app.queue", "sales"));
    cr_expect_null(leaves(recorder, "app.tier", "gold"));

    write_config("privacy: {allowed_keys: [app.tier, {key: app.queue, class: choice, choices: "
                 "[support]}]}\n");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    cr_expect_null(leaves(recorder, "app.queue", "sales"), "what had passed before was remembered");
    cr_expect(leaves(recorder, "app.queue", "support"));
    cr_expect(leaves(recorder, "app.tier", "gold"));
    stop(recorder);
}

Test(reload, allows_a_key_after_any_number_of_made_up_ones)
{
    char name[32];
    struct patter_recorder *recorder = start("privacy: {allowed_keys: [app.queue]}\n");
    struct patter_call call = patter_call_begin(NULL);
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "app.made.up%d", i);
        patter_span_set_int(patter_call_root(call), name, i);
    }
    cr_expect_null(leaves(recorder, "app.tier", "gold"));
    cr_expect_eq(tracing_stats().attributes_denied, 2001);
    write_config("privacy: {allowed_keys: [app.tier]}\n");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    cr_expect(leaves(recorder, "app.tier", "gold"));
    patter_call_end(call);
    stop(recorder);
}

Test(reload, tells_of_each_denied_key_once)
{
    static const char told[] = "attribute app.tier may not leave; add it to privacy.allowed_keys";
    struct patter_recorder *recorder = start("privacy: {allowed_keys: [app.queue]}\n");
    cr_expect_null(leaves(recorder, "app.tier", "gold"));
    cr_expect_null(leaves(recorder, "app.tier", "gold"));
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    const char *first = strstr(lines, told);
    cr_assert(first, "%s", lines);
    cr_expect_null(strstr(first + 1, told), "%s", lines);
    stop(recorder);
}

Test(reload, a_broken_file_changes_nothing_and_is_told)
{
    struct patter_recorder *recorder = start("privacy: {allowed_keys: [app.queue]}\n");
    write_config("privacy: {allowed_keys: [app.tier]}\nlimits: {links: many}\nbatsh: {}\n");
    cr_assert_eq(patter_reload(), PATTER_INVALID);
    cr_expect(strstr(lines, ":2:17: `"), "%s", lines);
    cr_expect(strstr(lines, "batsh"), "%s", lines);
    cr_expect(strstr(lines, "the configuration stays as it was"), "%s", lines);
    cr_expect(leaves(recorder, "app.queue", "sales"));
    cr_expect_null(leaves(recorder, "app.tier", "gold"));
    stop(recorder);
}

Test(reload, a_file_that_is_gone_or_empty_changes_nothing_and_is_told)
{
    struct patter_recorder *recorder = start("privacy: {allowed_keys: [app.queue]}\n");
    unlink(path);
    cr_assert_eq(patter_reload(), PATTER_INVALID, "the file is gone");
    cr_expect(strstr(lines, ": the file is gone; put it back"), "%s", lines);
    write_config("");
    cr_assert_eq(patter_reload(), PATTER_INVALID, "the file is empty");
    cr_expect(strstr(lines, ": the file is empty; write what"), "%s", lines);
    write_config("# privacy: {allowed_keys: [app.tier]}\n");
    cr_assert_eq(patter_reload(), PATTER_INVALID, "nothing but a comment");
    cr_expect(leaves(recorder, "app.queue", "sales"));
    write_config("privacy: {allowed_keys: [app.tier]}\n");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    cr_expect(leaves(recorder, "app.tier", "gold"));
    stop(recorder);
}

Test(reload, a_file_that_was_always_empty_is_fine)
{
    struct patter_recorder *recorder = start("");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    stop(recorder);
}

/* Without a recorder, in an empty folder: what the environment says is in force, and all that is
 * said is in `lines`. */
static void start_without_file(char *folder)
{
    cr_assert(mkdtemp(folder) && chdir(folder) == 0);
    snprintf(path, sizeof(path), "patter.yaml");
    unsetenv("PATTER_CONFIG");
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    setenv("OTEL_TRACES_EXPORTER", "console", 1);
    patter_set_log(note, NULL);
    cr_assert_eq(patter_init_tracing(NULL), PATTER_OK, "%s", lines);
}

static void stop_without_file(const char *folder)
{
    patter_shutdown_tracing();
    patter_set_log(NULL, NULL);
    unlink("patter.yaml");
    cr_assert(chdir("/") == 0 && rmdir(folder) == 0);
}

Test(reload, a_file_that_a_reload_found_is_the_runs_from_then_on)
{
    char folder[] = "/tmp/patter-reload-XXXXXX";
    start_without_file(folder);
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    cr_expect(strstr(lines, "exporters: 1 as before, 0 new, 0 ending"), "%s", lines);
    write_config("reload: watch\nexporters: {stdout: {format: json}}\n");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    cr_expect(strstr(lines, "exporters: 0 as before, 1 new, 1 ending"), "%s", lines);
    cr_expect(pt_control.watch, "it is watched, too");
    unlink(path);
    cr_assert_eq(patter_reload(), PATTER_INVALID);
    cr_expect(strstr(lines, "/patter.yaml: the file is gone"), "%s", lines);
    stop_without_file(folder);
}

Test(reload, a_file_that_names_no_exporter_any_more_is_told_of)
{
    char folder[] = "/tmp/patter-reload-XXXXXX";
    start_without_file(folder);
    write_config("exporters: {stdout: {format: json}}\n");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    cr_expect_null(strstr(lines, "names no exporter any more"), "%s", lines);
    write_config("sampling: {ratio: 0.5}\n");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    cr_expect(strstr(lines, ": the file names no exporter any more"), "%s", lines);
    stop_without_file(folder);
}

Test(reload, changes_sampling_and_limits)
{
    struct patter_recorder *recorder = start("privacy: {allowed_keys: [app.queue]}\n");
    write_config("privacy: {allowed_keys: [app.queue]}\n"
                 "limits: {attribute_value_length: 3}\n");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    cr_expect_eq(leaves(recorder, "app.queue", "sales")->as.text.len, 3);
    write_config("sampling: {root: always_off}\n");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    patter_call_end(patter_call_begin(NULL));
    cr_expect_eq(tracing_stats().spans_unsampled, 1);
    stop(recorder);
}

Test(reload, tells_what_takes_effect_at_the_next_start)
{
    struct patter_recorder *recorder = start("resource: {app.site: berlin}\n");
    cr_assert_eq(patter_reload(), PATTER_OK);
    cr_expect_null(strstr(lines, "next start"), "%s", lines);
    write_config("resource: {app.site: paris}\n");
    cr_assert_eq(patter_reload(), PATTER_OK);
    cr_expect(strstr(lines, "takes effect at the next start"), "%s", lines);
    cr_expect_null(strstr(lines, "storage"), "%s", lines);
    write_config("resource: {app.site: paris}\nstorage: {directory: /var/lib/patter}\n");
    cr_assert_eq(patter_reload(), PATTER_OK, "%s", lines);
    cr_expect(strstr(lines, "storage takes effect at the next start"), "%s", lines);
    stop(recorder);
}

static char hash_of_caller[64];

static const char *hashed(struct patter_recorder *recorder)
{
    const struct patter_value *value = leaves(recorder, "app.caller", "c-17");
    cr_assert(value);
    snprintf(hash_of_caller, sizeof(hash_of_caller), "%.*s", (int)value->as.text.len,
             value->as.text.data);
    return hash_of_caller;
}

Test(reload, a_random_hash_key_stays_and_a_given_one_takes_its_place)
{
    char before[64];
    struct patter_recorder *recorder = start("privacy: {hashed_keys: [app.caller]}\n");
    snprintf(before, sizeof(before), "%s", hashed(recorder));
    cr_assert_eq(patter_reload(), PATTER_OK);
    cr_expect_str_eq(hashed(recorder), before);
    write_config("privacy: {hashed_keys: [app.caller], hash_key: 0123456789abcdef}\n");
    cr_assert_eq(patter_reload(), PATTER_OK);
    cr_expect_str_neq(hashed(recorder), before);
    stop(recorder);
}

Test(reload, a_file_of_the_working_directory_is_found_after_it_changed)
{
    char folder[] = "/tmp/patter-reload-XXXXXX";
    struct patter_recorder *recorder = patter_recorder_new();
    struct patter_init_options options = { .struct_size = sizeof(options),
                                           .recorder = recorder,
                                           .config_file = "./bot.yaml" };
    char line[128];
    patter_set_log(note, NULL);
    cr_assert(mkdtemp(folder) && chdir(folder) == 0);
    snprintf(path, sizeof(path), "bot.yaml");
    write_config("privacy: {allowed_keys: [app.queue]}\n");
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    cr_assert_eq(patter_init_tracing(&options), PATTER_OK);
    write_config("privacy: {allowed_keys: [app.tier]}\n");
    cr_assert(chdir("/") == 0);
    cr_assert_eq(patter_reload(), PATTER_OK);
    cr_expect(leaves(recorder, "app.tier", "gold"));
    cr_assert(chdir(folder) == 0);
    write_config("tiers: 1\n");
    cr_assert(chdir("/") == 0);
    cr_assert_eq(patter_reload(), PATTER_INVALID);
    snprintf(line, sizeof(line), "patter: error: %s/bot.yaml:1:1: `tiers` is", folder);
    cr_expect(strstr(lines, line), "%s", lines);
    tracing_stop(recorder);
    cr_assert(chdir(folder) == 0 && unlink("bot.yaml") == 0 && rmdir(folder) == 0);
}

/* As the bot's folder is where it starts, and another one where it works. */
Test(reload, a_file_that_was_searched_for_is_the_runs_whatever_else_is_found_later)
{
    char folder[] = "/tmp/patter-reload-XXXXXX";
    cr_assert(close(mkstemp(path)) == 0 && mkdtemp(folder));
    write_config("exporters: {stdout: }\n");
    setenv("PATTER_CONFIG", path, 1);
    setenv("PATTER_OTEL_ENABLED", "1", 1);
    patter_set_log(note, NULL);
    cr_assert_eq(patter_init_tracing(NULL), PATTER_OK, "%s", lines);
    unsetenv("PATTER_CONFIG");
    cr_assert(chdir(folder) == 0);
    FILE *other = fopen("patter.yaml", "w");
    cr_assert(other && fputs("tiers: 1\n", other) >= 0 && fclose(other) == 0);
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(patter_reload(), PATTER_OK, "%s", lines);
    }
    stop_without_file(folder);
    unlink(path);
}
