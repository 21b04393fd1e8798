/* SPDX-License-Identifier: MIT */
#include "cli/settings.h"

#include <errno.h>
#include <stdio.h>

#include <patter/patter.h>

#include "core/base/text.h"

void cli_settings_load(struct cli_settings *settings, const char *file)
{
    /* Where nothing gives a service name, the bot's own program would, not this one. */
    static char program[] = "<program>";
    program_invocation_short_name = program;
    struct patter_init_options options = { .struct_size = sizeof(options), .config_file = file };
    settings->settings = pt_settings_read(&options, &settings->problems);
}

bool cli_settings_read(struct cli_settings *settings, const char *file)
{
    cli_settings_load(settings, file);
    for (size_t i = 0; i < settings->problems.count; i++) {
        const struct pt_problem *problem = &settings->problems.items[i];
        struct pt_text line = { 0 };
        if (problem->level == PATTER_LOG_ERROR) {
            pt_problem_write(problem, &line);
            fprintf(stderr, "%s\n", pt_text_get(&line));
        }
        pt_text_clean(&line);
    }
    if (!settings->settings) {
        fprintf(stderr, "patter: memory is short\n");
    }
    return settings->settings && settings->problems.error_count == 0;
}

void cli_settings_clean(struct cli_settings *settings)
{
    pt_settings_destroy(settings->settings);
    pt_problems_clean(&settings->problems);
}
