/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/patter/arguments.h"
#include "bench/patter/modes.h"

static const struct {
    const char *name;
    bool (*run)(const struct arguments *arguments);
} modes[] = {
    { "disabled", mode_disabled },  { "record", mode_record }, { "export-http", mode_export },
    { "export-grpc", mode_export }, { "crowd", mode_crowd },
};

int main(int argc, char **argv)
{
    struct arguments arguments;
    if (!arguments_read(&arguments, argc, argv)) {
        return 2;
    }
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (!strcmp(arguments.mode, modes[i].name)) {
            return modes[i].run(&arguments) ? EXIT_SUCCESS : EXIT_FAILURE;
        }
    }
    fprintf(stderr, "patter-bench: `%s` is no mode\n", arguments.mode);
    return 2;
}
