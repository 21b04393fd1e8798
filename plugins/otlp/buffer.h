/* SPDX-License-Identifier: MIT */
#ifndef OTLP_BUFFER_H
#define OTLP_BUFFER_H

/* The bytes of a request, in memory that is reused from batch to batch. */

#include <stdbool.h>
#include <stddef.h>

/* Zeroed is empty and valid. */
struct otlp_buffer {
    unsigned char *data; /* the content, somewhere in `memory` */
    size_t len;
    unsigned char *memory;
    size_t capacity; /* of `memory` */
};

void otlp_buffer_clean(struct otlp_buffer *buffer);

/* Makes `memory` at least `capacity` bytes and the content empty, at its beginning; false, with the
 * buffer empty, when memory is short. */
bool otlp_buffer_reserve(struct otlp_buffer *buffer, size_t capacity);

/* Room for `len` more bytes after the content; false, with nothing changed, when memory is short.
 */
bool otlp_buffer_extend(struct otlp_buffer *buffer, size_t len);

#endif /* OTLP_BUFFER_H */
