/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SURVIVAL_WORK_H
#define TESTS_SURVIVAL_WORK_H

/*
 * Threads that write spans and open and end roots as fast as they can, beside a pump; and the tally
 * of it, in memory that outlives the process.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/record/record.h"

enum { WORK_THREADS = 3, WORK_ROOTS = 100000, WORK_SIZE_MAX = 3000 };

enum root_state { ROOT_NONE, ROOT_OPEN, ROOT_ENDING, ROOT_ENDED };

struct tally {
    atomic_bool ready;
    _Atomic uint64_t written[WORK_THREADS];  /* records whose write had returned */
    _Atomic uint64_t appended[WORK_THREADS]; /* that were in the "log" */
    _Atomic uint8_t root_states[WORK_THREADS][WORK_ROOTS];
    _Atomic uint64_t root_places[WORK_THREADS][WORK_ROOTS]; /* in the log: 1 + sequence */
};

/* A new one, shared with children. */
struct tally *tally_new(void);

/* Works until work_stop, or the process ends. `first_ring` is the first thread's ring's number. */
void work_start(struct tally *tally, uint32_t first_ring);
void work_stop(void);

/* Which thread's, and which of its roots: -1 for a span that is none. */
uint32_t work_thread_of(const struct pt_record *record);
int64_t work_root_of(const struct pt_record *record);
/* Whether the content is what was written. */
bool work_is_whole(const struct pt_record *record);

/* Ends the program when something is not as it must be. */
#define CHECK(what, ...)                                                                           \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #what);                             \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

#endif /* TESTS_SURVIVAL_WORK_H */
