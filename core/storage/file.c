/* SPDX-License-Identifier: MIT */
#include "core/storage/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/storage/block.h"

enum {
    NAME_SIZE = 32,
    /* Of a file of which every block holds one record. */
    FILE_SIZE_MAX =
        PT_SEGMENT_FILE_BYTES +
        PT_SEGMENT_FILE_RECORDS * (2 * sizeof(struct pt_block) + sizeof(struct pt_block_entry))
};

_Static_assert(PT_SEGMENT_FILE_BYTES / 8 - 1 <= UINT16_MAX, "every start has room in `starts`");

static void name_of(uint64_t first, char ret_name[NAME_SIZE])
{
    snprintf(ret_name, NAME_SIZE, "log.%016" PRIx64, first);
}

bool pt_segment_file_parse_name(const char *name, uint64_t *ret_first)
{
    uint64_t first = 0;
    if (strncmp(name, "log.", 4) != 0 || strlen(name + 4) != 16 ||
        strspn(name + 4, "0123456789abcdef") != 16) {
        return false;
    }
    sscanf(name + 4, "%" SCNx64, &first);
    *ret_first = first;
    return true;
}

/* ---- any file ----------------------------------------------------------------------- */

int pt_file_open(int dirfd, const char *name, int flags)
{
    struct stat stat;
    int fd = openat(dirfd, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd >= 0 && (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

bool pt_file_may_work_later(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EROFS || error == EIO ||
           error == EMFILE || error == ENFILE || error == EFBIG || error == EINTR;
}

bool pt_file_is_gone(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) == 0 && stat.st_nlink == 0;
}

int pt_file_read(int fd, void *bytes, size_t size, size_t *ret_len)
{
    size_t len = 0;
    while (len < size) {
        ssize_t count = pread(fd, (unsigned char *)bytes + len, size - len, (off_t)len);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return errno;
        }
        if (count == 0) {
            break;
        }
        len += (size_t)count;
    }
    *ret_len = len;
    return 0;
}

/* `parts` is used up. */
static int write_at(int fd, struct iovec *parts, int count, off_t at)
{
    while (count > 0) {
        ssize_t written = pwritev(fd, parts, count, at);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return written < 0 ? errno : EIO;
        }
        at += written;
        while (count > 0 && (size_t)written >= parts->iov_len) {
            written -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (unsigned char *)parts->iov_base + written;
            parts->iov_len -= (size_t)written;
        }
    }
    return 0;
}

int pt_file_write(int fd, const void *bytes, size_t len)
{
    struct iovec part = { (void *)bytes, len };
    return write_at(fd, &part, len > 0, 0);
}

/* ---- writing ---------------------------------------------------------------------------- */

int pt_segment_file_create(int dirfd, uint64_t first, struct pt_segment_file *ret_file)
{
    char name[NAME_SIZE];
    name_of(first, name);
    int fd = pt_file_open(dirfd, name, O_RDWR | O_CREAT | O_EXCL);
    if (fd < 0) {
        return errno;
    }
    *ret_file = (struct pt_segment_file){ .fd = fd };
    return 0;
}

int pt_segment_file_append(struct pt_segment_file *file, uint64_t first,
                           const unsigned char *records, uint32_t len, uint32_t count)
{
    struct pt_block_frame frame;
    uint32_t size = file->size;
    uint32_t at = 0;
    int error = 0;
    while (count > 0 && error == 0) {
        uint32_t part = count < PT_BLOCK_RECORDS_MAX ? count : PT_BLOCK_RECORDS_MAX;
        uint32_t part_len = pt_block_seal(&frame, first, records + at, part);
        struct iovec parts[] = { { &frame.head, pt_block_head_size(part) },
                                 { (void *)(records + at), part_len },
                                 { &frame.tail, sizeof(frame.tail) } };
        error = at + part_len > len ? EINVAL : write_at(file->fd, parts, 3, size);
        size += (uint32_t)(pt_block_head_size(part) + part_len + sizeof(frame.tail));
        at += part_len;
        first += part;
        count -= part;
    }
    if (error == 0) {
        file->size = size;
    } else {
        /* Where even that fails, the next append writes over what was begun. */
        int ignored = ftruncate(file->fd, file->size);
        (void)ignored;
    }
    return error;
}

void pt_segment_file_close(struct pt_segment_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
        file->fd = -1;
    }
}

int pt_segment_file_remove(int dirfd, uint64_t first)
{
    char name[NAME_SIZE];
    name_of(first, name);
    return unlinkat(dirfd, name, 0) == 0 ? 0 : errno;
}

/* ---- reading ------------------------------------------------------------------------------ */

struct content {
    unsigned char *bytes; /* malloc'd */
    size_t len;           /* of bytes: at most FILE_SIZE_MAX */
    struct stat stat;
};

static int load(int dirfd, uint64_t first, struct content *ret_content)
{
    char name[NAME_SIZE];
    struct content content = { 0 };
    int error = 0;
    name_of(first, name);
    int fd = pt_file_open(dirfd, name, O_RDONLY);
    if (fd < 0 || fstat(fd, &content.stat) != 0) {
        error = errno;
        goto out;
    }
    size_t size =
        content.stat.st_size < FILE_SIZE_MAX ? (size_t)content.stat.st_size : FILE_SIZE_MAX;
    content.bytes = malloc(size + 1);
    error = content.bytes ? pt_file_read(fd, content.bytes, size, &content.len) : ENOMEM;
out:
    if (fd >= 0) {
        close(fd);
    }
    if (error != 0) {
        free(content.bytes);
        return error;
    }
    *ret_content = content;
    return 0;
}

/* A way through a file: each record in its place, NULL for one that is damaged or missing. */
struct walk {
    uint64_t first;
    uint32_t limit; /* of records */
    uint32_t next;  /* the record after the last that was handed on, from `first` */
    uint32_t torn;  /* records behind the file's end; they are not handed on */
    bool (*hand)(void *data, const struct pt_record *record); /* false: there is no more room */
    void *data;
    bool is_full; /* it said so: what comes next is there, and is no tombstone's */
};

static bool hand(struct walk *walk, const struct pt_record *record)
{
    walk->is_full = walk->is_full || walk->next == walk->limit || !walk->hand(walk->data, record);
    walk->next += !walk->is_full;
    return !walk->is_full;
}

static bool hand_missing(struct walk *walk, uint64_t up_to)
{
    while (walk->first + walk->next < up_to) {
        if (!hand(walk, NULL)) {
            return false;
        }
    }
    return true;
}

static bool hand_block(struct walk *walk, const struct pt_found_block *found)
{
    uint32_t at = 0;
    if (!hand_missing(walk, found->block.first)) {
        return false;
    }
    for (uint32_t i = 0; i < found->block.count; i++) {
        at += found->entries[i].len;
        if (at > found->available) { /* nothing can follow */
            walk->torn = found->block.count - i;
            return false;
        }
        if (!hand(walk, pt_block_record(found, i, at - found->entries[i].len))) {
            return false;
        }
    }
    return true;
}

/* Positions only grow: a block that would go back, or leave the file's range, is none of its. */
static bool belongs(const struct walk *walk, const struct pt_block *block, uint64_t begin)
{
    return begin >= walk->first + walk->next && block->first >= walk->first &&
           block->first - walk->first + block->count <= PT_SEGMENT_FILE_RECORDS;
}

static void walk_through(struct walk *walk, const struct content *content)
{
    struct pt_found_block found;
    size_t at = 0;
    bool goes_on = true;
    while (goes_on && pt_block_find(content->bytes, content->len, &at, &found)) {
        uint64_t end = found.block.first + found.block.count;
        if (found.entries && belongs(walk, &found.block, found.block.first)) {
            goes_on = hand_block(walk, &found);
        } else if (!found.entries && belongs(walk, &found.block, end)) {
            goes_on = hand_missing(walk, end);
        }
    }
}

struct filling {
    unsigned char *data;
    uint32_t capacity;
    uint16_t *starts;
    uint32_t used;
};

static bool fill(void *data, const struct pt_record *record)
{
    struct filling *filling = data;
    uint32_t size = record ? record->size : (uint32_t)sizeof(struct pt_record);
    if (size > filling->capacity - filling->used) {
        return false;
    }
    if (record) {
        memcpy(filling->data + filling->used, record, size);
    } else {
        pt_tombstone_write(filling->data + filling->used);
    }
    *filling->starts++ = (uint16_t)(filling->used / 8);
    filling->used += size;
    return true;
}

int pt_segment_file_read(int dirfd, uint64_t first, uint32_t count, unsigned char *data,
                         uint32_t capacity, uint16_t *starts, uint32_t *ret_count,
                         uint32_t *ret_used)
{
    struct content content;
    struct filling filling = { .data = data,
                               .capacity = capacity < PT_SEGMENT_FILE_BYTES ? capacity
                                                                            : PT_SEGMENT_FILE_BYTES,
                               .starts = starts };
    struct walk walk = {
        .first = first,
        .limit = count < PT_SEGMENT_FILE_RECORDS ? count : PT_SEGMENT_FILE_RECORDS,
        .hand = fill,
        .data = &filling,
    };
    int error = load(dirfd, first, &content);
    if (error != 0) {
        return error;
    }
    walk_through(&walk, &content);
    free(content.bytes);
    hand_missing(&walk, first + walk.limit);
    *ret_count = walk.next;
    *ret_used = filling.used;
    return 0;
}

uint32_t pt_tombstone_write(unsigned char *to)
{
    struct pt_record tombstone = { .size = sizeof(tombstone), .attribute_count = 1 };
    memcpy(to, &tombstone, sizeof(tombstone));
    return sizeof(tombstone);
}

struct visiting {
    void (*visit)(void *data, const struct pt_record *record);
    void *data;
};

static bool visit_one(void *data, const struct pt_record *record)
{
    struct visiting *visiting = data;
    if (visiting->visit && record && pt_record_is_sound(record, record->size)) {
        visiting->visit(visiting->data, record);
    }
    return true;
}

int pt_segment_file_visit(int dirfd, uint64_t first,
                          void (*visit)(void *data, const struct pt_record *record), void *data,
                          struct pt_segment_extent *ret_extent)
{
    struct content content;
    struct visiting visiting = { .visit = visit, .data = data };
    struct walk walk = {
        .first = first, .limit = PT_SEGMENT_FILE_RECORDS, .hand = visit_one, .data = &visiting
    };
    int error = load(dirfd, first, &content);
    if (error != 0) {
        return error;
    }
    walk_through(&walk, &content);
    free(content.bytes);
    *ret_extent = (struct pt_segment_extent){
        .count = walk.next + walk.torn,
        .torn = walk.torn,
        .size = (uint32_t)content.len,
        .changed_unix_ns = (uint64_t)content.stat.st_mtim.tv_sec * 1000000000u +
                           (uint64_t)content.stat.st_mtim.tv_nsec,
    };
    return 0;
}
