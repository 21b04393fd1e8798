/* SPDX-License-Identifier: MIT */
#ifndef OTLP_ENCODE_H
#define OTLP_ENCODE_H

/* A batch as the bytes of an ExportTraceServiceRequest (opentelemetry-proto, trace/v1). */

#include <stdbool.h>
#include <stddef.h>

#include <patter/exporter.h>

/* Zeroed is empty and valid; reused from batch to batch. */
struct otlp_buffer {
    unsigned char *data;
    size_t len;
    size_t capacity;
};

void otlp_buffer_clean(struct otlp_buffer *buffer);

/* Replaces the content with the encoded batch; false when memory is short. */
bool otlp_encode(const struct patter_batch *batch, struct otlp_buffer *buffer);

/* Replaces the content of `out` with gzip of `in` at zlib `level` 1..9; false when memory is short.
 */
bool otlp_gzip(const struct otlp_buffer *in, int level, struct otlp_buffer *out);

#endif /* OTLP_ENCODE_H */
