/* SPDX-License-Identifier: MIT */
#include <patter/exporter.h>

#include <stdatomic.h>

/* The exporter of `patter-bench record`: it receives each batch and counts it. */

static atomic_uint_fast64_t span_count;

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    (void)host;
    (void)values;
    (void)error;
    *ret_self = &span_count;
    return PATTER_OK;
}

static patter_status send_batch(void *self, const struct patter_batch *batch,
                                struct patter_result *result)
{
    (void)result;
    atomic_fetch_add_explicit((atomic_uint_fast64_t *)self, batch->span_count,
                              memory_order_relaxed);
    return PATTER_OK;
}

static void destroy(void *self)
{
    (void)self;
}

static const struct patter_exporter discard = {
    .struct_size = sizeof(struct patter_exporter),
    .option_size = sizeof(struct patter_option),
    .name = "discard",
    .version = "1",
    .help = "Counts spans and drops them.",
    .flags = PATTER_CONCURRENT,
    .create = create,
    .send = send_batch,
    .destroy = destroy,
};

PATTER_EXPORTER(discard);
