/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GZIP_H
#define OTLP_GZIP_H

/* Requests made smaller: gzip, the one compression that every receiver takes. */

#include "plugins/otlp/buffer.h"

/* Replaces the content of `out` with gzip of `in` at zlib `level` 1..9; false when memory is short.
 */
bool otlp_gzip(const struct otlp_buffer *in, int level, struct otlp_buffer *out);

#endif /* OTLP_GZIP_H */
