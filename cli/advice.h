/* SPDX-License-Identifier: MIT */
#ifndef CLI_ADVICE_H
#define CLI_ADVICE_H

/* The common mistakes that are no faults of the file: each adds a problem with its cure. */

#include "core/config/settings.h"

void cli_advice_add(const struct pt_settings *settings, struct pt_problems *problems);

#endif /* CLI_ADVICE_H */
