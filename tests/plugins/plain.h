/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PLUGINS_PLAIN_H
#define TESTS_PLUGINS_PLAIN_H

/* The parts of a plugin that the misbehaving ones have in common: none of them keeps anything. */

#include <patter/exporter.h>

static inline patter_status plain_create(const struct patter_host *host,
                                         const struct patter_value *values, void **ret_self,
                                         struct patter_error *error)
{
    (void)host;
    (void)values;
    (void)error;
    *ret_self = NULL;
    return PATTER_OK;
}

static inline patter_status plain_send(void *self, const struct patter_batch *batch,
                                       struct patter_result *result)
{
    (void)self;
    (void)batch;
    (void)result;
    return PATTER_OK;
}

static inline void plain_destroy(void *self)
{
    (void)self;
}

#define PLAIN_FIELDS                                                                               \
    .struct_size = sizeof(struct patter_exporter), .option_size = sizeof(struct patter_option),    \
    .version = "1.0.0"

#endif /* TESTS_PLUGINS_PLAIN_H */
