/* SPDX-License-Identifier: MIT */
#include "core/record/survival.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/sink.h"
#include "core/base/text.h"
#include "core/record/slot.h"

enum { MIB = 1 << 20, RECORD = 1000 };

static struct pt_thread thread = { .ring.id = 7 };
static char folder[] = "/tmp/patter-survival-XXXXXX";
static int folder_fd = -1;

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(folder));
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(folder_fd, 0);
    pt_memory_set_max(64 * MIB);
}

static void empty_folder(void)
{
    DIR *files = fdopendir(dup(folder_fd));
    rewinddir(files);
    for (struct dirent *file; (file = readdir(files));) {
        unlinkat(folder_fd, file->d_name, 0);
    }
    closedir(files);
}

static void tear_down(void)
{
    empty_folder();
    rmdir(folder);
}

TestSuite(survival, .init = set_up, .fini = tear_down);

static bool begin(uint64_t reserve_bytes)
{
    struct patter_error error = { 0 };
    bool all = pt_survival_begin(folder_fd, reserve_bytes, &error);
    cr_assert_eq(all, error.cause_count == 0);
    cr_assert_eq(all, !pt_survival_is_short());
    return all;
}

static void end(void)
{
    pt_ring_discard(&thread.ring);
    pt_survival_end();
}

static uint64_t plain_count(void)
{
    return pt_pool_plain_count(&pt_chunks) + pt_pool_plain_count(&pt_slots);
}

static char last_line[1000];

static void note_line(void *data, int32_t level, const char *line)
{
    (void)data;
    (void)level;
    snprintf(last_line, sizeof(last_line), "%s", line);
}

static const char *say_beyond(void)
{
    last_line[0] = '\0';
    pt_survival_say_beyond();
    cr_assert(pt_sink_drain(pt_clock_monotonic_ns() + 10000000000u));
    return last_line;
}

static off_t size_of(const char *what, uint32_t number)
{
    char name[PT_SURVIVAL_FILE_NAME];
    struct stat about;
    pt_survival_file_name(name, what, number);
    return fstatat(folder_fd, name, &about, 0) == 0 ? about.st_size : -1;
}

static void write_records(uint64_t bytes)
{
    static _Alignas(8) unsigned char record[RECORD];
    ((struct pt_record *)(void *)record)->size = RECORD;
    for (uint64_t i = 0; i < bytes / RECORD; i++) {
        cr_assert_neq(pt_ring_write(&thread.ring, (const void *)record, 1), PT_RING_REFUSED);
    }
}

static struct pt_slot *open_span(uint64_t *ret_handle)
{
    struct pt_slot *slot = pt_slot_take(&thread, ret_handle);
    cr_assert_not_null(slot);
    *slot->record = (struct pt_record){ .size = sizeof(struct pt_record) };
    return slot;
}

static void end_span(uint64_t handle)
{
    struct pt_slot *slot = pt_slot_find(handle);
    cr_assert_not_null(slot);
    cr_assert(pt_slot_claim(&thread, slot, handle));
    pt_slot_give(&thread, slot);
}

Test(survival, the_files_are_private_and_have_their_room)
{
    struct stat about;
    cr_assert(begin(6 * MIB));
    cr_assert_eq(size_of(PT_SURVIVAL_RINGS, 0), 4 * MIB);
    cr_assert_eq(size_of(PT_SURVIVAL_RINGS, 1), 2 * MIB, "no more than what is set aside");
    cr_assert_eq(size_of(PT_SURVIVAL_RINGS, 2), -1);
    cr_assert_eq(size_of(PT_SURVIVAL_SLOTS, 0), 4 * MIB);
    cr_assert_eq(fstatat(folder_fd, "rings.0001", &about, 0), 0);
    cr_assert_eq(about.st_mode & 07777, 0600);
    cr_assert_geq(about.st_blocks * 512, 2 * MIB, "sparse: a store would end the process");
    end();
}

Test(survival, what_is_beyond_the_reserve_is_counted_while_it_is_used_and_told)
{
    pt_sink_set(note_line, NULL);
    cr_assert(begin(4 * MIB));
    write_records(3 * MIB);
    cr_assert_eq(plain_count(), 0);
    cr_assert_str_eq(say_beyond(), "");
    write_records(3 * MIB);
    cr_assert_geq(plain_count(), 6 * MIB / PT_CHUNK_SIZE - 64);
    cr_assert(strstr(say_beyond(), " KiB of spans that have ended and 0 that are open"), "%s",
              last_line);
    pt_ring_discard(&thread.ring);
    cr_assert_eq(plain_count(), 0);
    write_records(3 * MIB);
    cr_assert_eq(plain_count(), 0, "what lies in files is taken first again");
    end();
    write_records(6 * MIB);
    cr_assert_eq(plain_count(), 0, "nothing is to survive");
}

Test(survival, slots_in_files_are_taken_first_again_after_a_crowd)
{
    enum { SPANS = 5000, STORED = 4096 };
    static uint64_t handles[SPANS];
    cr_assert(begin(4 * MIB));
    for (int i = 0; i < SPANS; i++) {
        open_span(&handles[i]);
        cr_assert_eq(plain_count() > 0, i >= STORED, "span %d", i);
    }
    for (int i = SPANS; i > 0; i--) { /* the plain ones first */
        end_span(handles[i - 1]);
    }
    for (int i = 0; i < STORED; i++) {
        open_span(&handles[i]);
    }
    cr_assert_leq(plain_count(), PT_SPARE_SLOTS);
    end();
}

Test(survival, runs_with_and_without_files_follow_each_other)
{
    enum { ROUNDS = 20, SPANS = 100 };
    static uint64_t handles[ROUNDS][SPANS];
    uint32_t chunks = 0, slots = 0;
    for (int round = 0; round < ROUNDS; round++) {
        if (round % 3 != 2) {
            cr_assert(begin(4 * MIB));
        }
        for (int i = 0; i < SPANS; i++) {
            open_span(&handles[round][i]);
        }
        write_records(3 * MIB);
        for (int i = 0; i < SPANS; i++) {
            end_span(handles[round][i]);
        }
        for (int before = 0; before <= round; before++) {
            for (int i = 0; i < SPANS; i++) {
                cr_assert_null(pt_slot_find(handles[before][i]), "round %d", before);
            }
        }
        end();
        empty_folder();
        pt_ring_discard(&thread.ring);
        if (round == 2) {
            chunks = pt_pool_size(&pt_chunks);
            slots = pt_pool_size(&pt_slots);
        }
    }
    cr_assert_eq(pt_pool_size(&pt_chunks), chunks, "blocks are mapped over, not added");
    cr_assert_eq(pt_pool_size(&pt_slots), slots);
}

Test(survival, spans_that_are_open_stay_open)
{
    static const char text[2000] = "it lies on the heap";
    uint64_t before, heap, within;
    open_span(&before);
    cr_assert(pt_slot_set(open_span(&heap), 1, PT_ITEM_TEXT, text, sizeof(text), 32));
    pt_slot_find(before)->record->begin_unix_ns = 42;
    cr_assert(begin(4 * MIB));
    open_span(&within);
    cr_assert_eq(pt_slot_find(before)->record->begin_unix_ns, 42);
    end();
    cr_assert_eq(pt_slot_find(before)->record->begin_unix_ns, 42);
    cr_assert_gt(pt_slot_find(heap)->record->size, sizeof(text));
    end_span(before);
    end_span(heap);
    end_span(within);
}

Test(survival, a_pool_that_may_not_grow_takes_what_it_may)
{
    enum { SLOTS = 2 * 64 }; /* two blocks */
    static uint64_t handles[SLOTS];
    uint64_t handle;
    pt_slots_set_max(SLOTS * sizeof(struct pt_slot));
    open_span(&handles[0]);
    cr_assert(begin(4 * MIB));
    for (int i = 1; i < SLOTS; i++) {
        open_span(&handles[i]);
    }
    cr_assert_null(pt_slot_take(&thread, &handle));
    cr_assert_eq(plain_count(), 0);
    for (int i = 0; i < SLOTS; i++) {
        end_span(handles[i]);
    }
    end();
}

static int next_descriptor(void)
{
    int next = dup(0);
    close(next);
    return next;
}

Test(survival, no_file_stays_open)
{
    int before = next_descriptor();
    cr_assert(begin(4 * MIB));
    cr_assert_eq(next_descriptor(), before + 1, "its own of the folder alone");
    end();
    cr_assert_eq(next_descriptor(), before);
}

Test(survival, keys_that_may_leave_are_in_the_file_before_they_are_used)
{
    struct pt_key_permission permissions[] = {
        { .key = pt_key_intern(patter_text("app.before")), .value_class = PT_CLASS_COUNT },
        { .key = pt_key_intern(patter_text("app.within")), .value_class = PT_CLASS_COUNT },
    };
    uint32_t denied = pt_key_intern(patter_text("a_callers_words"));
    uint32_t key = permissions[1].key;
    cr_assert(pt_keys_permit(permissions, 1));
    cr_assert(begin(4 * MIB));
    cr_assert(pt_keys_permit(permissions, 2));
    cr_assert_gt(pt_key_intern(patter_text("more_of_a_callers_words")), denied);
    pt_survival_note_alive(77);
    int fd = openat(folder_fd, PT_SURVIVAL_KEYS, O_RDONLY);
    static struct pt_survival_keys keys;
    cr_assert_eq(read(fd, &keys, sizeof(keys)), sizeof(keys));
    close(fd);
    cr_assert_eq(keys.magic, PT_SURVIVAL_MAGIC);
    cr_assert_eq(keys.alive_unix_ns, 77);
    cr_assert_eq(keys.names.count, key + 1);
    cr_assert_str_eq(keys.names.places[key].name, "app.within");
    cr_assert_str_eq(keys.names.places[key - 1].name, "app.before");
    cr_assert_str_eq(keys.names.places[1].name, "getpatter.call.id");
    cr_assert_eq(keys.names.places[denied].len, 0);
    cr_assert_eq(keys.names.places[denied].name[0], '\0');
    end();
    cr_assert_gt(pt_key_intern(patter_text("app.after")), denied);
}

/* ---- a thread that does not come out of its section ---------------------------------- */

static struct {
    atomic_bool is_inside, may_go;
    uint64_t handle;
} stuck;

static void write_there(struct pt_thread *there, uint32_t count)
{
    struct pt_record record = { .size = sizeof(record) };
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_neq(pt_ring_write(&there->ring, &record, 1), PT_RING_REFUSED);
    }
}

static void *stay_inside(void *nothing)
{
    struct pt_thread *there = pt_section_enter();
    struct pt_slot *slot = pt_slot_take(there, &stuck.handle);
    *slot->record = (struct pt_record){ .size = sizeof(struct pt_record), .begin_unix_ns = 42 };
    write_there(there, 2000);
    atomic_store(&stuck.is_inside, true);
    while (!atomic_load(&stuck.may_go)) {
        sched_yield();
    }
    write_there(there, 2000);
    cr_assert_eq(slot->record->begin_unix_ns, 42);
    cr_assert(pt_slot_claim(there, slot, stuck.handle));
    pt_slot_give(there, slot);
    pt_section_exit(there);
    return nothing;
}

static bool any_is(const struct pt_pool *pool, enum pt_block_kind kind)
{
    bool found = false;
    for (uint32_t i = 0; i < PT_POOL_BLOCKS; i++) {
        found |= atomic_load(&pool->kinds[i]) == kind;
    }
    return found;
}

Test(survival, a_thread_that_hangs_keeps_its_memory)
{
    pthread_t hanging;
    cr_assert(begin(4 * MIB));
    pt_threads_start();
    cr_assert_eq(pthread_create(&hanging, NULL, stay_inside, NULL), 0);
    while (!atomic_load(&stuck.is_inside)) {
        sched_yield();
    }
    pt_survival_end();
    cr_assert(any_is(&pt_slots, PT_BLOCK_STALE));
    cr_assert(any_is(&pt_chunks, PT_BLOCK_STALE));
    empty_folder();
    cr_assert(begin(4 * MIB), "beside the old ones");
    cr_assert_not_null(pt_slot_find(stuck.handle));
    atomic_store(&stuck.may_go, true);
    pthread_join(hanging, NULL);
    cr_assert_null(pt_slot_find(stuck.handle));
    pt_survival_end();
    cr_assert_not(any_is(&pt_slots, PT_BLOCK_STALE));
    cr_assert_not(any_is(&pt_chunks, PT_BLOCK_STALE));
}

Test(survival, a_limit_on_files_leaves_plain_memory_and_is_tried_again)
{
    struct rlimit limit, before;
    struct patter_error error = { 0 };
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){ MIB, before.rlim_max };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_not(pt_survival_begin(folder_fd, 8 * MIB, &error));
    cr_assert(strstr(error.causes[0].text, "File too large"), "%s", error.causes[0].text);
    cr_assert_gt(size_of(PT_SURVIVAL_SLOTS, 0), 0, "slots take what there is");
    cr_assert_eq(size_of(PT_SURVIVAL_RINGS, 0), -1);
    write_records(MIB);
    cr_assert_geq(plain_count(), 16);
    cr_assert_eq(pt_survival_extend(), 0);

    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    cr_assert_geq(pt_survival_extend(), 8 * MIB);
    cr_assert_not(pt_survival_is_short());
    cr_assert_eq(pt_survival_extend(), 0);
    cr_assert_geq(plain_count(), 16, "these are in use");
    pt_ring_discard(&thread.ring);
    write_records(7 * MIB);
    cr_assert_leq(plain_count(), 1);
    end();
}

Test(survival, the_folder_is_the_same_whatever_becomes_of_the_callers_descriptor)
{
    struct rlimit limit, before;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){ MIB, before.rlim_max };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int copy = dup(folder_fd);
    cr_assert_not(pt_survival_begin(copy, 4 * MIB, NULL));
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    int other = open("/", O_RDONLY | O_DIRECTORY);
    cr_assert_eq(dup2(other, copy), copy);
    cr_assert_geq(pt_survival_extend(), 4 * MIB);
    cr_assert_eq(size_of(PT_SURVIVAL_RINGS, 0), 4 * MIB);
    cr_assert_neq(access("/rings.0000", F_OK), 0);
    close(copy);
    close(other);
    end();
}

/* Another folder in the place of the one that is gone. */
static void vanish(void)
{
    empty_folder();
    rmdir(folder);
    close(folder_fd);
    cr_assert_eq(mkdir(folder, 0700), 0);
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void expect_all_files(void)
{
    struct stat about;
    cr_assert_eq(size_of(PT_SURVIVAL_RINGS, 0), 4 * MIB);
    cr_assert_eq(size_of(PT_SURVIVAL_SLOTS, 0), 4 * MIB);
    cr_assert_eq(fstatat(folder_fd, PT_SURVIVAL_KEYS, &about, 0), 0);
    cr_assert_not(pt_survival_is_short());
}

Test(survival, another_folder_takes_the_place_of_one_that_vanished)
{
    enum { TIMES = 30 };
    uint64_t open, later;
    uint32_t chunks = 0, slots = 0;
    cr_assert(begin(4 * MIB));
    open_span(&open);
    pt_slot_find(open)->record->begin_unix_ns = 42;
    write_records(RECORD);
    for (int i = 0; i < TIMES; i++) {
        vanish();
        cr_assert_eq(pt_survival_renew(folder_fd, 4 * MIB), 0);
        expect_all_files();
        write_records(3 * MIB);
        pt_ring_discard(&thread.ring);
        open_span(&later);
        end_span(later);
        cr_assert_null(pt_slot_find(later));
        if (i == 2) {
            chunks = pt_pool_size(&pt_chunks);
            slots = pt_pool_size(&pt_slots);
        }
    }
    cr_assert_eq(pt_pool_size(&pt_chunks), chunks, "files that are gone are let go");
    cr_assert_eq(pt_pool_size(&pt_slots), slots);
    cr_assert_eq(pt_slot_find(open)->record->begin_unix_ns, 42);
    cr_assert_eq(next_descriptor(), folder_fd + 2);
    cr_assert_gt(plain_count(), 0, "the open span's slot is where it was");
    cr_assert_leq(plain_count(), 1 + PT_SPARE_SLOTS);
    pt_sink_set(note_line, NULL);
    cr_assert_str_eq(say_beyond(), "", "there is room for more");
    end_span(open);
    end();
    cr_assert_not(any_is(&pt_slots, PT_BLOCK_STALE));
    cr_assert_not(any_is(&pt_chunks, PT_BLOCK_STALE));
}

static bool holds(const char *what, const char *text)
{
    static char bytes[4 * MIB];
    char name[PT_SURVIVAL_FILE_NAME];
    pt_survival_file_name(name, what, 0);
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, bytes, sizeof(bytes));
    close(fd);
    return len > 0 && memmem(bytes, (size_t)len, text, strlen(text));
}

Test(survival, a_folder_that_comes_late_gets_all_that_begins_from_then_on)
{
    uint64_t handle;
    open_span(&handle); /* its slot's neighbours stay spare: another thread begins */
    cr_assert_eq(pt_survival_renew(folder_fd, 4 * MIB), 0);
    expect_all_files();
    thread = (struct pt_thread){ .ring.id = 8 };
    struct pt_slot *slot = open_span(&handle);
    memcpy(slot->record->trace_id, "an open span....", 16);
    write_records(RECORD);
    memcpy(thread.ring.writing->data + sizeof(struct pt_record), "a span that ended", 17);
    cr_assert(holds(PT_SURVIVAL_SLOTS, "an open span...."));
    cr_assert(holds(PT_SURVIVAL_RINGS, "a span that ended"));
    end();
}

Test(survival, without_room_for_the_names_of_keys_nothing_is_renewed)
{
    struct rlimit limit, before;
    cr_assert(begin(4 * MIB));
    int next = next_descriptor();
    vanish();
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){ 4096, before.rlim_max };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(pt_survival_renew(folder_fd, 4 * MIB), EFBIG);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    cr_assert_eq(next_descriptor(), next);
    pt_survival_note_alive(1);
    cr_assert_eq(pt_survival_renew(folder_fd, 4 * MIB), 0);
    expect_all_files();
    end();
}

Test(survival, a_folder_that_vanishes_harms_nobody)
{
    struct rlimit limit, before;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){ 5 * MIB, before.rlim_max };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert(begin(4 * MIB));
    empty_folder();
    rmdir(folder);
    write_records(6 * MIB);
    cr_assert_eq(pt_survival_extend(), 0);
    end();
    cr_assert_not(begin(4 * MIB));
    write_records(6 * MIB);
    cr_assert_eq(pt_survival_extend(), 0);
    end();
}

Test(survival, a_full_disk_kills_nobody_and_is_used_once_it_has_room)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0) {
        cr_skip_test("only root has a small disk");
    }
    close(folder_fd);
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_not(begin(8 * MIB));
    write_records(16 * MIB);
    cr_assert_geq(plain_count(), 16 * MIB / PT_CHUNK_SIZE);
    static uint64_t handles[5000];
    for (int i = 0; i < 5000; i++) {
        open_span(&handles[i]);
    }
    cr_assert_eq(pt_survival_extend(), 0);
    cr_assert_eq(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=20m"), 0);
    cr_assert_geq(pt_survival_extend(), 8 * MIB);
    cr_assert_not(pt_survival_is_short());
    for (int i = 0; i < 5000; i++) {
        end_span(handles[i]);
    }
    end();
    umount2(folder, MNT_DETACH);
}

Test(survival, a_child_without_memory_says_so)
{
    struct rlimit limit, before;
    cr_assert(begin(4 * MIB));
    getrlimit(RLIMIT_AS, &before);
    limit = (struct rlimit){ 1, before.rlim_max };
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    bool forgotten = pt_survival_forget();
    setrlimit(RLIMIT_AS, &before);
    cr_assert_not(forgotten);
    cr_assert(pt_survival_forget());
}
