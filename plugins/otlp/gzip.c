/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include <zlib.h>

#include "plugins/otlp/gzip.h"

/* Window bits: the largest window, and zlib's way of asking for a gzip header. */
enum { GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8 };

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
