/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SIZED_H
#define PT_BASE_SIZED_H

/* Structs that begin with struct_size, from callers compiled with an older or newer header. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copies as much of `from` as its struct_size says it has; what it has not is zero in `to`. */
static inline void pt_sized_take(void *to, size_t to_size, const void *from)
{
    uint32_t from_size;
    memcpy(&from_size, from, sizeof(from_size));
    memset(to, 0, to_size);
    memcpy(to, from, from_size < to_size ? from_size : to_size);
}

#endif /* PT_BASE_SIZED_H */
