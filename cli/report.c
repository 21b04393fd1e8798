/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include <stdlib.h>

#include <patter/types.h>

#include "cli/advice.h"
#include "cli/values.h"

bool cli_report_init(struct cli_report *report, const char *file)
{
    cli_settings_load(&report->read, file);
    struct pt_settings *settings = report->read.settings;
    if (!settings) {
        return false;
    }
    report->exporters = calloc(settings->exporter_count + 1, sizeof(*report->exporters));
    if (!report->exporters) {
        return false;
    }
    for (size_t i = 0; i < settings->exporter_count; i++) {
        cli_exporter_init(&report->exporters[i], settings, &settings->exporters[i],
                          &report->read.problems);
        report->exporter_count++;
    }
    report->is_sound = report->read.problems.error_count == 0;
    cli_advice_add(settings, &report->read.problems);
    pt_problems_sort(&report->read.problems);
    return cli_values_collect(report);
}

void cli_report_clean(struct cli_report *report)
{
    for (size_t i = 0; i < report->exporter_count; i++) {
        cli_exporter_clean(&report->exporters[i]);
    }
    free(report->exporters);
    free(report->values);
    pt_arena_clean(&report->arena);
    cli_settings_clean(&report->read);
}

size_t cli_report_count(const struct cli_report *report, int32_t level)
{
    size_t count = 0;
    for (size_t i = 0; i < report->read.problems.count; i++) {
        count += report->read.problems.items[i].level == level;
    }
    return count;
}

bool cli_report_is_good(const struct cli_report *report)
{
    bool good = report->read.problems.error_count == 0;
    for (size_t i = 0; i < report->exporter_count; i++) {
        const struct cli_exporter *exporter = &report->exporters[i];
        good = good && (!exporter->probe.was_sent || exporter->probe.accepted ||
                        exporter->settings->optional);
    }
    return good;
}
