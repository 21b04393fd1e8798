/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <patter/version.h>

#include "cli/command.h"
#include "cli/json.h"

enum { PLUGIN_ABI = 1 };

static int run(const struct cli_arguments *arguments)
{
    if (arguments->json) {
        struct cli_json json = { 0 };
        cli_json_open(&json, NULL, '{');
        cli_json_text(&json, "version", PATTER_VERSION);
        cli_json_number(&json, "plugin_abi", PLUGIN_ABI);
        cli_json_close(&json, '}');
        return cli_json_flush(&json) ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
    }
    return printf("patter %s, plugin ABI v%d\n", PATTER_VERSION, PLUGIN_ABI) > 0 ? CLI_GOOD_EXIT
                                                                                 : CLI_FAULT_EXIT;
}

const struct cli_command cli_version = {
    .name = "version",
    .operands = "",
    .summary = "print this patter's version",
    .help = "Prints the version of patter and of the plugin ABI that it loads.\n",
    .options = CLI_JSON,
    .run = run,
};
