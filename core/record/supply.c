/* SPDX-License-Identifier: MIT */
#include "core/record/supply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/room.h"
#include "core/record/slot.h"
#include "core/record/survival.h"
#include "core/record/thread.h"

enum { PATIENCE_MS = 100 };

void pt_survival_file_name(char name[PT_SURVIVAL_FILE_NAME], const char *what, uint32_t number)
{
    snprintf(name, PT_SURVIVAL_FILE_NAME, "%.5s.%04x", what, number & 0xffff);
}

/* ---- files ------------------------------------------------------------------------ */

/* A new file of that size, mapped; NULL and `ret_problem`, an errno, and then there is no file. */
void *pt_supply_map_file(int dirfd, const char *name, size_t size, int *ret_problem)
{
    int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
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
        unlinkat(dirfd, name, 0);
        return NULL;
    }
    return memory;
}

static unsigned char *map_next_file(struct pt_supply *supply, int dirfd, uint32_t blocks,
                                    int *ret_problem)
{
    char name[PT_SURVIVAL_FILE_NAME];
    pt_survival_file_name(name, supply->name, supply->file_count);
    void *memory =
        pt_supply_map_file(dirfd, name, blocks * pt_pool_block_size(supply->pool), ret_problem);
    supply->file_count += memory != NULL;
    return memory;
}

/* ---- blocks ------------------------------------------------------------------------ */

static uint32_t stored_blocks(const struct pt_supply *supply)
{
    return atomic_load_explicit(&supply->pool->stored_count, memory_order_relaxed);
}

static uint32_t block_count(const struct pt_supply *supply)
{
    return pt_pool_size(supply->pool) >> supply->pool->block_shift;
}

static unsigned char *block_at(const struct pt_supply *supply, uint32_t block)
{
    return pt_pool_at(supply->pool, block << supply->pool->block_shift);
}

static enum pt_block_kind kind_of(const struct pt_supply *supply, uint32_t block)
{
    return atomic_load_explicit(&supply->pool->kinds[block], memory_order_relaxed);
}

/* Lets `memory` take the place of a block that is none of the files'. */
static bool exchange(struct pt_supply *supply, uint32_t block, unsigned char *memory,
                     enum pt_block_kind kind)
{
    if (supply->has_content) {
        memcpy(memory, block_at(supply, block), pt_pool_block_size(supply->pool));
    }
    return pt_pool_exchange(supply->pool, block, memory, kind);
}

bool pt_supply_hold_still(void)
{
    bool quiet = pt_threads_quiesce(pt_clock_monotonic_ns() + PATIENCE_MS * 1000000ull);
    return pt_threads_hold_still() && quiet;
}

/* What of a pool can be exchanged: at the beginning of a run all of it, if threads are still; later
 * on blocks whose items are all free, and in our hands meanwhile, but for those that a bot's thread
 * adds by then. */
struct exchangeable {
    bool all;
    uint32_t block_count;
    uint32_t chain;
    uint16_t free_counts[PT_POOL_BLOCKS];
};

static void begin_exchange(struct pt_supply *supply, bool at_beginning,
                           struct exchangeable *ret_what)
{
    *ret_what = (struct exchangeable){ .all = at_beginning };
    if (at_beginning) {
        ret_what->block_count = pt_supply_hold_still() ? block_count(supply) : 0;
    } else {
        ret_what->block_count = block_count(supply);
        ret_what->chain = pt_pool_take_free(supply->pool, ret_what->free_counts);
    }
}

static void end_exchange(struct pt_supply *supply, const struct exchangeable *what)
{
    if (what->all) {
        pt_threads_let_go();
    } else {
        pt_pool_give_free(supply->pool, what->chain);
    }
}

static bool can_exchange(const struct pt_supply *supply, const struct exchangeable *what,
                         uint32_t block)
{
    return kind_of(supply, block) != PT_BLOCK_STORED &&
           (what->all || what->free_counts[block] == 1u << supply->pool->block_shift);
}

/* Hands out a file's memory under blocks that are there, then as new ones. False when the pool
 * takes no more. */
static bool hand_out(struct pt_supply *supply, unsigned char *memory, uint32_t blocks,
                     bool at_beginning)
{
    struct exchangeable what;
    size_t size = pt_pool_block_size(supply->pool);
    bool taken = true;
    uint32_t old = 0;
    begin_exchange(supply, at_beginning, &what);
    for (; taken && blocks > 0; blocks--, memory += size) {
        while (old < what.block_count && !can_exchange(supply, &what, old)) {
            old++;
        }
        if (old == what.block_count || !exchange(supply, old, memory, PT_BLOCK_STORED)) {
            taken = pt_pool_add_stored(supply->pool, memory);
        }
    }
    end_exchange(supply, &what);
    if (!taken) {
        munmap(memory - size, (blocks + 1) * size);
        supply->wanted = stored_blocks(supply);
    }
    return taken;
}

/* Makes files until all that is wanted is there, the last ones smaller where `least` blocks allow
 * it: 0 or errno. */
int pt_supply_fill(struct pt_supply *supply, int dirfd, uint32_t least, bool at_beginning)
{
    const uint32_t most = PT_SURVIVAL_FILE_SIZE / (uint32_t)pt_pool_block_size(supply->pool);
    int problem = 0;
    bool goes_on = true;
    while (goes_on && stored_blocks(supply) < supply->wanted) {
        uint32_t missing = supply->wanted - stored_blocks(supply);
        uint32_t blocks = missing < most ? missing : most;
        unsigned char *memory = map_next_file(supply, dirfd, blocks, &problem);
        while (!memory && (blocks /= 2) >= least) {
            memory = map_next_file(supply, dirfd, blocks, &problem);
        }
        goes_on = memory && hand_out(supply, memory, blocks, at_beginning);
    }
    return problem;
}

/* ---- files that are left ------------------------------------------------------------- */

/* The files are gone, and what is in their memory is lost with the process. */
void pt_supply_leave_files(struct pt_supply *supply)
{
    for (uint32_t i = 0; i < block_count(supply); i++) {
        if (kind_of(supply, i) == PT_BLOCK_STORED) {
            pt_pool_set_kind(supply->pool, i, PT_BLOCK_STALE);
        }
    }
    pt_pool_set_stored(supply->pool, true);
}

static bool make_plain(struct pt_supply *supply, uint32_t block)
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

void pt_supply_make_plain(struct pt_supply *supply, bool may_exchange)
{
    for (uint32_t i = 0; i < block_count(supply); i++) {
        if (kind_of(supply, i) != PT_BLOCK_PLAIN && !(may_exchange && make_plain(supply, i))) {
            pt_pool_set_kind(supply->pool, i, PT_BLOCK_STALE);
        }
    }
    pt_pool_set_stored(supply->pool, false);
}

/* ---- in a forked child ---------------------------------------------------------------- */

static bool forget_block(struct pt_supply *supply, uint32_t block)
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

bool pt_supply_forget(struct pt_supply *supply)
{
    atomic_store_explicit(&supply->pool->is_stored, false, memory_order_relaxed);
    for (uint32_t i = 0; i < block_count(supply); i++) {
        if (kind_of(supply, i) != PT_BLOCK_PLAIN && !forget_block(supply, i)) {
            return false;
        }
    }
    return true;
}

uint64_t pt_supply_bytes(const struct pt_supply *supply)
{
    return stored_blocks(supply) * (uint64_t)pt_pool_block_size(supply->pool);
}

uint64_t pt_supply_missing(const struct pt_supply *supply)
{
    uint64_t wanted = supply->wanted * (uint64_t)pt_pool_block_size(supply->pool);
    return wanted > pt_supply_bytes(supply) ? wanted - pt_supply_bytes(supply) : 0;
}
