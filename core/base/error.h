/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_ERROR_H
#define PT_BASE_ERROR_H

/* Why something failed: a chain of causes, deepest first. Lives on the caller's stack. */

#include <stddef.h>

#include <patter/types.h>

struct pt_text;

enum { PT_ERROR_CAUSES = 6, PT_ERROR_TEXT = 1000, PT_ERROR_OPTION = 64 };

struct pt_cause {
    char option[PT_ERROR_OPTION]; /* the option it is about; empty: none */
    char text[PT_ERROR_TEXT];     /* cut where longer */
};

struct patter_error {
    size_t cause_count; /* later causes than PT_ERROR_CAUSES overwrite the last */
    struct pt_cause causes[PT_ERROR_CAUSES];
};

/* Adds a cause on top; NULL `error`: no-op. Returns `status`, so that a caller may return it. */
patter_status pt_error_add(struct patter_error *error, patter_status status, const char *format,
                           ...) __attribute__((format(printf, 3, 4)));

/* As pt_error_add, about one option of a plugin ("tls.ca_file"). */
void pt_error_add_option(struct patter_error *error, const char *option, const char *text);

/* Writes the chain, outermost first, joined by ": ". */
void pt_error_write(const struct patter_error *error, struct pt_text *out);

#endif /* PT_BASE_ERROR_H */
