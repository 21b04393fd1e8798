/* SPDX-License-Identifier: MIT */
#ifndef MICRO_MICRO_H
#define MICRO_MICRO_H

/* A case: one part of the way of a span, timed by itself. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct micro_case {
    const char *name;                /* "set.int.key"; stays, since regressions are told by it */
    const char *operation;           /* what one operation is */
    uint32_t count;                  /* operations in a batch */
    void (*prepare)(uint32_t count); /* before each batch, untimed; NULL: nothing to do */
    void (*run)(uint32_t count);     /* the batch */
    bool (*check)(uint32_t count);   /* after each batch, untimed: it has done its work */
};

/* The cases of a file; the last one is zeroed. */
extern const struct micro_case micro_base_cases[];
extern const struct micro_case micro_span_cases[];
extern const struct micro_case micro_attribute_cases[];
extern const struct micro_case micro_ring_cases[];
extern const struct micro_case micro_batch_cases[];

/* What the others are compared with. */
#define MICRO_REFERENCE "clock.two_reads"

/* Results go here, so that no compiler leaves the work out. */
extern volatile uint64_t micro_sink;

#endif /* MICRO_MICRO_H */
