/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "core/base/text.h"

static const struct cli_command *const commands[] = { &cli_check,   &cli_privacy, &cli_hash,
                                                      &cli_plugins, &cli_storage, &cli_version };

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static const struct {
    unsigned option;
    const char *usage;
    const char *help;
} options[] = {
    { CLI_CONNECT, "--connect", "send one marked span to each exporter and explain the answer" },
    { CLI_CONFIG, "--config FILE", "the patter.yaml to read" },
    { CLI_DIRECTORY, "--directory DIR", "this directory, whatever patter.yaml says" },
    { CLI_OLDER_THAN, "--older-than DURATION", "only what was last written to longer ago, as 36h" },
    { CLI_YES, "--yes", "do it" },
    { CLI_TIMEOUT, "--timeout DURATION", "how long to try, as 10m (1m)" },
    { CLI_JSON, "--json", "one line of JSON, for scripts" },
    { 0, "--help", "this text" },
};

static const struct option long_options[] = {
    { "connect", no_argument, NULL, CLI_CONNECT },
    { "config", required_argument, NULL, CLI_CONFIG },
    { "directory", required_argument, NULL, CLI_DIRECTORY },
    { "older-than", required_argument, NULL, CLI_OLDER_THAN },
    { "yes", no_argument, NULL, CLI_YES },
    { "timeout", required_argument, NULL, CLI_TIMEOUT },
    { "json", no_argument, NULL, CLI_JSON },
    { "help", no_argument, NULL, 'h' },
    { 0 },
};

static int print_overview(FILE *to)
{
    fprintf(to, "usage: patter COMMAND [OPTION...] [OPERAND...]\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(to, "  %-8s %-14s %s\n", commands[i]->name, commands[i]->operands,
                commands[i]->summary);
    }
    fprintf(to,
            "\n`patter COMMAND --help` tells more. Tracing is on where PATTER_OTEL_ENABLED is 1, "
            "true or yes.\n");
    return to == stderr ? CLI_USAGE_EXIT : CLI_GOOD_EXIT;
}

static bool has_option(const struct cli_command *command, size_t i)
{
    return options[i].option == 0 || command->options & options[i].option;
}

static int print_help(const struct cli_command *command)
{
    enum { OPTION_COUNT = sizeof(options) / sizeof(options[0]), USUAL_WIDTH = 14 };
    size_t width = USUAL_WIDTH;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        size_t len = has_option(command, i) ? strlen(options[i].usage) : 0;
        width = len > width ? len : width;
    }
    printf("usage: patter %s [OPTION...]%s%s\n\n%s\n", command->name,
           command->operands[0] ? " " : "", command->operands, command->help);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (has_option(command, i)) {
            printf("  %-*s %s\n", (int)width, options[i].usage, options[i].help);
        }
    }
    return CLI_GOOD_EXIT;
}

static const struct cli_command *find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int complain_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = commands[i]->name;
    }
    const char *nearest = pt_nearest(patter_text(name), names, COMMAND_COUNT);
    fprintf(stderr, "patter: `%s` is no command; %s%s%s\n", name,
            nearest ? "did you mean `patter " : "`patter --help` lists them",
            nearest ? nearest : "", nearest ? "`?" : "");
    return CLI_USAGE_EXIT;
}

static int complain(const struct cli_command *command, const char *what)
{
    fprintf(stderr, "patter %s: %s; usage: patter %s [OPTION...]%s%s (see --help)\n", command->name,
            what, command->name, command->operands[0] ? " " : "", command->operands);
    return CLI_USAGE_EXIT;
}

static const char *usage_of(int option)
{
    size_t i = 0;
    while (options[i].option != 0 && options[i].option != (unsigned)option) {
        i++;
    }
    return options[i].usage;
}

/* What getopt_long has stopped at, and said: ':' lacks its value, '?' is not known or has a value
 * too many, anything else is another command's. */
static int complain_option(const struct cli_command *command, int said, const char *word)
{
    struct pt_text what = { 0 };
    bool is_long = strncmp(word, "--", 2) == 0;
    int known = said != '?' && said != ':' ? said : is_long ? optopt : 0;
    if (known == 0 && !is_long && said == '?') {
        pt_text_add(&what, "`-%c` is no option here", optopt);
    } else if (known == 0) {
        pt_text_add(&what, "`%s` is no option here", word);
    } else if (!(command->options & (unsigned)known) && known != 'h') {
        pt_text_add(&what, "`%.*s` is no option here", (int)strcspn(usage_of(known), " "),
                    usage_of(known));
    } else {
        pt_text_add(&what, "`%s` %s", usage_of(known),
                    said == ':' ? "lacks its value" : "takes no value");
    }
    complain(command, pt_text_get(&what));
    pt_text_clean(&what);
    return CLI_USAGE_EXIT;
}

/* `argv` begins with the command's name. */
static int run(const struct cli_command *command, int argc, char **argv)
{
    struct cli_arguments arguments = { 0 };
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (option == 'h') {
            return print_help(command);
        }
        if (option == '?' || option == ':' || !(command->options & (unsigned)option)) {
            return complain_option(command, option, argv[optind - 1]);
        }
        arguments.json |= option == CLI_JSON;
        arguments.connect |= option == CLI_CONNECT;
        arguments.yes |= option == CLI_YES;
        arguments.config = option == CLI_CONFIG ? optarg : arguments.config;
        arguments.directory = option == CLI_DIRECTORY ? optarg : arguments.directory;
        arguments.timeout = option == CLI_TIMEOUT ? optarg : arguments.timeout;
        arguments.older_than = option == CLI_OLDER_THAN ? optarg : arguments.older_than;
    }
    size_t count = (size_t)(argc - optind);
    if (count < command->operands_min || count > command->operands_max) {
        return complain(command, count < command->operands_min ? "an operand is missing"
                                                               : "there are too many operands");
    }
    for (size_t i = 0; i < count; i++) {
        arguments.operands[i] = argv[optind + (int)i];
    }
    return command->run(&arguments);
}

static int run_named(const char *name, int argc, char **argv)
{
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        const struct cli_command *about = argc > 2 ? find(argv[2]) : NULL;
        return about ? print_help(about) : print_overview(stdout);
    }
    if (strcmp(name, "--version") == 0) {
        name = cli_version.name;
    }
    const struct cli_command *command = find(name);
    return command ? run(command, argc - 1, argv + 1) : complain_command(name);
}

int main(int argc, char **argv)
{
    int exit_code = argc > 1 ? run_named(argv[1], argc, argv) : print_overview(stderr);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("patter: standard output");
        return CLI_FAULT_EXIT;
    }
    return exit_code;
}
