/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/options.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_MAX_LEN = 480 };

/* Collectors know more than gzip; a pasted block must not fail for it. */
const char *const otlp_compressions[] = { "gzip", "none",    "zstd", "snappy",
                                          "zlib", "deflate", "lz4",  "x-snappy-framed",
                                          NULL };
const char *const otlp_tls_min_versions[] = { "1.0", "1.1", "1.2", "1.3", NULL };
const char *const otlp_tls_max_versions[] = { "1.2", "1.3", NULL };

const struct patter_value *otlp_options_get(const struct otlp_options *options, const char *name)
{
    static const struct patter_value unset;
    for (size_t i = 0; i < options->count; i++) {
        if (strcmp(options->rows[i].name, name) == 0) {
            return &options->values[i];
        }
    }
    return &unset;
}

struct patter_str otlp_options_text(const struct otlp_options *options, const char *name)
{
    const struct patter_value *value = otlp_options_get(options, name);
    return value->type == PATTER_TEXT ? value->as.text : (struct patter_str){ NULL, 0 };
}

bool otlp_options_flag(const struct otlp_options *options, const char *name)
{
    const struct patter_value *value = otlp_options_get(options, name);
    return value->type == PATTER_BOOL && value->as.boolean;
}

void otlp_options_fail(struct otlp_options *options, const char *name, const char *format, ...)
{
    char line[LINE_MAX_LEN];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    options->failed = true;
    options->host->fail_option(options->error, name, line);
}

void otlp_options_warn(const struct otlp_options *options, const char *format, ...)
{
    char line[LINE_MAX_LEN];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    options->host->log(options->host->data, PATTER_LOG_WARNING, line);
}
