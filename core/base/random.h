/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_RANDOM_H
#define PT_BASE_RANDOM_H

/* Random numbers for ids: a generator for each thread, seeded by the kernel, anew after a fork. */

#include <stdint.h>

/* Uniform, never zero. No lock and no system call but for the seeding. [any] */
uint64_t pt_random(void);

/* A UUID version 4 in lower case, NUL-terminated. [any] */
void pt_random_uuid(char ret_text[37]);

#endif /* PT_BASE_RANDOM_H */
