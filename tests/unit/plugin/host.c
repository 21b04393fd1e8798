/* SPDX-License-Identifier: MIT */
#include "core/plugin/host.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <patter/version.h>

#include "core/base/sink.h"
#include "core/base/text.h"
#include "core/config/yaml.h"
#include "tests/unit/plugin/support.h"

/* An exporter's section on line 3 and what was read around it. */
struct fixture {
    struct pt_settings settings;
    struct pt_exporter_settings exporter;
    const char *folders[2];
    struct pt_problems problems;
};

static void init(struct fixture *fixture, const char *plugin, const char *section)
{
    char yaml[512];
    snprintf(yaml, sizeof(yaml), "\n\nx:\n  %s\n", section);
    *fixture = (struct fixture){ .folders = { plugins_folder(), NULL } };
    fixture->settings.tree = pt_yaml_parse("f", yaml, strlen(yaml), &fixture->problems);
    cr_assert_eq(fixture->problems.count, 0);
    fixture->settings.plugin_path = fixture->folders;
    pt_settings_share(&fixture->settings);
    fixture->exporter = (struct pt_exporter_settings){
        .name = patter_text("mine/1"),
        .plugin = patter_text(plugin),
        .section = pt_node_get(fixture->settings.tree->root, "x"),
        .place = { "f", 3, 1 },
        .num_consumers = 4,
    };
}

static void clean(struct fixture *fixture)
{
    pt_tree_destroy(fixture->settings.tree);
    pt_problems_clean(&fixture->problems);
}

static struct pt_instance *make(struct fixture *fixture)
{
    return pt_instance_new(&fixture->settings, &fixture->exporter, &fixture->problems);
}

static void expect_failure(const char *plugin, const char *section, const char *expected)
{
    struct fixture fixture;
    struct pt_text text = { 0 };
    init(&fixture, plugin, section);
    cr_expect_null(make(&fixture));
    cr_expect_gt(fixture.problems.error_count, 0);
    for (const char *place; (place = strstr(expected, "FOLDER")); expected = place + 6) {
        pt_text_add(&text, "%.*s%s", (int)(place - expected), expected, plugins_folder());
    }
    pt_text_add(&text, "%s", expected);
    expect_problems(&fixture.problems, pt_text_get(&text));
    pt_text_clean(&text);
    clean(&fixture);
}

static void expect_workers(const char *plugin, uint32_t expected)
{
    struct fixture fixture;
    init(&fixture, plugin, "");
    struct pt_instance *instance = make(&fixture);
    cr_assert(instance);
    cr_expect_eq(instance->worker_count, expected);
    cr_expect_eq(instance->host.worker_count, expected);
    cr_expect_str_eq(instance->exporter->name, plugin);
    pt_instance_destroy(instance);
    expect_problems(&fixture.problems, "");
    clean(&fixture);
}

Test(host, workers)
{
    expect_workers("slow", 4); /* it says that it is concurrent */
    expect_workers("hang", 1);
    expect_workers("newer-minor", 4);
    expect_workers("cxx", 1);
    expect_workers("frozen", 1);
}

Test(host, by_path)
{
    struct fixture fixture;
    char path[PT_PLUGIN_PATH_MAX];
    init(&fixture, "otherwise", "{plugin: x, timeout: 3s}");
    snprintf(path, sizeof(path), "%s/patter-other-name.so", plugins_folder());
    fixture.exporter.plugin_path = patter_text(path);
    struct pt_instance *instance = make(&fixture);
    cr_assert(instance);
    cr_expect_str_eq(instance->path, path);
    cr_expect_str_eq(instance->name, "mine/1");
    pt_instance_destroy(instance);
    expect_problems(&fixture.problems, "");
    clean(&fixture);
}

Test(host, another_name_is_told)
{
    struct fixture fixture;
    char expected[512];
    init(&fixture, "other-name", "");
    struct pt_instance *instance = make(&fixture);
    cr_assert(instance);
    pt_instance_destroy(instance);
    snprintf(expected, sizeof(expected),
             "f:3:1: warning: mine/1: %s/patter-other-name.so calls itself `another`; rename it "
             "to patter-another.so\n",
             plugins_folder());
    expect_problems(&fixture.problems, expected);
    clean(&fixture);
}

Test(host, stages)
{
    struct fixture fixture;
    init(&fixture, "absent", "");
    cr_expect_null(make(&fixture));
    cr_assert_eq(fixture.problems.count, 1);
    cr_expect(pt_str_starts(patter_text(fixture.problems.items[0].text),
                            "mine/1: locate: there is no plugin `absent`"));
    clean(&fixture);
    expect_failure("text", "",
                   "f:3:1: error: mine/1: open: FOLDER/patter-text.so: this is no shared object "
                   "(it does not begin with ELF's mark); build the plugin with -shared -fPIC and "
                   "name the .so\n");
    expect_failure("newer-abi", "",
                   "f:3:1: error: mine/1: identify: FOLDER/patter-newer-abi.so: built for plugin "
                   "ABI v2; this patter loads v1: use a newer patter, or build the plugin against "
                   "this one's exporter.h\n");
    expect_failure("host-key", "",
                   "f:3:1: error: mine/1: version: FOLDER/patter-host-key.so: option "
                   "`retry_on_failure.enabled` is the host's own key; remove it from the table\n");
    expect_failure("hang", "{until: nevr, unknown: 1}",
                   "f:4:11: error: `until` must be interrupt or never; found `nevr`: did you mean "
                   "never?\n"
                   "f:4:17: error: `unknown` is no key of exporter mine/1; its keys are until, "
                   "timeout, retry_on_failure, sending_queue, optional, plugin\n");
}

Test(host, create_fails)
{
    expect_failure("create-fails", "way: text",
                   "f:3:1: error: mine/1: start: cannot begin: connection table is full\n");
    expect_failure("create-fails", "{way: option, tls: {ca_file: x}}",
                   "f:4:32: error: mine/1: start: `tls.ca_file`: no PEM in it; write one\n");
    expect_failure("create-fails", "way: both",
                   "f:3:1: error: mine/1: start: `tls.ca_file`: no PEM in it; write one\n"
                   "f:3:1: error: mine/1: start: no reason was given\n"
                   "f:4:8: error: mine/1: start: `way`: this one never works\n");
    expect_failure("create-fails", "way: absent",
                   "f:3:1: error: mine/1: start: `tls.key_file`: is not there\n");
    expect_failure("create-fails", "way: silent",
                   "f:3:1: error: mine/1: start: FOLDER/patter-create-fails.so refused with "
                   "status 3 and gave no reason\n");
}

Test(host, optional_exporter_may_fail)
{
    struct fixture fixture;
    init(&fixture, "create-fails", "way: text");
    fixture.exporter.optional = true;
    cr_expect_null(make(&fixture));
    cr_expect_eq(fixture.problems.error_count, 0);
    expect_problems(&fixture.problems,
                    "f:3:1: warning: mine/1: start: cannot begin: connection table is full (it is "
                    "optional: patter goes on without it)\n");
    clean(&fixture);
}

static void keep_line(void *data, int32_t level, const char *line)
{
    pt_text_add(data, "%d %s\n", level, line);
}

Test(host, log)
{
    struct fixture fixture;
    struct pt_text lines = { 0 };
    init(&fixture, "talks", "colour: blue");
    pt_sink_set(keep_line, &lines);
    struct pt_instance *instance = make(&fixture);
    cr_assert(instance);
    pt_sink_set(NULL, NULL);
    cr_expect_str_eq(pt_text_get(&lines), "3 patter: mine/1: version " PATTER_VERSION
                                          ", instance mine/1, 1 workers, colour blue\n"
                                          "2 patter: warning: mine/1: again and again\n"
                                          "2 patter: warning: mine/1: of no known level\n");
    pt_instance_destroy(instance);
    pt_text_clean(&lines);
    clean(&fixture);
}

Test(host, builtin)
{
    struct patter_exporter exporter = sound_exporter(NULL, 0);
    struct pt_instance *instance = pt_instance_new_builtin(&exporter, &exporter, "recorder");
    cr_assert(instance);
    cr_expect_eq(instance->self, (void *)&exporter);
    cr_expect_eq(instance->worker_count, 1);
    cr_expect_str_eq(instance->path, "");
    pt_instance_destroy(instance);
    pt_instance_destroy(NULL);
}
