/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OTLP_RANDOM_BATCH_H
#define TESTS_OTLP_RANDOM_BATCH_H

/* Batches of every shape, the same for the same seed. */

#include <patter/exporter.h>

struct random_batch;

/* The caller destroys it. */
struct random_batch *random_batch_new(uint64_t seed);
void random_batch_destroy(struct random_batch *random);

/* Valid until destroy. */
const struct patter_batch *random_batch_get(const struct random_batch *random);

/* A batch of one plain span with call id and one attribute `key` = `value`; static memory. */
const struct patter_batch *plain_batch(const char *key, struct patter_value value);

#endif /* TESTS_OTLP_RANDOM_BATCH_H */
