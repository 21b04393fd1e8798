/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PATTER_ARGUMENTS_H
#define BENCH_PATTER_ARGUMENTS_H

/* What the command line asks for. */

#include <stdbool.h>
#include <stdint.h>

struct arguments {
    const char *mode;
    uint64_t span_count;       /* of each thread */
    uint64_t burst_span_count; /* of each thread, between two flushes */
    uint64_t rate;             /* spans a second, of each thread; 0: as fast as it goes */
    uint64_t most_waiting;     /* spans not sent yet before the producer waits */
    unsigned int thread_count;
    unsigned int exporter_count;
    unsigned int consumer_count; /* requests under way at once, of each exporter; 0: the default */
    unsigned int batch_span_count; /* 0: the default */
    unsigned int attribute_count;  /* of every span, besides the workload's own */
    const char *endpoint;          /* NULL: the protocol's usual port on this machine */
    const char *storage;           /* the directory of `storage:`; NULL: memory alone */
    bool gzip;
};

/* Returns false, and says so on standard error, when the line is wrong. `arguments` borrows it. */
bool arguments_read(struct arguments *arguments, int argc, char **argv);

#endif /* BENCH_PATTER_ARGUMENTS_H */
