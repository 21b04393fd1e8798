/* SPDX-License-Identifier: MIT */

/* A plugin built years ago: with the first release of the header, which stands beside it. */

#include <patter/exporter.h>

#include "tests/abi/layout.h"

#include "tests/abi/plugin.inc"
#include "tests/plugins/plain.h"

static const struct patter_option options[] = {
    { .name = "count", .type = PATTER_INT, .fallback = "7", .help = "A number." },
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    *ret_self = NULL;
    if (host->struct_size < sizeof(*host) || values[0].as.integer != 7) {
        host->fail(error, "the host is older than this plugin");
        return PATTER_FAILED;
    }
    return PATTER_OK;
}

static patter_status send_batch(void *self, const struct patter_batch *batch,
                                struct patter_result *result)
{
    (void)self;
    for (size_t i = 0; i < batch->span_count; i++) {
        const struct patter_span_view *span = batch->spans[i];
        if (span->struct_size < sizeof(*span) || span->name.len == 0 ||
            span->attribute_count == 0 || span->end_unix_ns < span->begin_unix_ns) {
            result->reason = "layout";
            return PATTER_FAILED;
        }
    }
    return PATTER_OK;
}

static const struct patter_exporter frozen = {
    PLAIN_FIELDS,       .name = "frozen",         .help = "Nowhere, since the first release.",
    .options = options, .option_count = 1,        .create = create,
    .send = send_batch, .destroy = plain_destroy,
};

PATTER_EXPORTER(frozen);
