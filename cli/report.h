/* SPDX-License-Identifier: MIT */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

/* All that `patter check` knows: settings, exporters, values in force, problems. */

#include "cli/exporter.h"
#include "cli/settings.h"
#include "core/base/arena.h"

/* Zeroed is empty and valid. */
struct cli_report {
    struct cli_settings read; /* its problems are the report's, the exporters' included */
    struct cli_exporter *exporters;
    size_t exporter_count;
    bool is_sound; /* no error but in the switch: probes make sense */
    struct pt_effective *values;
    size_t value_count;
    size_t value_capacity;
    struct pt_arena arena; /* of texts in `values` */
};

/* Reads everything and makes the exporters, without touching the network. False when memory is
 * short. */
bool cli_report_init(struct cli_report *report, const char *file);
void cli_report_clean(struct cli_report *report);

size_t cli_report_count(const struct cli_report *report, int32_t level);
/* False when tracing would not start, or a probe was not accepted. */
bool cli_report_is_good(const struct cli_report *report);

/* How `patter check` shows it. The text is printed part by part, with the probes in between. */
bool cli_report_print(struct cli_report *report, bool connect);
bool cli_report_print_json(struct cli_report *report, bool connect);

#endif /* CLI_REPORT_H */
