/* SPDX-License-Identifier: MIT */

/* Every send() fails for good. */

#include <patter/exporter.h>

#include "tests/plugins/plain.h"

static patter_status send_batch(void *self, const struct patter_batch *batch,
                                struct patter_result *result)
{
    (void)self;
    (void)batch;
    result->reason = "broken";
    result->detail = "it never works";
    return PATTER_FAILED;
}

static const struct patter_exporter fails = {
    PLAIN_FIELDS,           .name = "fails",    .help = "Nowhere; every batch fails.",
    .create = plain_create, .send = send_batch, .destroy = plain_destroy,
};

PATTER_EXPORTER(fails);
