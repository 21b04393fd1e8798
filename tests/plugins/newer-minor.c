/* SPDX-License-Identifier: MIT */

/* Built with a later header of the same ABI: longer structs, a flag that is not known yet. */

#include <patter/exporter.h>

#include "tests/plugins/plain.h"

struct newer_option {
    struct patter_option option;
    const char *unit;
};

static const struct newer_option options[] = {
    { { .name = "first", .type = PATTER_INT, .fallback = "1", .help = "One." }, "apples" },
    { { .name = "second", .type = PATTER_INT, .fallback = "2", .help = "Two." }, "pears" },
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    (void)ret_self;
    if (values[0].as.integer != 1 || values[1].as.integer != 2) {
        host->fail(error, "the options were read with the wrong stride");
        return PATTER_FAILED;
    }
    return PATTER_OK;
}

static const struct newer_exporter {
    struct patter_exporter exporter;
    void (*another)(void *self);
} newer_minor = {
    .exporter = {
        .struct_size = sizeof(struct newer_exporter),
        .option_size = sizeof(struct newer_option),
        .name = "newer-minor",
        .version = "2.0.0",
        .help = "Nowhere, in a newer way.",
        .options = &options[0].option,
        .option_count = 2,
        .flags = PATTER_CONCURRENT | 0x100,
        .create = create,
        .send = plain_send,
        .destroy = plain_destroy,
    },
};

PATTER_EXPORTER(newer_minor.exporter);
