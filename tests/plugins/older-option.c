/* SPDX-License-Identifier: MIT */

/* Built with a draft of the header whose options had no help. */

#include <patter/exporter.h>

#include "tests/plugins/plain.h"

static const struct patter_option options[] = {
    { .name = "one", .type = PATTER_INT, .help = "One." },
};

static const struct patter_exporter older_option = {
    .struct_size = sizeof(struct patter_exporter),
    .option_size = offsetof(struct patter_option, help),
    .name = "older-option",
    .version = "0.9.0",
    .help = "Nowhere.",
    .options = options,
    .option_count = 1,
    .create = plain_create,
    .send = plain_send,
    .destroy = plain_destroy,
};

PATTER_EXPORTER(older_option);
