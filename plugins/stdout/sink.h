/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_SINK_H
#define STDOUT_SINK_H

/* The way to standard output, which may be slow, stuck, full or gone: a reader that stops never
 * holds a thread past its deadline, and one that is gone never kills the process. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugins/stdout/text.h"

/* Zeroed is empty and valid. */
struct out_sink {
    struct out_text text;        /* to be written; add to it freely */
    size_t written;              /* bytes of it that are out */
    _Atomic bool is_interrupted; /* written by [any], read by the writer; for good */
    int error;                   /* errno of the last failure */
};

/*
 * Writes all of `text`, or what it can before deadline_ns (CLOCK_MONOTONIC); the rest waits for the
 * next call. What the program itself has left in stdio goes first, so that lines keep their order.
 * Returns PATTER_OK, PATTER_TIMEOUT, or PATTER_FAILED, where the text is given up and `error` set.
 */
patter_status out_sink_write(struct out_sink *sink, uint64_t deadline_ns);

void out_sink_clean(struct out_sink *sink);

#endif /* STDOUT_SINK_H */
