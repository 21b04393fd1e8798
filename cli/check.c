/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cli/command.h"
#include "cli/report.h"

static int run(const struct cli_arguments *arguments)
{
    struct cli_report report = { 0 };
    bool good = cli_report_init(&report, arguments->operands[0]);
    if (good) {
        good = arguments->json ? cli_report_print_json(&report, arguments->connect)
                               : cli_report_print(&report, arguments->connect);
        good = good && cli_report_is_good(&report);
    } else {
        fprintf(stderr, "patter: memory is short\n");
    }
    cli_report_clean(&report);
    return good ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
}

const struct cli_command cli_check = {
    .name = "check",
    .operands = "[FILE]",
    .summary = "show the whole configuration and all that is wrong with it",
    .help = "Reads what a bot started here would read: the switch PATTER_OTEL_ENABLED, the\n"
            "file (FILE, or PATTER_CONFIG, ./patter.yaml, /etc/patter/patter.yaml), the\n"
            "OTEL_* variables. Shows where each exporter sends, every value in force with\n"
            "its source, secrets masked, and every problem with its place and cure. Works\n"
            "with tracing off.\n"
            "\n"
            "Sends nothing without --connect. With it, each exporter gets one span\n"
            "getpatter.call with the call id patter-check-probe, and its answer is\n"
            "explained.\n"
            "\n"
            "Exit code: 0 all is well (warnings allowed), 1 tracing would not start or a\n"
            "probe was not accepted, 2 wrong usage.\n",
    .options = CLI_JSON | CLI_CONNECT,
    .operands_max = 1,
    .run = run,
};
