/* SPDX-License-Identifier: MIT */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

/* Every value in force and where it came from: the settings' own and those of plugins' options. */

#include "cli/report.h"

/* Fills report->values, ordered by exporter. False when memory is short. */
bool cli_values_collect(struct cli_report *report);

/* True for one that nobody wrote. */
bool cli_value_is_default(const struct pt_effective *value);

/* The exporter whose value it is, and the rest of its name; NULL: it is no exporter's. */
const struct cli_exporter *cli_value_owner(const struct cli_report *report,
                                           const struct pt_effective *value, const char **ret_rest);

#endif /* CLI_VALUES_H */
