/* SPDX-License-Identifier: MIT */
#ifndef OTLP_ENCODE_H
#define OTLP_ENCODE_H

/* A batch as the bytes of an ExportTraceServiceRequest (opentelemetry-proto, trace/v1). */

#include <patter/exporter.h>

#include "plugins/otlp/buffer.h"

/* Replaces the content with the encoded batch; false, with the buffer empty, when memory is short.
 */
bool otlp_encode(const struct patter_batch *batch, struct otlp_buffer *buffer);

#endif /* OTLP_ENCODE_H */
