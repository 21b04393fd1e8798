/* SPDX-License-Identifier: MIT */
#include "tests/unit/storage/support.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/storage/file.h"

char folder[64];

void make_folder(void)
{
    strcpy(folder, "/tmp/patter-storage-XXXXXX");
    cr_assert(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
    (void)stat;
    (void)type;
    (void)walk;
    return remove(path);
}

void remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int open_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    return fd;
}

uint32_t write_record(unsigned char *to, uint64_t number)
{
    struct pt_record record = { .begin_unix_ns = number,
                                .end_unix_ns = ~number,
                                .sequence = number,
                                .kind = PATTER_KIND_INTERNAL,
                                .attribute_count = (uint16_t)(number % 5),
                                .name_len = 5 };
    record.size = (uint32_t)sizeof(record) + 8 + record.attribute_count * 16u;
    unsigned char *at = to + sizeof(record);
    memcpy(to, &record, sizeof(record));
    memcpy(at, "stage\0\0", 8);
    at += 8;
    for (uint32_t i = 0; i < record.attribute_count; i++, at += 16) {
        struct pt_item item = { .key = (uint16_t)(1 + i), .type = PT_ITEM_INT, .len = 8 };
        memcpy(at, &item, sizeof(item));
        memcpy(at + 8, &number, 8);
    }
    return record.size;
}

int is_record(const unsigned char *bytes, uint64_t number)
{
    unsigned char expected[512];
    uint32_t size = write_record(expected, number);
    return memcmp(bytes, expected, size) == 0;
}

int is_tombstone(const unsigned char *bytes)
{
    unsigned char expected[sizeof(struct pt_record)];
    uint32_t size = pt_tombstone_write(expected);
    const struct pt_record *record = (const void *)bytes;
    return memcmp(bytes, expected, size) == 0 && !pt_record_is_sound(record, record->size);
}

unsigned char *read_bytes(int dirfd, const char *name, size_t *ret_size)
{
    struct stat stat;
    int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0, "%s", name);
    cr_assert_eq(fstat(fd, &stat), 0);
    unsigned char *bytes = malloc((size_t)stat.st_size + 1);
    cr_assert(bytes);
    cr_assert_eq(pt_file_read(fd, bytes, (size_t)stat.st_size, ret_size), 0);
    close(fd);
    return bytes;
}

void write_bytes(int dirfd, const char *name, const unsigned char *bytes, size_t size)
{
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, (off_t)size), 0);
    cr_assert_eq(pt_file_write(fd, bytes, size), 0);
    close(fd);
}
