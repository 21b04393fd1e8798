/* SPDX-License-Identifier: MIT */
#include "core/record/survival.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/room.h"
#include "core/record/slot.h"
#include "core/record/thread.h"

enum { KEYS_SIZE = (sizeof(struct pt_survival_keys) + 4095) / 4096 * 4096, PATIENCE_MS = 100 };

/* Another process reads these: whoever changes one changes PT_SURVIVAL_MAGIC too. */
_Static_assert(offsetof(struct pt_chunk, tail) == 16 && offsetof(struct pt_chunk, data) == 64,
               "a chunk on disk");
_Static_assert(offsetof(struct pt_slot, is_root) == 52 &&
                   offsetof(struct pt_slot, inline_bytes) == 64,
               "a slot on disk");
_Static_assert(sizeof(struct pt_record) == 88, "a record on disk");

/* A pool whose blocks are to lie in files. */
struct supply {
    const char *name;
    struct pt_pool *pool;
    bool has_content;    /* an exchange of memory keeps it */
    uint32_t wanted;     /* blocks; 0: none, or all of the pool's limit are there */
    uint32_t file_count; /* made so far */
};

/* Written by [control] while there is no pump, and by the pump. */
static struct {
    int dirfd;
    bool is_on;
    _Atomic(struct pt_survival_keys *) keys;
    struct supply rings, slots;
} survival = {
    .dirfd = -1,
    .rings = { .name = PT_SURVIVAL_RINGS, .pool = &pt_chunks },
    .slots = { .name = PT_SURVIVAL_SLOTS, .pool = &pt_slots, .has_content = true },
};

void pt_survival_file_name(char name[PT_SURVIVAL_FILE_NAME], const char *what, uint32_t number)
{
    snprintf(name, PT_SURVIVAL_FILE_NAME, "%.5s.%04x", what, number & 0xffff);
}

/* ---- files ------------------------------------------------------------------------ */

/* A new file of that size, mapped; NULL and `ret_problem`, an errno, and then there is no file. */
static void *map_file(const char *name, size_t size, int *ret_problem)
{
    int fd = openat(survival.dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        *ret_problem = errno;
        return NULL;
    }
    void *memory = MAP_FAILED;
    *ret_problem = pt_room_reserve(fd, size);
    if (*ret_problem == 0) {
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        *ret_problem = memory == MAP_FAILED ? errno : 0;
    }
    close(fd);
    if (memory == MAP_FAILED) {
        unlinkat(survival.dirfd, name, 0);
        return NULL;
    }
    return memory;
}

/* 0 or errno. */
static int map_keys(void)
{
    int problem = 0;
    struct pt_survival_keys *keys = map_file(PT_SURVIVAL_KEYS, KEYS_SIZE, &problem);
    if (keys) {
        pt_keys_write_to(&keys->names);
        atomic_store_explicit(&keys->magic, PT_SURVIVAL_MAGIC, memory_order_release);
        atomic_store_explicit(&survival.keys, keys, memory_order_release);
    }
    return problem;
}

static unsigned char *map_next_file(struct supply *supply, uint32_t blocks, int *ret_problem)
{
    char name[PT_SURVIVAL_FILE_NAME];
    pt_survival_file_name(name, supply->name, supply->file_count);
    void *memory = map_file(name, blocks * pt_pool_block_size(supply->pool), ret_problem);
    supply->file_count += memory != NULL;
    return memory;
}

/* ---- blocks ------------------------------------------------------------------------ */

static uint32_t stored_blocks(const struct supply *supply)
{
    return atomic_load_explicit(&supply->pool->stored_count, memory_order_relaxed);
}

static uint32_t block_count(const struct supply *supply)
{
    return pt_pool_size(supply->pool) >> supply->pool->block_shift;
}

static unsigned char *block_at(const struct supply *supply, uint32_t block)
{
    return pt_pool_at(supply->pool, block << supply->pool->block_shift);
}

static enum pt_block_kind kind_of(const struct supply *supply, uint32_t block)
{
    return atomic_load_explicit(&supply->pool->kinds[block], memory_order_relaxed);
}

/* Lets `memory` take the place of a block that is none of the files'. */
static bool exchange(struct supply *supply, uint32_t block, unsigned char *memory,
                     enum pt_block_kind kind)
{
    if (supply->has_content) {
        memcpy(memory, block_at(supply, block), pt_pool_block_size(supply->pool));
    }
    return pt_pool_exchange(supply->pool, block, memory, kind);
}

static bool hold_threads_still(void)
{
    bool quiet = pt_threads_quiesce(pt_clock_monotonic_ns() + PATIENCE_MS * 1000000ull);
    return pt_threads_hold_still() && quiet;
}

/* Hands out a file's memory, at the beginning of a run under blocks that are there, then as new
 * ones. False when the pool takes no more. */
static bool hand_out(struct supply *supply, unsigned char *memory, uint32_t blocks,
                     bool at_beginning)
{
    size_t size = pt_pool_block_size(supply->pool);
    bool may_exchange = at_beginning && hold_threads_still();
    bool taken = true;
    uint32_t old = 0;
    /* Later on not even those count that a bot's thread adds meanwhile: they are in use. */
    const uint32_t old_count = may_exchange ? block_count(supply) : 0;
    for (; taken && blocks > 0; blocks--, memory += size) {
        while (old < old_count && kind_of(supply, old) == PT_BLOCK_STORED) {
            old++;
        }
        if (old == old_count || !exchange(supply, old, memory, PT_BLOCK_STORED)) {
            taken = pt_pool_add_stored(supply->pool, memory);
        }
    }
    if (at_beginning) {
        pt_threads_let_go();
    }
    if (!taken) {
        munmap(memory - size, (blocks + 1) * size);
        supply->wanted = stored_blocks(supply);
    }
    return taken;
}

/* Makes files until all that is wanted is there, the last ones smaller where `least` blocks allow
 * it: 0 or errno. */
static int fill(struct supply *supply, uint32_t least, bool at_beginning)
{
    const uint32_t most = PT_SURVIVAL_FILE_SIZE / (uint32_t)pt_pool_block_size(supply->pool);
    int problem = 0;
    bool goes_on = true;
    while (goes_on && stored_blocks(supply) < supply->wanted) {
        uint32_t missing = supply->wanted - stored_blocks(supply);
        uint32_t blocks = missing < most ? missing : most;
        unsigned char *memory = map_next_file(supply, blocks, &problem);
        while (!memory && (blocks /= 2) >= least) {
            memory = map_next_file(supply, blocks, &problem);
        }
        goes_on = memory && hand_out(supply, memory, blocks, at_beginning);
    }
    return problem;
}

/* Open spans first: they need less, and an open call's root is nowhere else. */
static int fill_all(bool at_beginning)
{
    bool has_keys = atomic_load_explicit(&survival.keys, memory_order_relaxed) != NULL;
    int problem = has_keys ? 0 : map_keys(); /* without names no record can be read */
    if (problem != 0) {
        return problem;
    }
    int slots_problem = fill(&survival.slots, at_beginning ? 1 : UINT32_MAX, at_beginning);
    int rings_problem = fill(&survival.rings, UINT32_MAX, at_beginning);
    return rings_problem ? rings_problem : slots_problem;
}

static uint64_t stored_bytes(void)
{
    return stored_blocks(&survival.rings) * (uint64_t)pt_pool_block_size(&pt_chunks) +
           stored_blocks(&survival.slots) * (uint64_t)pt_pool_block_size(&pt_slots);
}

static uint64_t wanted_bytes(void)
{
    return survival.rings.wanted * (uint64_t)pt_pool_block_size(&pt_chunks) +
           survival.slots.wanted * (uint64_t)pt_pool_block_size(&pt_slots);
}

/* ---- a run -------------------------------------------------------------------------- */

bool pt_survival_begin(int dirfd, uint64_t reserve_bytes, struct patter_error *error)
{
    uint32_t blocks = (uint32_t)(reserve_bytes / pt_pool_block_size(&pt_chunks));
    survival.dirfd = dirfd;
    survival.is_on = true;
    survival.rings.wanted = blocks > 0 ? blocks : 1;
    survival.slots.wanted = PT_SURVIVAL_FILE_SIZE / (uint32_t)pt_pool_block_size(&pt_slots);
    survival.rings.file_count = 0;
    survival.slots.file_count = 0;

    int problem = fill_all(true);
    (void)hold_threads_still();
    pt_pool_set_stored(&pt_chunks, true);
    pt_pool_set_stored(&pt_slots, true);
    pt_threads_let_go();
    if (problem != 0) {
        pt_error_add(error, PATTER_FAILED,
                     "only %llu of %llu KiB could be reserved for what a crash must not lose: %s; "
                     "the rest of the spans that wait is kept in plain memory until there is room",
                     (unsigned long long)stored_bytes() / 1024,
                     (unsigned long long)wanted_bytes() / 1024, strerror(problem));
    }
    return problem == 0;
}

bool pt_survival_is_short(void)
{
    return survival.is_on && stored_bytes() < wanted_bytes();
}

uint64_t pt_survival_extend(void)
{
    uint64_t before = stored_bytes();
    if (pt_survival_is_short()) {
        (void)fill_all(false); /* what is missing still shows */
    }
    return stored_bytes() - before;
}

void pt_survival_note_alive(uint64_t unix_ns)
{
    struct pt_survival_keys *keys = atomic_load_explicit(&survival.keys, memory_order_acquire);
    if (keys) {
        atomic_store_explicit(&keys->alive_unix_ns, unix_ns, memory_order_relaxed);
    }
}

static bool make_plain(struct supply *supply, uint32_t block)
{
    size_t size = pt_pool_block_size(supply->pool);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    if (!exchange(supply, block, memory, PT_BLOCK_PLAIN)) {
        munmap(memory, size);
        return false;
    }
    return true;
}

static void make_all_plain(struct supply *supply, bool may_exchange)
{
    for (uint32_t i = 0; i < block_count(supply); i++) {
        if (kind_of(supply, i) != PT_BLOCK_PLAIN && !(may_exchange && make_plain(supply, i))) {
            pt_pool_set_kind(supply->pool, i, PT_BLOCK_STALE);
        }
    }
    pt_pool_set_stored(supply->pool, false);
}

void pt_survival_end(void)
{
    if (!survival.is_on) {
        return;
    }
    bool are_still = hold_threads_still();
    make_all_plain(&survival.rings, are_still);
    make_all_plain(&survival.slots, are_still);
    pt_threads_let_go();
    pt_keys_write_to(NULL);
    void *keys = atomic_exchange_explicit(&survival.keys, NULL, memory_order_relaxed);
    if (keys) {
        munmap(keys, KEYS_SIZE);
    }
    survival.dirfd = -1;
    survival.is_on = false;
}

uint64_t pt_survival_plain_count(void)
{
    return pt_pool_plain_count(&pt_chunks) + pt_pool_plain_count(&pt_slots);
}

/* ---- in a forked child ---------------------------------------------------------------- */

static bool forget_block(struct supply *supply, uint32_t block)
{
    size_t size = pt_pool_block_size(supply->pool);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    if (supply->has_content) {
        pt_slots_keep(memory, block_at(supply, block), size);
    }
    return pt_pool_exchange(supply->pool, block, memory, PT_BLOCK_PLAIN);
}

static bool forget_blocks(struct supply *supply)
{
    atomic_store_explicit(&supply->pool->is_stored, false, memory_order_relaxed);
    for (uint32_t i = 0; i < block_count(supply); i++) {
        if (kind_of(supply, i) != PT_BLOCK_PLAIN && !forget_block(supply, i)) {
            return false;
        }
    }
    return true;
}

bool pt_survival_forget(void)
{
    pt_keys_forget_places();
    void *keys = atomic_exchange_explicit(&survival.keys, NULL, memory_order_relaxed);
    if (keys) {
        munmap(keys, KEYS_SIZE);
    }
    survival.dirfd = -1;
    survival.is_on = false;
    return forget_blocks(&survival.rings) && forget_blocks(&survival.slots);
}
