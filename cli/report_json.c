/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include <patter/version.h>

#include "cli/json.h"
#include "cli/report.h"
#include "core/trace/resource.h"

static void add_place(struct cli_json *json, const struct pt_place *place)
{
    cli_json_text(json, "source", place->source);
    if (place->line > 0) {
        cli_json_number(json, "line", place->line);
        cli_json_number(json, "column", place->column);
    }
}

static void add_head(struct cli_json *json, const struct pt_settings *settings)
{
    const char *value = pt_switch_value();
    cli_json_text(json, "version", PATTER_VERSION);
    cli_json_open(json, "switch", '{');
    cli_json_text(json, "variable", "PATTER_OTEL_ENABLED");
    cli_json_text(json, "value", *value ? value : NULL);
    cli_json_flag(json, "on", pt_switch_is_on() && !settings->disabled);
    cli_json_close(json, '}');
    cli_json_text(json, "file", settings->file);
    cli_json_open(json, "files", '[');
    for (size_t i = 0; i < settings->candidate_count; i++) {
        cli_json_open(json, NULL, '{');
        cli_json_text(json, "path", settings->candidates[i].path);
        cli_json_text(json, "verdict", settings->candidates[i].verdict);
        cli_json_close(json, '}');
    }
    cli_json_close(json, ']');
}

static void add_probe(struct cli_json *json, const struct cli_probe *probe)
{
    struct pt_text words = { 0 };
    cli_probe_explain(probe, &words);
    cli_json_open(json, "probe", '{');
    cli_json_flag(json, "accepted", probe->accepted);
    cli_json_text(json, "reason", probe->reason[0] ? probe->reason : NULL);
    cli_json_text(json, "text", pt_text_get(&words));
    cli_json_text(json, "trace_id", probe->trace_id);
    cli_json_number(json, "elapsed_us", (int64_t)(probe->elapsed_ns / 1000));
    cli_json_close(json, '}');
    pt_text_clean(&words);
}

static void add_exporter(struct cli_json *json, const struct cli_exporter *exporter)
{
    const struct patter_exporter *plugin = exporter->plugin;
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "name", exporter->settings->name.data);
    cli_json_text(json, "plugin", exporter->settings->plugin.data);
    cli_json_text(json, "version", plugin ? plugin->version : NULL);
    cli_json_text(json, "path", exporter->path[0] ? exporter->path : NULL);
    cli_json_text(json, "destination", exporter->instance ? exporter->destination : NULL);
    cli_json_flag(json, "optional", exporter->settings->optional);
    if (exporter->probe.was_sent) {
        add_probe(json, &exporter->probe);
    }
    cli_json_close(json, '}');
}

static void add_values(struct cli_json *json, const struct cli_report *report)
{
    cli_json_open(json, "values", '[');
    for (size_t i = 0; i < report->value_count; i++) {
        const struct pt_effective *value = &report->values[i];
        cli_json_open(json, NULL, '{');
        cli_json_text(json, "name", value->name);
        cli_json_text(json, "value", value->value);
        add_place(json, &value->place);
        cli_json_close(json, '}');
    }
    cli_json_close(json, ']');
}

static void add_problems(struct cli_json *json, const struct cli_report *report)
{
    static const char *const levels[] = { "", "error", "warning", "note", "note" };
    cli_json_open(json, "problems", '[');
    for (size_t i = 0; i < report->read.problems.count; i++) {
        const struct pt_problem *problem = &report->read.problems.items[i];
        cli_json_open(json, NULL, '{');
        add_place(json, &problem->place);
        cli_json_text(json, "level", levels[problem->level]);
        cli_json_text(json, "text", problem->text);
        cli_json_close(json, '}');
    }
    cli_json_close(json, ']');
}

static bool connect_quietly(struct cli_report *report)
{
    struct pt_resource *resource = cli_probe_resource(report->read.settings);
    bool good = resource != NULL;
    for (size_t i = 0; i < report->exporter_count && good; i++) {
        good = cli_exporter_probe(&report->exporters[i], resource, STDERR_FILENO);
    }
    pt_resource_destroy(resource);
    return good;
}

bool cli_report_print_json(struct cli_report *report, bool connect)
{
    struct cli_json json = { 0 };
    bool good = !connect || !report->is_sound || connect_quietly(report);
    cli_json_open(&json, NULL, '{');
    add_head(&json, report->read.settings);
    cli_json_open(&json, "exporters", '[');
    for (size_t i = 0; i < report->exporter_count; i++) {
        add_exporter(&json, &report->exporters[i]);
    }
    cli_json_close(&json, ']');
    add_values(&json, report);
    add_problems(&json, report);
    cli_json_flag(&json, "good", cli_report_is_good(report));
    cli_json_close(&json, '}');
    return cli_json_flush(&json) && good;
}
