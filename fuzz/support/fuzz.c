/* SPDX-License-Identifier: MIT */
#include "fuzz/support/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCKS_MAX = 4096, TOKEN_MAX = 31 };

static void *blocks[BLOCKS_MAX];
static size_t block_count;

void fuzz_fail(const char *file, int line, const char *property)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
    abort();
}

static uint64_t take(struct fuzz_input *input, size_t len)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len && input->len > 0; i++) {
        number |= (uint64_t)*input->at++ << (8 * i);
        input->len--;
    }
    return number;
}

uint8_t fuzz_u8(struct fuzz_input *input)
{
    return (uint8_t)take(input, sizeof(uint8_t));
}

uint16_t fuzz_u16(struct fuzz_input *input)
{
    return (uint16_t)take(input, sizeof(uint16_t));
}

uint32_t fuzz_u32(struct fuzz_input *input)
{
    return (uint32_t)take(input, sizeof(uint32_t));
}

uint64_t fuzz_u64(struct fuzz_input *input)
{
    return take(input, sizeof(uint64_t));
}

static struct patter_str head(struct fuzz_input *input, size_t len)
{
    struct patter_str text = { (const char *)input->at, len };
    input->at += len;
    input->len -= len;
    return text;
}

struct patter_str fuzz_text(struct fuzz_input *input, size_t max)
{
    size_t len = fuzz_u8(input);
    len = len < max ? len : max;
    return head(input, len < input->len ? len : input->len);
}

struct patter_str fuzz_rest(struct fuzz_input *input)
{
    return head(input, input->len);
}

struct patter_str fuzz_until(struct fuzz_input *input, char end)
{
    const uint8_t *found = input->len > 0 ? memchr(input->at, end, input->len) : NULL;
    struct patter_str text = head(input, found ? (size_t)(found - input->at) : input->len);
    if (found) {
        head(input, 1);
    }
    return text;
}

void *fuzz_alloc(size_t size)
{
    void *block = calloc(1, size);
    if (!block || block_count == BLOCKS_MAX) {
        fprintf(stderr, "no memory for the target itself\n");
        exit(1);
    }
    blocks[block_count++] = block;
    return block;
}

struct patter_str fuzz_copy(struct patter_str text)
{
    char *copy = fuzz_alloc(text.len);
    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }
    return (struct patter_str){ copy, text.len };
}

const char *fuzz_c_text(struct patter_str text)
{
    size_t len = text.len > 0 ? strnlen(text.data, text.len) : 0;
    char *copy = fuzz_alloc(len + 1);
    if (len > 0) {
        memcpy(copy, text.data, len);
    }
    return copy;
}

void fuzz_release(void)
{
    while (block_count > 0) {
        free(blocks[--block_count]);
    }
}

const char *fuzz_file(const void *bytes, size_t len)
{
    static int file = -1;
    static char path[32];
    if (file < 0) {
        file = memfd_create("fuzz", MFD_CLOEXEC);
        EXPECT(file >= 0 && fchmod(file, 0600) == 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    EXPECT(ftruncate(file, 0) == 0 && pwrite(file, bytes, len, 0) == (ssize_t)len);
    return path;
}

static char folder_path[] = "/dev/shm/patter-fuzz-XXXXXX";

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder_path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int fuzz_folder(void)
{
    static int folder = -1;
    if (folder < 0) {
        EXPECT(mkdtemp(folder_path));
        folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        EXPECT(folder >= 0 && atexit(remove_folder) == 0);
    }
    return folder;
}

bool fuzz_is_utf8(struct patter_str text)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    for (size_t i = 0; i < text.len;) {
        uint8_t first = (uint8_t)text.data[i++];
        size_t tails = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint32_t point = tails == 0 ? first : first & (0x3fu >> tails);
        if ((first >= 0x80 && first < 0xc0) || first >= 0xf8 || tails > text.len - i) {
            return false;
        }
        for (size_t tail = 0; tail < tails; tail++) {
            uint8_t byte = (uint8_t)text.data[i++];
            if (byte >> 6 != 2) {
                return false;
            }
            point = point << 6 | (byte & 0x3f);
        }
        if (point < least[tails] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
            return false;
        }
    }
    return true;
}

bool fuzz_is_printable(const char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

bool fuzz_holds(struct patter_str text, struct patter_str part)
{
    return text.len > 0 && part.len > 0 && memmem(text.data, text.len, part.data, part.len);
}

/* Not watched by libFuzzer, which would take what is searched for into its next inputs. */
__attribute__((no_sanitize("coverage"))) bool fuzz_input_tells(const uint8_t *data, size_t size,
                                                               const char *secret)
{
    for (size_t at = 0; at < size; at++) {
        size_t len = 0;
        while (secret[len] && at + len < size && data[at + len] == (uint8_t)secret[len]) {
            len++;
        }
        if (!secret[len]) {
            return true;
        }
    }
    return false;
}

bool fuzz_tells(const char *text, const char *secret)
{
    return fuzz_input_tells((const uint8_t *)text, strlen(text), secret);
}

bool fuzz_is_token(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return text[len] == '\0' && len > 0 && len <= TOKEN_MAX;
}
