/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OTLP_ORACLE_H
#define TESTS_OTLP_ORACLE_H

/* A batch encoded by protobuf-c: what the shipped encoder must write, byte for byte. */

#include <patter/exporter.h>

/* The caller frees the bytes. */
unsigned char *oracle_encode(const struct patter_batch *batch, size_t *ret_len);

#endif /* TESTS_OTLP_ORACLE_H */
