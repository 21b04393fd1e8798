/* SPDX-License-Identifier: MIT */

/* Every send() asks for another try, after the longest wait there is or after none. */

#include <patter/exporter.h>

#include "tests/plugins/plain.h"

static patter_status send_batch(void *self, const struct patter_batch *batch,
                                struct patter_result *result)
{
    (void)self;
    result->wait_ms = batch->span_count % 2 == 0 ? UINT32_MAX : 0;
    result->reason = "busy";
    return PATTER_AGAIN;
}

static const struct patter_exporter again = {
    PLAIN_FIELDS,           .name = "again",    .help = "Nowhere; every batch is to be sent again.",
    .create = plain_create, .send = send_batch, .destroy = plain_destroy,
};

PATTER_EXPORTER(again);
