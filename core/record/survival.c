/* SPDX-License-Identifier: MIT */
#include "core/record/survival.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/record/slot.h"
#include "core/record/supply.h"
#include "core/record/thread.h"

enum { KEYS_SIZE = (sizeof(struct pt_survival_keys) + 4095) / 4096 * 4096 };

/* Another process reads these: whoever changes one changes PT_SURVIVAL_MAGIC too. */
_Static_assert(offsetof(struct pt_chunk, tail) == 16 && offsetof(struct pt_chunk, data) == 64,
               "a chunk on disk");
_Static_assert(offsetof(struct pt_slot, is_root) == 52 &&
                   offsetof(struct pt_slot, inline_bytes) == 64,
               "a slot on disk");
_Static_assert(sizeof(struct pt_record) == 88, "a record on disk");

/* Written by [control] while there is no pump, and by the pump. */
static struct {
    int dirfd;
    bool is_on;
    _Atomic(struct pt_survival_keys *) keys;
    struct pt_supply rings, slots;
} survival = {
    .dirfd = -1,
    .rings = { .name = PT_SURVIVAL_RINGS, .pool = &pt_chunks },
    .slots = { .name = PT_SURVIVAL_SLOTS, .pool = &pt_slots, .has_content = true },
};

/* ---- files ------------------------------------------------------------------------ */

/* The place of the ones before, if any. */
static void use_keys(struct pt_survival_keys *keys)
{
    if (keys) {
        pt_keys_write_to(&keys->names);
        atomic_store_explicit(&keys->magic, PT_SURVIVAL_MAGIC, memory_order_release);
    } else {
        pt_keys_write_to(NULL);
    }
    void *before = atomic_exchange_explicit(&survival.keys, keys, memory_order_acq_rel);
    if (before) {
        munmap(before, KEYS_SIZE);
    }
}

static void close_folder(void)
{
    if (survival.dirfd >= 0) {
        close(survival.dirfd);
        survival.dirfd = -1;
    }
}

/* Open spans first: they need less, and an open call's root is nowhere else. */
static int fill_all(bool at_beginning)
{
    if (!pt_survival_has_keys()) {
        int problem = 0;
        use_keys(pt_supply_map_file(survival.dirfd, PT_SURVIVAL_KEYS, KEYS_SIZE, &problem));
        if (problem != 0) {
            return problem;
        }
    }
    int slots_problem = pt_supply_fill(&survival.slots, survival.dirfd,
                                       at_beginning ? 1 : UINT32_MAX, at_beginning);
    int rings_problem = pt_supply_fill(&survival.rings, survival.dirfd, UINT32_MAX, at_beginning);
    return rings_problem ? rings_problem : slots_problem;
}

static uint64_t stored_bytes(void)
{
    return pt_supply_bytes(&survival.rings) + pt_supply_bytes(&survival.slots);
}

static uint64_t missing_bytes(void)
{
    return pt_supply_missing(&survival.rings) + pt_supply_missing(&survival.slots);
}

/* ---- a run -------------------------------------------------------------------------- */

/* In a folder that has no file of ours yet. */
static void want(int dirfd, uint64_t reserve_bytes)
{
    uint32_t blocks = (uint32_t)(reserve_bytes / pt_pool_block_size(&pt_chunks));
    survival.dirfd = dirfd;
    survival.is_on = true;
    survival.rings.wanted = blocks > 0 ? blocks : 1;
    survival.slots.wanted = PT_SURVIVAL_FILE_SIZE / (uint32_t)pt_pool_block_size(&pt_slots);
    survival.rings.file_count = 0;
    survival.slots.file_count = 0;
}

bool pt_survival_begin(int dirfd, uint64_t reserve_bytes, struct patter_error *error)
{
    want(fcntl(dirfd, F_DUPFD_CLOEXEC, 0), reserve_bytes);
    int problem = survival.dirfd < 0 ? errno : fill_all(true);
    (void)pt_supply_hold_still();
    pt_pool_set_stored(&pt_chunks, true);
    pt_pool_set_stored(&pt_slots, true);
    pt_threads_let_go();
    if (problem != 0) {
        pt_error_add(error, PATTER_FAILED,
                     "only %llu of %llu KiB could be reserved for what a crash must not lose: %s; "
                     "the rest of the spans that wait is kept in plain memory until there is room",
                     (unsigned long long)stored_bytes() / 1024,
                     (unsigned long long)(stored_bytes() + missing_bytes()) / 1024,
                     strerror(problem));
    }
    return problem == 0;
}

int pt_survival_renew(int dirfd, uint64_t reserve_bytes)
{
    int problem = 0;
    int copy = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        return errno;
    }
    struct pt_survival_keys *keys = pt_supply_map_file(copy, PT_SURVIVAL_KEYS, KEYS_SIZE, &problem);
    if (!keys) {
        close(copy);
        return problem;
    }
    use_keys(keys);
    close_folder();
    want(copy, reserve_bytes);
    pt_supply_leave_files(&survival.slots);
    pt_supply_leave_files(&survival.rings);
    (void)fill_all(false); /* what is missing shows, and is tried again */
    return 0;
}

bool pt_survival_has_keys(void)
{
    return atomic_load_explicit(&survival.keys, memory_order_relaxed) != NULL;
}

bool pt_survival_is_short(void)
{
    return survival.is_on && missing_bytes() > 0;
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

void pt_survival_end(void)
{
    if (!survival.is_on) {
        return;
    }
    bool are_still = pt_supply_hold_still();
    pt_supply_make_plain(&survival.rings, are_still);
    pt_supply_make_plain(&survival.slots, are_still);
    pt_threads_let_go();
    use_keys(NULL);
    close_folder();
    survival.is_on = false;
}

/* Items in use that have found no room in a file; none while some are free there, since then these
 * are what a thread has kept from before. */
static uint64_t count_beyond(const struct pt_pool *pool)
{
    bool has_room = atomic_load_explicit(&pool->free_count, memory_order_relaxed) > 0;
    return has_room ? 0 : pt_pool_plain_count(pool);
}

void pt_survival_say_beyond(void)
{
    static struct pt_log_gate gate;
    uint64_t chunks = survival.is_on ? count_beyond(&pt_chunks) : 0;
    uint64_t slots = survival.is_on ? count_beyond(&pt_slots) : 0;
    if (chunks + slots > 0) {
        pt_log_limited(&gate, PATTER_LOG_WARNING,
                       "storage: a crash would lose up to %llu KiB of spans that have ended and "
                       "%llu that are open: they are more than the files for them hold, a quarter "
                       "of storage.max_size and 4096 open spans",
                       (unsigned long long)chunks * PT_CHUNK_SIZE / 1024,
                       (unsigned long long)slots);
    }
}

/* ---- in a forked child ---------------------------------------------------------------- */

bool pt_survival_forget(void)
{
    pt_keys_forget_places();
    void *keys = atomic_exchange_explicit(&survival.keys, NULL, memory_order_relaxed);
    if (keys) {
        munmap(keys, KEYS_SIZE);
    }
    close_folder();
    survival.is_on = false;
    return pt_supply_forget(&survival.rings) && pt_supply_forget(&survival.slots);
}
