/* SPDX-License-Identifier: MIT */
#include "core/base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/text.h"

/* The place for the next cause: the outermost reason is worth more than one in the middle. */
static struct pt_cause *next_cause(struct patter_error *error)
{
    if (error->cause_count < PT_ERROR_CAUSES) {
        error->cause_count++;
    }
    struct pt_cause *cause = &error->causes[error->cause_count - 1];
    cause->option[0] = '\0';
    return cause;
}

patter_status pt_error_add(struct patter_error *error, patter_status status, const char *format,
                           ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        vsnprintf(next_cause(error)->text, PT_ERROR_TEXT, format, args);
        va_end(args);
    }
    return status;
}

void pt_error_add_option(struct patter_error *error, const char *option, const char *text)
{
    if (error) {
        struct pt_cause *cause = next_cause(error);
        snprintf(cause->option, sizeof(cause->option), "%s", option);
        snprintf(cause->text, sizeof(cause->text), "%s", text);
    }
}

void pt_error_write(const struct patter_error *error, struct pt_text *out)
{
    for (size_t i = error->cause_count; i > 0; i--) {
        const struct pt_cause *cause = &error->causes[i - 1];
        pt_text_add(out, "%s%s%s%s", cause->option, cause->option[0] ? ": " : "", cause->text,
                    i > 1 ? ": " : "");
    }
}
