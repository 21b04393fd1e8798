/* SPDX-License-Identifier: MIT */
#include "core/storage/cursors.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/storage/support.h"

/* How far each exporter is, and what a crash leaves of that. */

static int dirfd_;
static struct pt_stored_cursors *cursors;

static void setup(void)
{
    make_folder();
    dirfd_ = open_folder(folder);
    cursors = pt_stored_cursors_create(dirfd_);
    cr_assert(cursors);
}

static void teardown(void)
{
    pt_stored_cursors_close(cursors);
    close(dirfd_);
    remove_folder();
}

TestSuite(cursors, .init = setup, .fini = teardown);

static void open_again(void)
{
    pt_stored_cursors_close(cursors);
    cursors = pt_stored_cursors_open(dirfd_, true);
    cr_assert(cursors);
}

static struct pt_stored_cursor *claim(const char *name)
{
    struct pt_stored_cursor *cursor = pt_stored_cursors_claim(cursors, name);
    cr_assert(cursor);
    return cursor;
}

/* Returns how many nobody gets. */
static uint64_t settle(uint64_t end, size_t count, const char *const *names)
{
    struct pt_range ranges[PT_ANSWERED_MAX];
    size_t settled = pt_stored_cursors_settle(cursors, names, count, end, ranges);
    return pt_ranges_lacking(ranges, settled, 0, end);
}

#define NAMES(...)                                                                                 \
    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *), (const char *const[])     \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

/* "0-5 7-9" */
static void expect(const struct pt_stored_cursor *cursor, const char *answered)
{
    struct pt_range ranges[PT_ANSWERED_MAX];
    char text[4096] = "";
    size_t len = 0;
    size_t count = pt_stored_cursor_answered(cursor, ranges, PT_ANSWERED_MAX);
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%llu-%llu", i ? " " : "",
                                (unsigned long long)ranges[i].first,
                                (unsigned long long)ranges[i].end);
    }
    cr_assert_str_eq(text, answered);
}

Test(cursors, a_new_one_has_all_before_it)
{
    struct pt_stored_cursor *cursor = claim("otlp-http");
    expect(cursor, "");
    cr_assert_eq(pt_stored_cursor_pending(cursor, 0, 100), 100);
    cr_assert_eq(claim("otlp-http"), cursor);
    cr_assert_neq(claim("otlp-http/two"), cursor);
    open_again();
    expect(claim("otlp-http"), "");
}

Test(cursors, what_is_answered_need_not_be_sent_again)
{
    struct pt_stored_cursor *cursor = claim("a");
    pt_stored_cursor_begin(cursor, 0, 10);
    expect(cursor, "");
    pt_stored_cursor_begin(cursor, 10, 20);
    pt_stored_cursor_begin(cursor, 20, 30);
    expect(cursor, "");
    pt_stored_cursor_answer(cursor, 20, 20);
    expect(cursor, "10-20");
    pt_stored_cursor_answer(cursor, 10, 4);
    expect(cursor, "0-4 10-20");
    pt_stored_cursor_answer(cursor, 10, 10);
    expect(cursor, "0-20");
    cr_assert_eq(pt_stored_cursor_pending(cursor, 0, 35), 15);
    cr_assert_eq(pt_stored_cursor_pending(cursor, 15, 25), 5);
    pt_stored_cursor_answer(cursor, 30, 30);
    expect(cursor, "0-30");
    cr_assert_eq(pt_stored_cursor_end(cursor), 30);
}

Test(cursors, as_many_batches_as_there_may_be_are_told_apart)
{
    struct pt_stored_cursor *cursor = claim("a");
    for (int round = 0; round < 10; round++) {
        uint64_t from = (uint64_t)round * 6400;
        for (uint64_t i = 0; i < PT_STORED_IN_FLIGHT; i++) {
            pt_stored_cursor_begin(cursor, from + i * 100, from + i * 100 + 100);
        }
        cr_assert_eq(pt_stored_cursor_pending(cursor, 0, from + 6400), 6400);
        for (uint64_t i = 0; i < PT_STORED_IN_FLIGHT; i++) {
            uint64_t end = from + (i * 37 % PT_STORED_IN_FLIGHT) * 100 + 100;
            pt_stored_cursor_answer(cursor, end, end);
            cr_assert_eq(pt_stored_cursor_pending(cursor, 0, from + 6400), 6300 - i * 100);
        }
    }
    expect(cursor, "0-64000");
}

Test(cursors, what_was_in_flight_is_handed_out_again_and_nothing_else)
{
    struct pt_stored_cursor *cursor = claim("a");
    for (uint64_t i = 0; i < 8; i++) {
        pt_stored_cursor_begin(cursor, i * 10, i * 10 + 10);
    }
    pt_stored_cursor_answer(cursor, 20, 20);
    pt_stored_cursor_answer(cursor, 40, 35);
    pt_stored_cursor_answer(cursor, 80, 80);
    expect(cursor, "10-20 30-35 70-80");
    open_again();
    cr_assert_eq(settle(100, NAMES("a")), 0);
    cursor = claim("a");
    expect(cursor, "10-20 30-35 70-80");

    pt_stored_cursor_begin(cursor, 0, 10);
    pt_stored_cursor_begin(cursor, 20, 30);
    expect(cursor, "10-20 30-35 70-80");
    pt_stored_cursor_answer(cursor, 10, 10);
    expect(cursor, "0-20 30-35 70-80");
    cr_assert_eq(settle(100, NAMES("a")), 0, "and it dies again");
    expect(cursor, "0-20 30-35 70-80");
    pt_stored_cursor_begin(cursor, 20, 30);
    pt_stored_cursor_begin(cursor, 35, 70);
    pt_stored_cursor_begin(cursor, 80, 100);
    pt_stored_cursor_answer(cursor, 30, 30);
    pt_stored_cursor_answer(cursor, 70, 70);
    pt_stored_cursor_answer(cursor, 100, 100);
    expect(cursor, "0-100");
}

Test(cursors, a_backend_that_was_exchanged_leaves_its_share_to_the_new_one)
{
    struct pt_stored_cursor *old = claim("old");
    claim("stays");
    pt_stored_cursor_begin(old, 0, 10);
    pt_stored_cursor_begin(old, 10, 20);
    pt_stored_cursor_answer(old, 20, 20);
    cr_assert_eq(settle(50, NAMES("stays", "new")), 0);
    expect(claim("new"), "10-20");
    expect(claim("stays"), "");
    expect(claim("old"), "");
    cr_assert_eq(pt_stored_cursor_pending(claim("new"), 0, 50), 40);
}

Test(cursors, the_new_one_gets_what_any_of_the_old_ones_lacks)
{
    struct pt_stored_cursor *a = claim("a"), *b = claim("b");
    pt_stored_cursor_begin(a, 0, 30);
    pt_stored_cursor_answer(a, 30, 30);
    pt_stored_cursor_begin(b, 0, 10);
    pt_stored_cursor_begin(b, 10, 40);
    pt_stored_cursor_answer(b, 40, 40);
    cr_assert_eq(settle(50, NAMES("c", "d")), 0);
    expect(claim("c"), "10-30");
    expect(claim("d"), "10-30");
}

Test(cursors, one_that_is_new_beside_the_old_ones_gets_nothing)
{
    pt_stored_cursor_begin(claim("a"), 0, 30);
    cr_assert_eq(settle(50, NAMES("a", "new")), 0);
    expect(claim("new"), "0-50");
    expect(claim("a"), "");
}

Test(cursors, one_that_went_without_another_in_its_place_is_told)
{
    claim("a");
    struct pt_stored_cursor *gone = claim("gone");
    pt_stored_cursor_begin(gone, 0, 30);
    pt_stored_cursor_answer(gone, 30, 30);
    cr_assert_eq(settle(50, NAMES("a")), 20);
    cr_assert_eq(settle(50, NAMES("a")), 0, "once");
    expect(claim("a"), "");
}

Test(cursors, one_that_a_reload_brought_in_gets_what_was_there_before)
{
    struct pt_stored_cursor *old = claim("old"), *new = claim("new");
    pt_stored_cursor_enter(new, 40);
    pt_stored_cursor_begin(old, 0, 10);
    pt_stored_cursor_answer(old, 10, 10);
    pt_stored_cursor_leave(old, 10, 40);
    pt_stored_cursor_answer(old, 40, 15);
    cr_assert_eq(pt_stored_cursor_pending(old, 0, 50), 25);
    pt_stored_cursor_begin(new, 40, 45);
    pt_stored_cursor_begin(new, 45, 50);
    pt_stored_cursor_answer(new, 50, 50);
    expect(new, "0-40 45-50");
    cr_assert_eq(settle(60, NAMES("new")), 0);
    expect(claim("new"), "0-15 45-50");
    cr_assert_eq(settle(60, NAMES("new")), 0);
    expect(claim("new"), "0-15 45-50");
}

Test(cursors, one_that_a_reload_brought_in_beside_others_gets_no_more_than_that)
{
    struct pt_stored_cursor *old = claim("old"), *new = claim("new");
    pt_stored_cursor_begin(old, 0, 10);
    pt_stored_cursor_answer(old, 10, 10);
    pt_stored_cursor_enter(new, 40); /* the old one has gone on beside it */
    cr_assert_eq(settle(60, NAMES("new")), 20);
    expect(claim("new"), "0-10");
}

Test(cursors, where_nobody_is_known_all_get_all)
{
    cr_assert_eq(settle(50, NAMES("a", "b")), 0);
    expect(claim("a"), "");
    expect(claim("b"), "");
}

Test(cursors, there_is_no_room_for_more_than_a_few_or_for_a_long_name)
{
    char name[PT_STORED_NAME + 1];
    for (int i = 0; i < PT_STORED_CURSORS; i++) {
        snprintf(name, sizeof(name), "exporter/%d", i);
        claim(name);
    }
    cr_assert_null(pt_stored_cursors_claim(cursors, "one more"));
    pt_stored_cursor_release(claim("exporter/7"));
    memset(name, 'x', PT_STORED_NAME);
    name[PT_STORED_NAME] = '\0';
    cr_assert_null(pt_stored_cursors_claim(cursors, name));
    name[PT_STORED_NAME - 1] = '\0';
    expect(claim(name), "");
}

enum { POSITIONS = 1 << 20, BATCH = 7, WORKERS = 5 };

/* Batches under way at once, answered in two parts and out of order; `answered` is written before
 * the cursor is. */
static void run_until_killed(struct pt_stored_cursor *cursor, _Atomic unsigned char *answered)
{
    for (uint64_t next = 0; next + WORKERS * BATCH <= POSITIONS; next += WORKERS * BATCH) {
        for (uint64_t i = 0; i < WORKERS; i++) {
            pt_stored_cursor_begin(cursor, next + i * BATCH, next + (i + 1) * BATCH);
        }
        for (uint64_t i = 0; i < WORKERS; i++) {
            uint64_t first = next + (i * 3 % WORKERS) * BATCH, end = first + BATCH;
            for (uint64_t to = first + 3; to <= end; to += 4) {
                for (uint64_t j = first; j < to; j++) {
                    answered[j] = 1;
                }
                pt_stored_cursor_answer(cursor, end, to);
            }
        }
    }
}

Test(cursors, a_kill_at_any_instant_takes_nothing_for_answered_that_is_not, .timeout = 60)
{
    for (int round = 0; round < 200; round++) {
        char name[16];
        struct pt_range ranges[PT_ANSWERED_MAX];
        _Atomic unsigned char *answered =
            mmap(NULL, POSITIONS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        cr_assert_neq((void *)answered, MAP_FAILED);
        snprintf(name, sizeof(name), "%d", round);
        struct pt_stored_cursor *cursor = claim(name);
        pid_t child = fork();
        if (child == 0) {
            run_until_killed(cursor, answered);
            _exit(0);
        }
        usleep((useconds_t)(round * 37 % 3000));
        kill(child, SIGKILL);
        cr_assert_eq(waitpid(child, NULL, 0), child);
        settle(POSITIONS, NAMES(name));
        size_t count = pt_stored_cursor_answered(cursor, ranges, PT_ANSWERED_MAX);
        for (size_t i = 0; i < count; i++) {
            for (uint64_t at = ranges[i].first; at < ranges[i].end; at++) {
                cr_assert(answered[at], "%llu", (unsigned long long)at);
            }
        }
        pt_stored_cursor_release(cursor);
        munmap((void *)answered, POSITIONS);
    }
}

/* What a crash of the machine may leave. */
Test(cursors, noise_harms_nobody)
{
    uint64_t state = 88172645463325252u;
    for (int round = 0; round < 300; round++) {
        uint64_t *words = (uint64_t *)(void *)cursors->cursors;
        for (size_t i = 0; i < sizeof(cursors->cursors) / 8; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            words[i] = round % 2 ? state : state % 200;
        }
        struct pt_range ranges[PT_ANSWERED_MAX];
        struct pt_stored_cursor *cursor = &cursors->cursors[round % PT_STORED_CURSORS];
        atomic_store(&cursor->is_taken, 1);
        settle(100, NAMES("a", "b"));
        size_t count = pt_stored_cursor_answered(cursor, ranges, PT_ANSWERED_MAX);
        for (size_t i = 0; i < count; i++) {
            cr_assert_lt(ranges[i].first, ranges[i].end);
            cr_assert(i == 0 || ranges[i - 1].end < ranges[i].first);
        }
        cr_assert_leq(pt_stored_cursor_pending(cursor, 0, 100), 100);
        cr_assert_leq(pt_stored_cursor_answered(cursor, ranges, 3), 3);
    }
}

Test(cursors, a_file_that_is_none_is_not_opened)
{
    size_t size;
    pt_stored_cursors_close(cursors);
    unsigned char *bytes = read_bytes(dirfd_, "cursors", &size);
    cr_assert_null(pt_stored_cursors_create(dirfd_));
    cr_assert_eq(errno, EEXIST);
    write_bytes(dirfd_, "cursors", bytes, size - 1);
    cr_assert_null(pt_stored_cursors_open(dirfd_, true));
    bytes[0] ^= 1;
    write_bytes(dirfd_, "cursors", bytes, size);
    cr_assert_null(pt_stored_cursors_open(dirfd_, true));
    bytes[0] ^= 1;
    write_bytes(dirfd_, "cursors", bytes, size);
    cursors = pt_stored_cursors_open(dirfd_, false);
    cr_assert(cursors);
    free(bytes);
}

Test(cursors, an_old_file_has_its_room_before_it_is_written)
{
    struct stat about;
    const off_t size = sizeof(struct pt_stored_cursors);
    int fd = openat(dirfd_, "cursors", O_RDWR | O_CLOEXEC);
    cr_assert_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, size - 4096), 0);
    cr_assert_eq(fstat(fd, &about), 0);
    cr_assert_lt(about.st_blocks * 512, size);
    open_again();
    cr_assert_eq(fstat(fd, &about), 0);
    cr_assert_geq(about.st_blocks * 512, size, "a store into a full disk would end the process");
    close(fd);
}

Test(cursors, no_flipped_bit_of_read_lets_what_waits_pass_for_sent)
{
    for (unsigned bit = 0; bit < 128; bit++) {
        struct pt_stored_cursor *cursor = claim("a");
        pt_stored_cursor_begin(cursor, 0, 100);
        pt_stored_cursor_answer(cursor, 100, 100);
        _Atomic uint64_t *word = bit < 64 ? &cursor->read : &cursor->read_inverse;
        *word ^= UINT64_C(1) << bit % 64;
        cr_assert_geq(pt_stored_cursor_pending(cursor, 0, 1000), 900, "bit %u", bit);
        pt_stored_cursor_release(cursor);
    }
}
