/* SPDX-License-Identifier: MIT */

/* Takes its time, as a distant receiver does; with `delay: 0` it is a healthy plugin. */

#include <patter/exporter.h>

#include <stdlib.h>
#include <time.h>

#include "tests/plugins/plain.h"

static const struct patter_option options[] = {
    { .name = "delay", .type = PATTER_DURATION, .fallback = "50ms", .help = "For each batch." },
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    int64_t *delay_ns = malloc(sizeof(*delay_ns));
    if (!delay_ns) {
        host->fail(error, "memory is short");
        return PATTER_NO_MEMORY;
    }
    *delay_ns = values[0].as.duration_ns;
    *ret_self = delay_ns;
    return PATTER_OK;
}

static patter_status send_batch(void *self, const struct patter_batch *batch,
                                struct patter_result *result)
{
    const int64_t *delay_ns = self;
    struct timespec delay = { *delay_ns / 1000000000, *delay_ns % 1000000000 };
    (void)batch;
    (void)result;
    nanosleep(&delay, NULL);
    return PATTER_OK;
}

static const struct patter_exporter slow = {
    PLAIN_FIELDS,       .name = "slow",     .help = "Nowhere, slowly.",
    .options = options, .option_count = 1,  .flags = PATTER_CONCURRENT,
    .create = create,   .send = send_batch, .destroy = free,
};

PATTER_EXPORTER(slow);
