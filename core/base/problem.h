/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_PROBLEM_H
#define PT_BASE_PROBLEM_H

/* All that is wrong with a configuration, with the place of each fault. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <patter/types.h>

struct pt_text;

/* Where something was written. `source` outlives all users: a file's path, "environment variable
 * OTEL_SERVICE_NAME", "patter_init_tracing" or "default". Line 0: no line. */
struct pt_place {
    const char *source;
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1 */
};

struct pt_problem {
    struct pt_place place; /* `source` is the list's own copy */
    int32_t level;         /* PATTER_LOG_ERROR, _WARNING or _INFO (a note) */
    char *text;            /* what was found, what was expected, the cure; no secret */
};

/* Zeroed is empty and valid. */
struct pt_problems {
    struct pt_problem *items;
    size_t count;
    size_t capacity;
    size_t error_count;
};

void pt_problems_clean(struct pt_problems *problems);

/* Adds one, with `?` for control characters; equal ones at the same place are kept once. At most
 * 200 are kept, the rest counted. */
void pt_problem_add(struct pt_problems *problems, struct pt_place place, int32_t level,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* By source in order of appearance, then by line and column. */
void pt_problems_sort(struct pt_problems *problems);

/* "patter.yaml:3:5: error: ..."; without a line "patter.yaml: error: ...". */
void pt_problem_write(const struct pt_problem *problem, struct pt_text *out);

#endif /* PT_BASE_PROBLEM_H */
