/* SPDX-License-Identifier: MIT */
#include "core/storage/file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/storage/block.h"
#include "tests/unit/storage/support.h"

/* A segment's file, whole and harmed in every way that a disk knows. */

enum { FIRST = 1000, BLOCKS = 4, RECORDS_A_BLOCK = 3, RECORDS = BLOCKS * RECORDS_A_BLOCK };

#define NAME "log.00000000000003e8"

static int dirfd_;
static unsigned char data[PT_SEGMENT_FILE_BYTES] __attribute__((aligned(8)));
static uint16_t starts[PT_SEGMENT_FILE_RECORDS];

static void setup(void)
{
    make_folder();
    dirfd_ = open_folder(folder);
}

static void teardown(void)
{
    close(dirfd_);
    remove_folder();
}

TestSuite(file, .init = setup, .fini = teardown);

static int append(struct pt_segment_file *file, uint64_t first, uint32_t count)
{
    static unsigned char records[PT_SEGMENT_FILE_BYTES] __attribute__((aligned(8)));
    uint32_t len = 0;
    for (uint32_t i = 0; i < count; i++) {
        len += write_record(records + len, first + i);
    }
    return pt_segment_file_append(file, first, records, len, count);
}

static void write_file(void)
{
    struct pt_segment_file file;
    cr_assert_eq(pt_segment_file_create(dirfd_, FIRST, &file), 0);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        cr_assert_eq(append(&file, FIRST + i * RECORDS_A_BLOCK, RECORDS_A_BLOCK), 0);
    }
    pt_segment_file_close(&file);
}

static uint32_t read_file(uint32_t expected)
{
    uint32_t count, used;
    cr_assert_eq(
        pt_segment_file_read(dirfd_, FIRST, expected, data, sizeof(data), starts, &count, &used),
        0);
    uint32_t end = 0;
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(starts[i] * 8u, end);
        end += ((const struct pt_record *)(void *)(data + end))->size;
    }
    cr_assert_eq(used, end);
    return count;
}

static const unsigned char *record_at(uint32_t i)
{
    return data + starts[i] * 8u;
}

static struct pt_segment_extent extent(void)
{
    struct pt_segment_extent extent;
    cr_assert_eq(pt_segment_file_visit(dirfd_, FIRST, NULL, NULL, &extent), 0);
    return extent;
}

Test(file, gives_back_what_was_appended)
{
    struct stat stat;
    write_file();
    cr_assert_eq(read_file(RECORDS), RECORDS);
    for (uint32_t i = 0; i < RECORDS; i++) {
        cr_assert(is_record(record_at(i), FIRST + i), "%u", i);
    }
    cr_assert_eq(fstatat(dirfd_, NAME, &stat, 0), 0);
    cr_assert_eq(stat.st_mode & 07777, 0600);
    cr_assert_eq(extent().count, RECORDS);
    cr_assert_eq(extent().torn, 0);
    cr_assert_eq(extent().size, stat.st_size);
}

Test(file, holds_a_segment_of_the_largest_size)
{
    struct pt_segment_file file;
    cr_assert_eq(pt_segment_file_create(dirfd_, FIRST, &file), 0);
    for (uint32_t i = 0; i < PT_SEGMENT_FILE_RECORDS - 1000; i++) {
        cr_assert_eq(append(&file, FIRST + i, 1), 0);
    }
    cr_assert_eq(append(&file, FIRST + PT_SEGMENT_FILE_RECORDS - 1000, 1000), 0);
    pt_segment_file_close(&file);
    cr_assert_eq(extent().count, PT_SEGMENT_FILE_RECORDS);
    cr_assert_eq(read_file(PT_SEGMENT_FILE_RECORDS), PT_SEGMENT_FILE_RECORDS);
    for (uint32_t i = 0; i < PT_SEGMENT_FILE_RECORDS; i++) {
        cr_assert(is_record(record_at(i), FIRST + i), "%u", i);
    }
}

Test(file, gives_tombstones_for_what_was_never_there)
{
    write_file();
    cr_assert_eq(read_file(RECORDS + 5), RECORDS + 5);
    for (uint32_t i = 0; i < RECORDS + 5; i++) {
        cr_assert(i < RECORDS ? is_record(record_at(i), FIRST + i) : is_tombstone(record_at(i)));
    }
    cr_assert_eq(read_file(2), 2, "and no more than was asked for");
    cr_assert_eq(read_file(0), 0);
}

Test(file, torn_at_any_byte_keeps_what_is_before)
{
    size_t size;
    write_file();
    unsigned char *bytes = read_bytes(dirfd_, NAME, &size);
    uint32_t whole_before = 0;
    for (size_t len = 0; len < size; len++) {
        write_bytes(dirfd_, NAME, bytes, len);
        struct pt_segment_extent there = extent();
        cr_assert_leq(there.count, RECORDS);
        cr_assert_eq(there.count % RECORDS_A_BLOCK, 0, "a block's head tells how many it had");
        uint32_t whole = there.count - there.torn;
        cr_assert(whole == whole_before || whole == whole_before + 1, "at %zu", len);
        whole_before = whole;
        cr_assert_eq(read_file(RECORDS), RECORDS);
        for (uint32_t i = 0; i < RECORDS; i++) {
            cr_assert(i < whole ? is_record(record_at(i), FIRST + i) : is_tombstone(record_at(i)),
                      "%u at %zu", i, len);
        }
    }
    cr_assert_eq(whole_before, RECORDS, "the last copy of a head lacks, and no record");
    free(bytes);
}

/* Which records a byte of the file belongs to: one, all of a block, or none. */
static void mark_harmed(const unsigned char *bytes, size_t at, bool harmed[RECORDS])
{
    size_t begin = 0;
    for (uint32_t block = 0; block < BLOCKS; block++) {
        const struct pt_block *head = (const void *)(bytes + begin);
        const struct pt_block_entry *entries = (const void *)(head + 1);
        size_t records = begin + pt_block_head_size(RECORDS_A_BLOCK);
        size_t end = records;
        for (uint32_t i = 0; i < RECORDS_A_BLOCK; i++) {
            size_t record_end = end + entries[i].len;
            bool is_in = at < records ? at >= begin : at >= end && at < record_end;
            harmed[block * RECORDS_A_BLOCK + i] = is_in;
            end = record_end;
        }
        begin = end + sizeof(struct pt_block);
    }
}

Test(file, with_any_bit_flipped_loses_only_what_the_bit_is_in, .timeout = 120)
{
    size_t size;
    bool harmed[RECORDS];
    write_file();
    unsigned char *bytes = read_bytes(dirfd_, NAME, &size);
    unsigned char *original = malloc(size);
    memcpy(original, bytes, size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        write_bytes(dirfd_, NAME, bytes, size);
        mark_harmed(original, bit / 8, harmed);
        cr_assert_eq(extent().count, RECORDS, "bit %zu", bit);
        cr_assert_eq(read_file(RECORDS), RECORDS);
        for (uint32_t i = 0; i < RECORDS; i++) {
            cr_assert(harmed[i] ? is_tombstone(record_at(i)) : is_record(record_at(i), FIRST + i),
                      "record %u, bit %zu", i, bit);
        }
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    free(original);
    free(bytes);
}

Test(file, full_of_noise_gives_tombstones, .timeout = 60)
{
    size_t size;
    uint64_t state = 88172645463325252u;
    write_file();
    unsigned char *original = read_bytes(dirfd_, NAME, &size);
    unsigned char *bytes = malloc(size);
    for (int round = 0; round < 2000; round++) {
        memcpy(bytes, original, size);
        for (int i = 0; i < 1 + round % 64; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            size_t at = state % size;
            size_t len = 1 + (state >> 32) % (size - at < 200 ? size - at : 200);
            memset(bytes + at, (int)(state >> 56), len);
        }
        write_bytes(dirfd_, NAME, bytes, size);
        cr_assert_leq(extent().count, PT_SEGMENT_FILE_RECORDS);
        cr_assert_eq(read_file(RECORDS), RECORDS);
        for (uint32_t i = 0; i < RECORDS; i++) {
            cr_assert(is_tombstone(record_at(i)) || is_record(record_at(i), FIRST + i));
        }
    }
    free(bytes);
    free(original);
}

Test(file, blocks_out_of_their_place_are_passed_over)
{
    size_t size;
    write_file();
    unsigned char *bytes = read_bytes(dirfd_, NAME, &size);
    unsigned char *twice = malloc(2 * size);
    memcpy(twice, bytes, size);
    memcpy(twice + size, bytes, size);
    write_bytes(dirfd_, NAME, twice, 2 * size);
    cr_assert_eq(extent().count, RECORDS, "the same positions again");

    write_bytes(dirfd_, "log.0000000000000000", bytes, size);
    struct pt_segment_extent there;
    cr_assert_eq(pt_segment_file_visit(dirfd_, 0, NULL, NULL, &there), 0);
    cr_assert_eq(there.count, FIRST + RECORDS, "the gap is what is missing");
    write_bytes(dirfd_, "log.000000000000ffff", bytes, size);
    cr_assert_eq(pt_segment_file_visit(dirfd_, 0xffff, NULL, NULL, &there), 0);
    cr_assert_eq(there.count, 0, "positions before the file's own");
    free(twice);
    free(bytes);
}

Test(file, an_append_that_fails_in_the_middle_leaves_nothing)
{
    struct pt_segment_file file;
    struct stat before, after;
    cr_assert_eq(pt_segment_file_create(dirfd_, FIRST, &file), 0);
    cr_assert_eq(append(&file, FIRST, 10), 0);
    cr_assert_eq(fstat(file.fd, &before), 0);
    uint32_t size = file.size;
    cr_assert_eq(size, before.st_size);

    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = { size + 1000, RLIM_INFINITY };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(append(&file, FIRST + 10, 1000), EFBIG);
    cr_assert_eq(fstat(file.fd, &after), 0);
    cr_assert_eq(after.st_size, before.st_size);
    cr_assert_eq(file.size, size);

    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(append(&file, FIRST + 10, 1000), 0, "and it goes on where there is room again");
    pt_segment_file_close(&file);
    cr_assert_eq(extent().count, 1010);
    cr_assert_eq(read_file(1010), 1010);
    for (uint32_t i = 0; i < 1010; i++) {
        cr_assert(is_record(record_at(i), FIRST + i));
    }
}

Test(file, errors_come_back)
{
    struct pt_segment_file file;
    struct pt_segment_extent there;
    uint32_t count, used;
    unsigned char record[256] __attribute__((aligned(8)));
    uint32_t len = write_record(record, 1);
    cr_assert_eq(pt_segment_file_read(dirfd_, 7, 1, data, sizeof(data), starts, &count, &used),
                 ENOENT);
    cr_assert_eq(pt_segment_file_visit(dirfd_, 7, NULL, NULL, &there), ENOENT);
    cr_assert_eq(pt_segment_file_remove(dirfd_, 7), ENOENT);
    cr_assert_eq(pt_segment_file_create(-1, 7, &file), EBADF);

    write_file();
    cr_assert_eq(pt_segment_file_create(dirfd_, FIRST, &file), EEXIST);
    file.fd = openat(dirfd_, NAME, O_RDONLY | O_CLOEXEC);
    file.size = 0;
    cr_assert_eq(pt_segment_file_append(&file, FIRST, record, len, 1), EBADF);
    pt_segment_file_close(&file);
    cr_assert_eq(file.fd, -1);

    cr_assert_eq(symlinkat(NAME, dirfd_, "log.0000000000000007"), 0);
    cr_assert_eq(pt_segment_file_read(dirfd_, 7, 1, data, sizeof(data), starts, &count, &used),
                 ELOOP);
    cr_assert_eq(mkfifoat(dirfd_, "log.0000000000000008", 0600), 0);
    cr_assert_eq(pt_segment_file_read(dirfd_, 8, 1, data, sizeof(data), starts, &count, &used),
                 EINVAL);
    cr_assert_eq(pt_segment_file_remove(dirfd_, FIRST), 0);
}

Test(file, has_room_for_no_more_than_the_reader_has)
{
    uint32_t count, used;
    write_file();
    for (uint32_t capacity = 0; capacity < 1200; capacity += 8) {
        cr_assert_eq(
            pt_segment_file_read(dirfd_, FIRST, RECORDS, data, capacity, starts, &count, &used), 0);
        cr_assert_lt(count, RECORDS);
        cr_assert_leq(used, capacity);
        for (uint32_t i = 0; i < count; i++) {
            cr_assert(is_record(data + 8u * starts[i], FIRST + i),
                      "no tombstone for what is there");
        }
    }
}

static uint32_t visited;

static void visit(void *data_, const struct pt_record *record)
{
    cr_assert_eq(data_, &visited);
    cr_assert_eq(record->sequence, FIRST + visited);
    visited++;
}

Test(file, shows_each_record_in_order)
{
    struct pt_segment_extent there;
    write_file();
    cr_assert_eq(pt_segment_file_visit(dirfd_, FIRST, visit, &visited, &there), 0);
    cr_assert_eq(visited, RECORDS);
}

Test(file, knows_the_names_of_its_kind)
{
    uint64_t first = 5;
    cr_assert(pt_segment_file_parse_name(NAME, &first));
    cr_assert_eq(first, FIRST);
    cr_assert(pt_segment_file_parse_name("log.ffffffffffffffff", &first));
    cr_assert_eq(first, UINT64_MAX);
    static const char *const others[] = { "log.",
                                          "log.3e8",
                                          "log.00000000000003E8",
                                          "origin",
                                          "log.00000000000003e80",
                                          "log.0000000000000 3e8",
                                          ".log.00000000000003e8" };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        cr_assert_not(pt_segment_file_parse_name(others[i], &first), "%s", others[i]);
    }
}
