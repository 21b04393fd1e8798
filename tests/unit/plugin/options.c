/* SPDX-License-Identifier: MIT */
#include "core/plugin/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "core/config/yaml.h"
#include "tests/unit/plugin/support.h"

static const char *const colours[] = { "auto", "always", "never", NULL };

enum {
    ENDPOINT,
    COMPRESS,
    LEVEL,
    RATIO,
    COLOUR,
    INTERVAL,
    LIMIT,
    FIELDS,
    HEADERS,
    TOKEN,
    CA_FILE,
    INSECURE,
    BUFFER,
    METRICS,
    AUTH,
    TPM,
    COUNT
};

static const struct patter_option options[COUNT] = {
    [ENDPOINT] = { .name = "endpoint",
                   .type = PATTER_TEXT,
                   .fallback = "http://localhost:4318",
                   .help = "Where to." },
    [COMPRESS] = { .name = "compress", .type = PATTER_BOOL, .fallback = "true", .help = "Gzip." },
    [LEVEL] = { .name = "level", .type = PATTER_INT, .min = 1, .max = 9, .help = "Of gzip." },
    [RATIO] = { .name = "ratio", .type = PATTER_DOUBLE, .help = "A share." },
    [COLOUR] = { .name = "colour",
                 .type = PATTER_TEXT,
                 .choices = colours,
                 .fallback = "auto",
                 .help = "When." },
    [INTERVAL] = { .name = "interval",
                   .type = PATTER_DURATION,
                   .min = 1000000,
                   .max = INT64_MAX,
                   .fallback = "1m30s",
                   .help = "How often." },
    [LIMIT] = { .name = "limit",
                .type = PATTER_SIZE,
                .min = 1024,
                .max = 1 << 20,
                .fallback = "64KiB",
                .help = "How much." },
    [FIELDS] = { .name = "fields", .type = PATTER_TEXT_LIST, .fallback = "name", .help = "Which." },
    [HEADERS] = { .name = "headers",
                  .type = PATTER_TEXT_MAP,
                  .help = "To send.",
                  .flags = PATTER_OPTION_SECRET },
    [TOKEN] = { .name = "token",
                .type = PATTER_INT,
                .flags = PATTER_OPTION_SECRET,
                .help = "A secret number." },
    [CA_FILE] = { .name = "tls.ca_file", .type = PATTER_TEXT, .help = "PEM file." },
    [INSECURE] = { .name = "tls.insecure",
                   .type = PATTER_BOOL,
                   .fallback = "false",
                   .help = "Plain text." },
    [BUFFER] = { .name = "read_buffer_size",
                 .flags = PATTER_OPTION_WARNED,
                 .help = "the system chooses." },
    [METRICS] = { .name = "metrics_endpoint", .flags = PATTER_OPTION_PASSED, .help = "Not ours." },
    [AUTH] = { .name = "auth",
               .flags = PATTER_OPTION_REFUSED,
               .help = "write headers: {authorization: ...}" },
    [TPM] = { .name = "tls.tpm", .flags = PATTER_OPTION_REFUSED, .help = "use tls.key_file" },
};

/* One reading of a section. */
struct reading {
    struct pt_tree *tree;
    struct patter_value values[COUNT];
    struct pt_problems problems;
    bool ok;
};

static void read_table(struct reading *reading, const struct patter_option *table, size_t count,
                       const char *yaml)
{
    struct patter_exporter exporter = sound_exporter(table, count);
    reading->tree = pt_yaml_parse("f", yaml, strlen(yaml), &reading->problems);
    cr_assert_eq(reading->problems.count, 0, "%s", yaml);
    reading->ok = pt_options_read(&exporter, "sound/1", reading->tree->root, reading->tree,
                                  reading->values, &reading->problems);
}

static struct reading read_section(const char *yaml)
{
    struct reading reading = { 0 };
    read_table(&reading, options, COUNT, yaml);
    return reading;
}

static void expect_faults(const char *yaml, const char *expected)
{
    struct reading reading = read_section(yaml);
    cr_expect_not(reading.ok);
    expect_problems(&reading.problems, expected);
    pt_tree_destroy(reading.tree);
}

static void expect_text(struct patter_str found, const char *expected)
{
    cr_expect(pt_str_is(found, expected), "found " PT_STR_FMT ", expected %s", PT_STR_ARG(found),
              expected);
}

Test(options, defaults)
{
    static const char *const sections[] = { "", "{}", "endpoint:\ncompress: ~\ntls:\nfields:\n",
                                            "endpoint: ''\ninterval: \"\"\n" };
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        struct reading reading = read_section(sections[i]);
        const struct patter_value *values = reading.values;
        cr_expect(reading.ok);
        expect_text(values[ENDPOINT].as.text, "http://localhost:4318");
        cr_expect_eq(values[COMPRESS].type, PATTER_BOOL);
        cr_expect_eq(values[COMPRESS].as.boolean, 1);
        cr_expect_eq(values[LEVEL].type, PATTER_UNSET);
        expect_text(values[COLOUR].as.text, "auto");
        cr_expect_eq(values[INTERVAL].as.duration_ns, 90000000000);
        cr_expect_eq(values[LIMIT].as.size_bytes, 65536);
        cr_assert_eq(values[FIELDS].as.list.count, 1);
        expect_text(values[FIELDS].as.list.items[0], "name");
        cr_expect_eq(values[HEADERS].type, PATTER_UNSET);
        cr_expect_eq(values[INSECURE].as.boolean, 0);
        expect_problems(&reading.problems, "");
        pt_tree_destroy(reading.tree);
    }
}

Test(options, values_of_each_type)
{
    struct reading reading = read_section("endpoint: 4318\ncompress: No\nlevel: 9\nratio: 1e-3\n"
                                          "colour: never\ninterval: 250\nlimit: 3KiB\n"
                                          "fields: [a, 1.50, true]\n"
                                          "headers: {X-Token: s3, n: 1, none: }\n"
                                          "tls: {ca_file: ca.pem, insecure: true}\n"
                                          "timeout: 10s\nsending_queue: {num_consumers: 4}\n"
                                          "plugin: /x.so\nmetrics_endpoint: [anything]\n");
    const struct patter_value *values = reading.values;
    cr_expect(reading.ok);
    expect_text(values[ENDPOINT].as.text, "4318");
    cr_expect_eq(values[COMPRESS].as.boolean, 0);
    cr_expect_eq(values[LEVEL].as.integer, 9);
    cr_expect_eq(values[RATIO].as.real, 1e-3);
    expect_text(values[COLOUR].as.text, "never");
    cr_expect_eq(values[INTERVAL].as.duration_ns, 250000000);
    cr_expect_eq(values[LIMIT].as.size_bytes, 3072);
    cr_assert_eq(values[FIELDS].as.list.count, 3);
    expect_text(values[FIELDS].as.list.items[1], "1.50");
    cr_assert_eq(values[HEADERS].as.map.count, 2);
    expect_text(values[HEADERS].as.map.items[0].key, "X-Token");
    expect_text(values[HEADERS].as.map.items[1].value, "1");
    expect_text(values[CA_FILE].as.text, "ca.pem");
    cr_expect_eq(values[INSECURE].as.boolean, 1);
    cr_expect_eq(values[METRICS].type, PATTER_UNSET);
    expect_problems(&reading.problems, "");
    pt_tree_destroy(reading.tree);
}

Test(options, collectors_forms)
{
    struct reading reading =
        read_section("headers:\n  - {name: a, value: 1}\n  - name: b\n    value: two words\n"
                     "fields: alone\n");
    cr_expect(reading.ok);
    cr_assert_eq(reading.values[HEADERS].as.map.count, 2);
    expect_text(reading.values[HEADERS].as.map.items[1].key, "b");
    expect_text(reading.values[HEADERS].as.map.items[1].value, "two words");
    cr_assert_eq(reading.values[FIELDS].as.list.count, 1);
    expect_text(reading.values[FIELDS].as.list.items[0], "alone");
    expect_problems(&reading.problems, "");
    pt_tree_destroy(reading.tree);
}

Test(options, wrong_values)
{
    expect_faults("compress: maybe\nlevel: 12\nratio: half\ncolour: nevr\ninterval: 10 parsecs\n"
                  "limit: 3MiB\nfields: {a: b}\nheaders: text\nendpoint: [a]\n"
                  "tls: {insecure: {}}\n",
                  "f:1:11: error: `compress` must be true or false; found `maybe`\n"
                  "f:2:8: error: `level` must be between 1 and 9; found `12`\n"
                  "f:3:8: error: `ratio` must be a number; found `half`\n"
                  "f:4:9: error: `colour` must be auto, always or never; found `nevr`: did you "
                  "mean never?\n"
                  "f:5:11: error: `interval` must be a duration such as 500ms, 10s or 1m30s; "
                  "found `10 parsecs`\n"
                  "f:6:8: error: `limit` must be between 1KiB and 1MiB; found `3MiB`\n"
                  "f:7:9: error: `fields` must be a list of texts; found a map\n"
                  "f:8:10: error: `headers` must be a map of names to texts; found another text\n"
                  "f:9:11: error: `endpoint` must be a text; found a list\n"
                  "f:10:17: error: `tls.insecure` must be true or false; found a map\n");
    expect_faults("interval: 0\n", "f:1:11: error: `interval` must be at least 1ms; found `0`\n");
}

Test(options, wrong_items)
{
    expect_faults("fields: [a, [b]]\nheaders: [{name: a, value: b}, {name: a, value: c}, {nam: d}, "
                  "e]\n",
                  "f:1:13: error: `fields` must be a list of texts; found a list\n"
                  "f:2:49: error: `a` is given twice in `headers`; keep one of them\n"
                  "f:2:53: error: each item of `headers` must be {name: ..., value: ...}; a map "
                  "of names to texts does as well\n"
                  "f:2:63: error: each item of `headers` must be {name: ..., value: ...}; a map "
                  "of names to texts does as well\n");
}

Test(options, secrets_are_not_shown)
{
    setenv("PT_TEST_SECRET", "s3cr3t", 1);
    expect_faults("token: s3cr3t\nlevel: ${PT_TEST_SECRET}\n",
                  "f:1:8: error: `token` must be a whole number; found another text\n"
                  "f:2:8: error: `level` must be a whole number; found another text in the "
                  "variable\n");
}

Test(options, unknown_keys)
{
    expect_faults("endpont: x\ntimout: 1s\ntls: {ca_fil: x}\nca_file: x\nTLS: {insecure: true}\n",
                  "f:1:1: error: `endpont` is no key of exporter sound/1; did you mean "
                  "`endpoint`?\n"
                  "f:2:1: error: `timout` is no key of exporter sound/1; did you mean `timeout`?\n"
                  "f:3:7: error: `ca_fil` is no key of `tls` in exporter sound/1; did you mean "
                  "`ca_file`?\n"
                  "f:4:1: error: `ca_file` is no key of exporter sound/1; it belongs into `tls:`\n"
                  "f:5:1: error: `TLS` is no key of exporter sound/1; did you mean `tls`?\n");
}

Test(options, verdicts)
{
    struct reading reading = read_section("read_buffer_size: {any: [thing]}\n");
    cr_expect(reading.ok);
    cr_expect_eq(reading.values[BUFFER].type, PATTER_UNSET);
    expect_problems(&reading.problems, "f:1:1: warning: `read_buffer_size` has no effect: the "
                                       "system chooses.\n");
    pt_tree_destroy(reading.tree);
    expect_faults("auth: {authenticator: x}\ntls: {tpm: {enabled: true}}\n",
                  "f:1:1: error: `auth`: write headers: {authorization: ...}\n"
                  "f:2:7: error: `tls.tpm`: use tls.key_file\n");
}

Test(options, sections_that_are_no_map)
{
    expect_faults("http://localhost\n", "f:1:1: error: `exporter sound/1` must be a map of keys "
                                        "to values; found `http://localhost`\n");
    expect_faults("tls: true\n",
                  "f:1:6: error: `tls` must be a map of keys to values; found `true`\n");
}

Test(options, required)
{
    static const struct patter_option table[] = {
        { .name = "a.b", .type = PATTER_TEXT, .flags = PATTER_OPTION_REQUIRED, .help = "Needed." },
    };
    static const char *const faulty[] = { "{}", "a:", "a: {b: }", "a: {b: ''}" };
    for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
        struct reading reading = { 0 };
        read_table(&reading, table, 1, faulty[i]);
        cr_expect_not(reading.ok);
        cr_assert_eq(reading.problems.count, 1);
        cr_expect_str_eq(reading.problems.items[0].text,
                         "`a.b` is missing in exporter sound/1; add it: Needed.");
        pt_problems_clean(&reading.problems);
        pt_tree_destroy(reading.tree);
    }
    struct reading reading = { 0 };
    read_table(&reading, table, 1, "a: {b: x}");
    cr_expect(reading.ok);
    pt_tree_destroy(reading.tree);
}

/* A plugin of a newer minor version has longer options. */
Test(options, longer_options)
{
    struct {
        struct patter_option option;
        uint64_t newer[2];
    } table[] = {
        { { .name = "one", .type = PATTER_INT, .fallback = "1", .help = "One." }, { 1, 1 } },
        { { .name = "two", .type = PATTER_INT, .fallback = "2", .help = "Two." }, { 1, 1 } },
    };
    struct patter_exporter exporter = sound_exporter(&table[0].option, 2);
    struct pt_problems problems = { 0 };
    struct patter_value values[2];
    struct pt_tree *tree = pt_yaml_parse("f", "two: 22", 7, &problems);
    exporter.option_size = sizeof(table[0]);
    cr_expect(pt_options_read(&exporter, "sound", tree->root, tree, values, &problems));
    cr_expect_eq(values[0].as.integer, 1);
    cr_expect_eq(values[1].as.integer, 22);
    expect_problems(&problems, "");
    pt_tree_destroy(tree);
}

Test(options, places)
{
    struct reading reading = read_section("endpoint: x\ntls:\n  ca_file: y\n");
    const struct pt_node *section = reading.tree->root;
    cr_expect_eq(pt_option_place(section, "tls.ca_file").line, 3);
    cr_expect_eq(pt_option_place(section, "tls.ca_file").column, 12);
    cr_expect_eq(pt_option_place(section, "tls.key_file").line, 3);
    cr_expect_eq(pt_option_place(section, "tls.key_file").column, 3);
    cr_expect_eq(pt_option_place(section, "headers").line, 1);
    cr_expect_eq(pt_option_place(section, "headers").column, 1);
    pt_tree_destroy(reading.tree);
}
