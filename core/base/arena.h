/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_ARENA_H
#define PT_BASE_ARENA_H

/* Memory that is freed, or reused, all at once. One thread at a time. */

#include <stddef.h>

#include <patter/types.h>

struct pt_arena_block;

/* Zeroed is empty and valid. */
struct pt_arena {
    struct pt_arena_block *blocks; /* the current one first */
    size_t used;                   /* of the current one */
};

/* Memory aligned to 16, with whatever it held before; NULL when memory is short. */
void *pt_arena_take(struct pt_arena *arena, size_t size);
/* The same, zeroed. */
void *pt_arena_alloc(struct pt_arena *arena, size_t size);
/* A NUL-terminated copy; data is NULL when memory is short. */
struct patter_str pt_arena_copy(struct pt_arena *arena, struct patter_str text);
/* Forgets all content but keeps the largest block for reuse. */
void pt_arena_reset(struct pt_arena *arena);
void pt_arena_clean(struct pt_arena *arena);

#endif /* PT_BASE_ARENA_H */
