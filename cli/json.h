/* SPDX-License-Identifier: MIT */
#ifndef CLI_JSON_H
#define CLI_JSON_H

/* What a command prints for a program: one JSON value on one line. */

#include <stdbool.h>
#include <stdint.h>

#include "core/base/text.h"

/* Zeroed is ready. */
struct cli_json {
    struct pt_text text;
    bool wants_comma;
};

/* `key` NULL: an item of a list. */
void cli_json_open(struct cli_json *json, const char *key, char bracket);
void cli_json_close(struct cli_json *json, char bracket);
/* `text` NULL: null. */
void cli_json_text(struct cli_json *json, const char *key, const char *text);
void cli_json_number(struct cli_json *json, const char *key, int64_t number);
void cli_json_flag(struct cli_json *json, const char *key, bool flag);

/* Prints it with a line end and empties it; false when it cannot be written. */
bool cli_json_flush(struct cli_json *json);

#endif /* CLI_JSON_H */
