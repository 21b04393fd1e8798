/* SPDX-License-Identifier: MIT */

/* Calls itself otherwise than its file. */

#include <patter/exporter.h>

#include "tests/plugins/plain.h"

static const struct patter_exporter other_name = {
    PLAIN_FIELDS,           .name = "another",  .help = "Nowhere.",
    .create = plain_create, .send = plain_send, .destroy = plain_destroy,
};

PATTER_EXPORTER(other_name);
