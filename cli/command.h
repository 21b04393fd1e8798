/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/* The subcommands of `patter`, each in the file of its name. */

#include <stdbool.h>
#include <stddef.h>

enum { CLI_GOOD_EXIT = 0, CLI_FAULT_EXIT = 1, CLI_USAGE_EXIT = 2 };

/* Options that a command may take, besides --help. */
enum {
    CLI_JSON = 1,
    CLI_CONNECT = 2,
    CLI_CONFIG = 4,
    CLI_DIRECTORY = 8,
    CLI_OLDER_THAN = 16,
    CLI_YES = 32,
    CLI_TIMEOUT = 64
};

enum { CLI_OPERANDS = 2 };

struct cli_arguments {
    const char *operands[CLI_OPERANDS]; /* NULL: not given */
    const char *config;                 /* of --config; NULL: not given */
    const char *directory;              /* of --directory; NULL: not given */
    const char *older_than;             /* of --older-than; NULL: not given */
    const char *timeout;                /* of --timeout; NULL: not given */
    bool json;
    bool connect;
    bool yes;
};

struct cli_command {
    const char *name;
    const char *operands; /* as in its usage: "[FILE]" */
    const char *summary;  /* one line */
    const char *help;     /* the rest of `patter NAME --help` */
    unsigned options;     /* CLI_* */
    size_t operands_min;
    size_t operands_max;
    int (*run)(const struct cli_arguments *arguments); /* returns the exit code */
};

extern const struct cli_command cli_check;
extern const struct cli_command cli_privacy;
extern const struct cli_command cli_hash;
extern const struct cli_command cli_plugins;
extern const struct cli_command cli_storage;
extern const struct cli_command cli_version;

#endif /* CLI_COMMAND_H */
