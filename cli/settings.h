/* SPDX-License-Identifier: MIT */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

/* What a program started here would be told by file and environment. */

#include <stdbool.h>

#include "core/config/settings.h"

/* Zeroed is empty and valid. */
struct cli_settings {
    struct pt_settings *settings;
    struct pt_problems problems;
};

/* Reads `file`, or, NULL, the file that a program would find. False, with every problem written to
 * standard error, when there was an error. */
bool cli_settings_read(struct cli_settings *settings, const char *file);

/* The same without a word: the settings may be NULL or wrong. */
void cli_settings_load(struct cli_settings *settings, const char *file);

void cli_settings_clean(struct cli_settings *settings);

#endif /* CLI_SETTINGS_H */
