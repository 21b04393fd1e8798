/* SPDX-License-Identifier: MIT */
#ifndef OTLP_JSON_H
#define OTLP_JSON_H

/* A batch as one line of OTLP/JSON: what collectors take at /v1/traces and read from .jsonl files.
 */

#include <patter/exporter.h>

#include "plugins/otlp/buffer.h"

/* Replaces the content with {"resourceSpans":[...]}, without a newline; false, with the buffer
 * empty, when memory is short. */
bool otlp_encode_json(const struct patter_batch *batch, struct otlp_buffer *buffer);

#endif /* OTLP_JSON_H */
