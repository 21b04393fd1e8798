/* SPDX-License-Identifier: MIT */
#ifndef STRESS_H
#define STRESS_H

/* What the stress programs share: a check that ends the program, tracing into a recorder, and the
 * books that must balance. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <patter/testing.h>

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n");                                                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* Switches tracing on, with `recorder` as the only exporter. */
void stress_start(struct patter_recorder *recorder);

/* At rest: started = unsampled + live + ended, and ended = waiting + exported + dropped. */
struct patter_exporter_stats stress_check_books(void);

/* Resident memory of this process, in KiB. */
long stress_resident_kib(void);

#endif /* STRESS_H */
