/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

/* Window bits: the largest window, and zlib's way of asking for a gzip header. */
enum { GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8, FIRST_CAPACITY = 4096 };

void otlp_buffer_clean(struct otlp_buffer *buffer)
{
    free(buffer->memory);
    memset(buffer, 0, sizeof(*buffer));
}

bool otlp_buffer_reserve(struct otlp_buffer *buffer, size_t capacity)
{
    if (capacity > buffer->capacity) {
        otlp_buffer_clean(buffer);
        buffer->memory = malloc(capacity);
        if (!buffer->memory) {
            return false;
        }
        buffer->capacity = capacity;
    }
    buffer->data = buffer->memory;
    buffer->len = 0;
    return true;
}

bool otlp_buffer_extend(struct otlp_buffer *buffer, size_t len)
{
    size_t offset = buffer->memory ? (size_t)(buffer->data - buffer->memory) : 0;
    size_t needed = offset + buffer->len + len;
    if (needed <= buffer->capacity) {
        return true;
    }
    size_t capacity = needed < FIRST_CAPACITY ? (size_t)FIRST_CAPACITY : needed * 2;
    unsigned char *memory = realloc(buffer->memory, capacity);
    if (!memory) {
        return false;
    }
    buffer->memory = memory;
    buffer->data = memory + offset;
    buffer->capacity = capacity;
    return true;
}

bool otlp_gzip(const struct otlp_buffer *in, int level, struct otlp_buffer *out)
{
    z_stream stream;
    memset(&stream, 0, sizeof(stream));
    if (in->len > INT32_MAX || deflateInit2(&stream, level, Z_DEFLATED, GZIP_WINDOW_BITS,
                                            MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        out->len = 0;
        return false;
    }
    bool good = otlp_buffer_reserve(out, deflateBound(&stream, in->len));
    if (good) {
        stream.next_in = in->data;
        stream.avail_in = (uInt)in->len;
        stream.next_out = out->data;
        stream.avail_out = (uInt)out->capacity;
        good = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        out->len = good ? stream.total_out : 0;
    }
    deflateEnd(&stream);
    return good;
}
