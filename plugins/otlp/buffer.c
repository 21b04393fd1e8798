/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 4096 };

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
