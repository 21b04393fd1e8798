/* SPDX-License-Identifier: MIT */
/* A journal's origin: what was written is read as the same; and with a sum that fits any bytes. */
#include "core/storage/origin.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/storage/block.h"
#include "core/storage/file.h"
#include "fuzz/support/fuzz.h"

enum { ATTRIBUTES_MAX = 6, HEAD = 80, SUM_AT = 72, LEN_AT = 32 };

static bool is_same(struct patter_str a, struct patter_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void expect_same(const struct patter_attribute *a, const struct patter_attribute *b)
{
    EXPECT(is_same(a->key, b->key) && a->value.type == b->value.type);
    if (a->value.type == PATTER_TEXT) {
        EXPECT(is_same(a->value.as.text, b->value.as.text));
    } else if (a->value.type == PATTER_BOOL) {
        EXPECT(a->value.as.boolean == b->value.as.boolean);
    } else {
        EXPECT(a->value.as.integer == b->value.as.integer);
    }
}

static void check_written(struct fuzz_input *input, int folder)
{
    struct patter_attribute attributes[ATTRIBUTES_MAX];
    struct pt_origin origin = { .begin_unix_ns = fuzz_u64(input),
                                .pid = fuzz_u32(input),
                                .resource = attributes,
                                .scope_version = patter_text(fuzz_c_text(fuzz_text(input, 32))),
                                .resource_count = fuzz_u8(input) % (ATTRIBUTES_MAX + 1) };
    struct pt_origin read;
    for (size_t i = 0; i < origin.resource_count; i++) {
        struct patter_value value = { .type = PATTER_BOOL + fuzz_u8(input) % 4 };
        attributes[i].key = fuzz_copy(fuzz_text(input, 64));
        if (value.type == PATTER_TEXT) {
            value.as.text = fuzz_copy(fuzz_text(input, 255));
        } else if (value.type == PATTER_BOOL) {
            value.as.boolean = fuzz_u8(input) & 1;
        } else {
            value.as.integer = (int64_t)fuzz_u64(input);
        }
        attributes[i].value = value;
    }
    EXPECT(pt_origin_write(folder, &origin) == 0);
    EXPECT(pt_origin_read(folder, &read) == PT_ORIGIN_READ);
    EXPECT(read.pid == origin.pid && read.begin_unix_ns == origin.begin_unix_ns);
    EXPECT(read.scope_version.len == 0 || is_same(read.scope_version, origin.scope_version));
    EXPECT(read.resource_count == origin.resource_count);
    for (size_t i = 0; i < read.resource_count; i++) {
        expect_same(&read.resource[i], &attributes[i]);
    }
    pt_origin_clean(&read);
}

/* Behind a good beginning of the file. */
static void check_forged(struct fuzz_input *input, int folder)
{
    static const struct pt_origin empty = { .scope_version = { "1", 1 } };
    unsigned char bytes[4096];
    struct pt_origin read;
    EXPECT(pt_origin_write(folder, &empty) == 0);
    int fd = openat(folder, "origin", O_RDWR);
    EXPECT(fd >= 0 && pread(fd, bytes, sizeof(bytes), 0) == HEAD);
    uint32_t attribute_count = fuzz_u16(input);
    bool seals = fuzz_u8(input) % 8;
    struct patter_str rest = fuzz_text(input, 255);
    uint32_t len = (uint32_t)rest.len;
    memcpy(bytes + HEAD, rest.data, rest.len);
    memcpy(bytes + LEN_AT, &len, sizeof(len));
    memcpy(bytes + LEN_AT + 4, &attribute_count, sizeof(attribute_count));
    while (input->len >= 2) {
        bytes[8 + fuzz_u8(input) % (HEAD - 8)] ^= fuzz_u8(input);
    }
    if (seals) {
        memset(bytes + SUM_AT, 0, 8);
        uint64_t sum = pt_block_sum(bytes, HEAD + rest.len);
        memcpy(bytes + SUM_AT, &sum, sizeof(sum));
    }
    EXPECT(pwrite(fd, bytes, HEAD + rest.len, 0) == (ssize_t)(HEAD + rest.len));
    close(fd);
    if (pt_origin_read(folder, &read) == PT_ORIGIN_READ) {
        EXPECT(strlen(read.scope_version.data) == read.scope_version.len);
        for (size_t i = 0; i < read.resource_count; i++) {
            const struct patter_value *value = &read.resource[i].value;
            EXPECT(value->type >= PATTER_BOOL && value->type <= PATTER_TEXT);
            EXPECT(read.resource[i].key.len <= rest.len);
            EXPECT(value->type != PATTER_BOOL || value->as.boolean == 0 || value->as.boolean == 1);
        }
        pt_origin_clean(&read);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    int folder = fuzz_folder();
    unlinkat(folder, "origin", 0);
    if (fuzz_u8(&input) % 2) {
        check_written(&input, folder);
    } else {
        check_forged(&input, folder);
    }
    fuzz_release();
    return 0;
}
