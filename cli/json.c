/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plugins/otlp/utf8.h"

static void add_quoted(struct pt_text *out, const char *text)
{
    size_t left = strlen(text);
    pt_text_add(out, "\"");
    while (left > 0) {
        size_t len = otlp_utf8_char_len((const unsigned char *)text, left);
        if (len == 0) {
            pt_text_add(out, "%s", OTLP_UTF8_REPLACEMENT);
            len = 1;
        } else if ((unsigned char)*text < 0x20) {
            pt_text_add(out, "\\u%04x", (unsigned)*text);
        } else {
            pt_text_add(out, "%s", *text == '"' || *text == '\\' ? "\\" : "");
            pt_text_add_str(out, (struct patter_str){ text, len });
        }
        text += len;
        left -= len;
    }
    pt_text_add(out, "\"");
}

static void begin_value(struct cli_json *json, const char *key)
{
    if (json->wants_comma) {
        pt_text_add(&json->text, ",");
    }
    if (key) {
        add_quoted(&json->text, key);
        pt_text_add(&json->text, ":");
    }
    json->wants_comma = true;
}

void cli_json_open(struct cli_json *json, const char *key, char bracket)
{
    begin_value(json, key);
    pt_text_add(&json->text, "%c", bracket);
    json->wants_comma = false;
}

void cli_json_close(struct cli_json *json, char bracket)
{
    pt_text_add(&json->text, "%c", bracket);
    json->wants_comma = true;
}

void cli_json_text(struct cli_json *json, const char *key, const char *text)
{
    begin_value(json, key);
    if (text) {
        add_quoted(&json->text, text);
    } else {
        pt_text_add(&json->text, "null");
    }
}

void cli_json_number(struct cli_json *json, const char *key, int64_t number)
{
    begin_value(json, key);
    pt_text_add(&json->text, "%" PRId64, number);
}

void cli_json_flag(struct cli_json *json, const char *key, bool flag)
{
    begin_value(json, key);
    pt_text_add(&json->text, "%s", flag ? "true" : "false");
}

bool cli_json_flush(struct cli_json *json)
{
    bool good = !json->text.truncated && puts(pt_text_get(&json->text)) >= 0 && fflush(stdout) == 0;
    pt_text_clean(&json->text);
    json->wants_comma = false;
    return good;
}
