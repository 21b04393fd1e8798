/* SPDX-License-Identifier: MIT */

/* Every send() asks for another try, after a wait of its choice. */

#include <patter/exporter.h>

#include <stdlib.h>

#include "tests/plugins/plain.h"

static const struct patter_option options[] = {
    { .name = "wait_ms",
      .type = PATTER_INT,
      .fallback = "0",
      .max = UINT32_MAX,
      .help = "The wait to ask for." },
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    uint32_t *wait_ms = malloc(sizeof(*wait_ms));
    if (!wait_ms) {
        host->fail(error, "memory is short");
        return PATTER_NO_MEMORY;
    }
    *wait_ms = (uint32_t)values[0].as.integer;
    *ret_self = wait_ms;
    return PATTER_OK;
}

static patter_status send_batch(void *self, const struct patter_batch *batch,
                                struct patter_result *result)
{
    const uint32_t *wait_ms = self;
    (void)batch;
    result->wait_ms = *wait_ms;
    result->reason = "busy";
    return PATTER_AGAIN;
}

static const struct patter_exporter again = {
    PLAIN_FIELDS,       .name = "again",   .help = "Nowhere; every batch is to be sent again.",
    .options = options, .option_count = 1, .create = create,
    .send = send_batch, .destroy = free,
};

PATTER_EXPORTER(again);
