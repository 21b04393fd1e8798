/* SPDX-License-Identifier: MIT */

/* Declares a key that is the host's. */

#include <patter/exporter.h>

#include "tests/plugins/plain.h"

static const struct patter_option options[] = {
    { .name = "retry_on_failure.enabled", .type = PATTER_BOOL, .help = "Retries." },
};

static const struct patter_exporter host_key = {
    PLAIN_FIELDS,      .name = "host-key",     .help = "Nowhere.", .options = options,
    .option_count = 1, .create = plain_create, .send = plain_send, .destroy = plain_destroy,
};

PATTER_EXPORTER(host_key);
