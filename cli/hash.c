/* SPDX-License-Identifier: MIT */
#include "core/base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/settings.h"

enum { VALUE_MAX = 4096 };

/* The value to hash, in `buffer` where it comes from standard input; without its line end. */
static bool read_value(const char *operand, char *buffer, struct patter_str *ret_value)
{
    if (strcmp(operand, "-") != 0) {
        *ret_value = patter_text(operand);
        return true;
    }
    size_t len = fread(buffer, 1, VALUE_MAX, stdin);
    bool is_all = feof(stdin) && !ferror(stdin);
    if (len > 0 && buffer[len - 1] == '\n') {
        len--;
        len -= len > 0 && buffer[len - 1] == '\r';
    }
    *ret_value = (struct patter_str){ buffer, len };
    return is_all;
}

static int print(const char *hash, bool as_json)
{
    struct cli_json json = { 0 };
    if (!as_json) {
        return printf("%s\n", hash) > 0 ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
    }
    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "hash", hash);
    cli_json_close(&json, '}');
    return cli_json_flush(&json) ? CLI_GOOD_EXIT : CLI_FAULT_EXIT;
}

static int run(const struct cli_arguments *arguments)
{
    char buffer[VALUE_MAX + 1];
    char text[PT_HASH_TEXT];
    struct patter_str value;
    struct cli_settings settings = { 0 };
    struct pt_hash *hash = NULL;
    int exit_code = CLI_FAULT_EXIT;

    if (!cli_settings_read(&settings, arguments->operands[1])) {
        goto out;
    }
    if (settings.settings->hash_key.len == 0) {
        fprintf(stderr,
                "patter: there is no `privacy: {hash_key}` in %s, so that every process takes a "
                "random key and no hash made here could match; set one, as in hash_key: "
                "${env:PATTER_HASH_KEY}, with the output of `openssl rand -hex 32`\n",
                settings.settings->file ? settings.settings->file : "any file (none was read)");
        goto out;
    }
    if (!read_value(arguments->operands[0], buffer, &value)) {
        fprintf(stderr, "patter: standard input cannot be read, or is longer than %d bytes\n",
                VALUE_MAX);
        goto out;
    }
    hash = pt_hash_new(settings.settings->hash_key.data, settings.settings->hash_key.len);
    if (hash && pt_hash_text(hash, value, text)) {
        exit_code = print(text, arguments->json);
    }
out:
    pt_hash_destroy(hash);
    cli_settings_clean(&settings);
    return exit_code;
}

const struct cli_command cli_hash = {
    .name = "hash",
    .operands = "VALUE [FILE]",
    .summary = "print the hash that is exported in place of VALUE",
    .help = "Prints the keyed hash (HMAC-SHA-256, key from `privacy: {hash_key}`) that\n"
            "leaves in place of a call id that may not leave, and of each value of a key in\n"
            "`hashed_keys`: to find a caller's calls in a backend. All spellings of a phone\n"
            "number give one hash.\n"
            "\n"
            "VALUE `-` is read from standard input, so that no list of processes shows it.\n"
            "FILE is the patter.yaml that has the key; without it, the one that `patter\n"
            "check` names.\n",
    .options = CLI_JSON,
    .operands_min = 1,
    .operands_max = 2,
    .run = run,
};
