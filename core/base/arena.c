/* SPDX-License-Identifier: MIT */
#include "core/base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MIN = 4096, ALIGNMENT = 16 };

struct pt_arena_block {
    struct pt_arena_block *next;
    size_t size; /* of data */
    _Alignas(16) unsigned char data[];
};

static bool add_block(struct pt_arena *arena, size_t size)
{
    size_t wanted = arena->blocks ? arena->blocks->size * 2 : BLOCK_MIN;
    if (wanted < size) {
        wanted = size;
    }
    struct pt_arena_block *block = malloc(sizeof(*block) + wanted);
    if (!block) {
        return false;
    }
    block->next = arena->blocks;
    block->size = wanted;
    arena->blocks = block;
    arena->used = 0;
    return true;
}

void *pt_arena_take(struct pt_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4) {
        return NULL;
    }
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if ((!arena->blocks || arena->blocks->size - arena->used < size) && !add_block(arena, size)) {
        return NULL;
    }
    void *memory = arena->blocks->data + arena->used;
    arena->used += size;
    return memory;
}

void *pt_arena_alloc(struct pt_arena *arena, size_t size)
{
    void *memory = pt_arena_take(arena, size);
    return memory ? memset(memory, 0, size) : NULL;
}

struct patter_str pt_arena_copy(struct pt_arena *arena, struct patter_str text)
{
    char *copy = pt_arena_alloc(arena, text.len + 1);
    if (!copy) {
        return (struct patter_str){ NULL, 0 };
    }
    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }
    return (struct patter_str){ copy, text.len };
}

static void free_after(struct pt_arena_block *block)
{
    while (block) {
        struct pt_arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void pt_arena_reset(struct pt_arena *arena)
{
    if (arena->blocks) { /* each block is larger than the one before it */
        free_after(arena->blocks->next);
        arena->blocks->next = NULL;
    }
    arena->used = 0;
}

void pt_arena_clean(struct pt_arena *arena)
{
    free_after(arena->blocks);
    *arena = (struct pt_arena){ 0 };
}
