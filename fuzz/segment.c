/* SPDX-License-Identifier: MIT */
/* A segment's file after damage: every record is at its position as it was written, or a tombstone
 * is. */
#include "core/storage/file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/support/record.h"

enum { RECORDS_MAX = 24, CAPACITY = RECORDS_MAX * FUZZ_RECORD_MAX, FILE_MAX = 2 * CAPACITY };

static const uint64_t first = 0x1234;

static _Alignas(8) unsigned char records[CAPACITY];
static uint32_t begins[RECORDS_MAX + 1];
static uint32_t count;

/* In as many appends as the input says. */
static void write_file(struct fuzz_input *input, int folder)
{
    struct pt_segment_file file;
    uint32_t wanted = 1 + fuzz_u8(input) % RECORDS_MAX;
    uint32_t done = 0;
    count = 0;
    for (; count < wanted; count++) {
        begins[count + 1] = begins[count] + fuzz_record(input, records + begins[count]);
    }
    (void)pt_segment_file_remove(folder, first);
    EXPECT(pt_segment_file_create(folder, first, &file) == 0);
    while (done < count) {
        uint32_t part = 1 + fuzz_u8(input) % (count - done);
        EXPECT(pt_segment_file_append(&file, first + done, records + begins[done],
                                      begins[done + part] - begins[done], part) == 0);
        done += part;
    }
    pt_segment_file_close(&file);
}

/* Returns whether anything was changed. */
static bool damage_file(struct fuzz_input *input, int folder)
{
    static unsigned char bytes[FILE_MAX];
    static unsigned char before[FILE_MAX];
    int fd = openat(folder, "log.0000000000001234", O_RDWR);
    ssize_t len = pread(fd, bytes, sizeof(bytes), 0);
    EXPECT(fd >= 0 && len > 0);
    memcpy(before, bytes, (size_t)len);
    size_t left = fuzz_damage(input, bytes, (size_t)len, NULL);
    bool is_changed = left != (size_t)len || memcmp(before, bytes, left) != 0;
    EXPECT(pwrite(fd, bytes, left, 0) == (ssize_t)left && ftruncate(fd, (off_t)left) == 0);
    close(fd);
    return is_changed;
}

static void expect_records(const unsigned char *data, const uint16_t *starts, uint32_t found,
                           uint32_t used, bool is_changed)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < found; i++) {
        const struct pt_record *record = (const void *)(data + at);
        EXPECT(starts[i] * 8u == at);
        if (pt_record_is_sound(record, used - at)) {
            EXPECT(i < count && record->size == begins[i + 1] - begins[i]);
            EXPECT(memcmp(record, records + begins[i], record->size) == 0);
        } else {
            EXPECT((is_changed || i >= count) && record->size == sizeof(*record));
        }
        at += record->size;
    }
    EXPECT(at == used);
}

static void visit_one(void *data, const struct pt_record *record)
{
    uint32_t *visited = data;
    EXPECT(pt_record_is_sound(record, record->size));
    ++*visited;
}

static void check(struct fuzz_input *input, int folder)
{
    struct pt_segment_extent extent;
    uint16_t starts[RECORDS_MAX * 2];
    uint32_t found, used;
    uint32_t visited = 0;
    write_file(input, folder);
    uint32_t asked = fuzz_u8(input) % (RECORDS_MAX * 2);
    uint32_t capacity = fuzz_u8(input) % 4 ? 2 * CAPACITY : fuzz_u16(input) % CAPACITY & ~7u;
    bool is_changed = damage_file(input, folder);
    unsigned char *data = fuzz_alloc(capacity);
    EXPECT(pt_segment_file_read(folder, first, asked, data, capacity, starts, &found, &used) == 0);
    EXPECT(found <= asked && used <= capacity);
    EXPECT(found == asked || capacity - used < FUZZ_RECORD_MAX);
    expect_records(data, starts, found, used, is_changed);
    EXPECT(pt_segment_file_visit(folder, first, visit_one, &visited, &extent) == 0);
    EXPECT(visited <= extent.count && extent.torn <= extent.count);
    EXPECT(is_changed || (visited == count && extent.count == count && extent.torn == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    check(&input, fuzz_folder());
    fuzz_release();
    return 0;
}
