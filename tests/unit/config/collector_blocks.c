/* SPDX-License-Identifier: MIT */

/* `exporters:` blocks as public projects and vendors write them, in shape: what is in
 * collector-blocks/NAME.yaml must come to what is in NAME.expected. */

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/unit/config/support.h"

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);
    cr_assert(file && text, "%s", path);
    cr_assert_lt(fread(text, 1, 65535, file), (size_t)65535);
    fclose(file);
    return text;
}

static void set_variables(void)
{
    static const char *const names[] = {
        "HONEYCOMB_API_KEY",         "ELASTIC_APM_SECRET_TOKEN",    "ELASTIC_APM_SERVER_ENDPOINT",
        "SPLUNK_INGEST_URL",         "SPLUNK_ACCESS_TOKEN",         "SPLUNK_GATEWAY_URL",
        "GRAFANA_CLOUD_INSTANCE_ID", "GRAFANA_CLOUD_OTLP_ENDPOINT", "GRAFANA_CLOUD_API_KEY",
        "SIGNOZ_INGESTION_KEY",      "NEW_RELIC_LICENSE_KEY",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        setenv(names[i], "canary-secret", 1);
    }
}

static void write_outcome(const struct pt_settings *settings, const struct pt_problems *problems,
                          struct pt_text *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        pt_problem_write(&problems->items[i], out);
        pt_text_add(out, "\n");
    }
    for (size_t i = 0; i < settings->exporter_count; i++) {
        const struct pt_exporter_settings *exporter = &settings->exporters[i];
        pt_text_add(out, "exporter %s is %s\n", exporter->name.data, exporter->plugin.data);
    }
}

Test(collector_blocks, come_to_what_is_recorded, .init = enter_folder, .fini = leave_folder)
{
    char folder[4096];
    char pattern[4200];
    glob_t found;
    snprintf(folder, sizeof(folder), "%s", __FILE__);
    *strrchr(folder, '/') = '\0';
    snprintf(pattern, sizeof(pattern), "%s/collector-blocks/*.yaml", folder);
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "%s", pattern);
    cr_assert_geq(found.gl_pathc, 10);
    set_variables();
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct pt_problems problems = { 0 };
        struct pt_text outcome = { 0 };
        char path[4200];
        int stem_len = (int)(strlen(found.gl_pathv[i]) - strlen("yaml"));
        snprintf(path, sizeof(path), "%.*sexpected", stem_len, found.gl_pathv[i]);
        char *text = read_text(found.gl_pathv[i]);
        char *expected = read_text(path);

        struct pt_settings *settings = read_settings(text, &problems);
        write_outcome(settings, &problems, &outcome);
        cr_expect_str_eq(pt_text_get(&outcome), expected, "%s: found\n%s", path,
                         pt_text_get(&outcome));
        cr_expect_null(strstr(pt_text_get(&outcome), "canary"), "a secret is shown");

        pt_settings_destroy(settings);
        pt_problems_clean(&problems);
        pt_text_clean(&outcome);
        free(text);
        free(expected);
    }
    globfree(&found);
}
