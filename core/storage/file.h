/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_FILE_H
#define PT_STORAGE_FILE_H

/*
 * A segment of the log as a file of the journal: `log.` and the position of its first record in 16
 * hex digits. Written with pwritev and read with pread, never mapped: a full or broken disk and a
 * file that someone cut short are errors then, and no SIGBUS. What is written survives the process,
 * not the machine: nothing is synced.
 *
 * Results are 0 or an errno. One thread at a time for each file.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

/* What one file may hold, and the memory that reading it takes. */
enum { PT_SEGMENT_FILE_RECORDS = 4096, PT_SEGMENT_FILE_BYTES = 512 * 1024 };

/* One that is being written. */
struct pt_segment_file {
    int fd;
    uint32_t size; /* bytes on disk, heads and tables included */
};

/* EEXIST when there is one of that position. */
int pt_segment_file_create(int dirfd, uint64_t first, struct pt_segment_file *ret_file);

/* Appends `count` records, `len` bytes, the first of which has position `first`: all of them, or
 * none. */
int pt_segment_file_append(struct pt_segment_file *file, uint64_t first,
                           const unsigned char *records, uint32_t len, uint32_t count);

/* Closes the descriptor; the file stays. -1 is none. */
void pt_segment_file_close(struct pt_segment_file *file);

/*
 * Fills `data`, aligned to 8, with the `count` records of the file of position `first`, as they
 * were written; `starts[i]` is where record i begins, in units of 8 bytes. One that is damaged or
 * missing becomes a tombstone, so that every position stays right. At most PT_SEGMENT_FILE_RECORDS,
 * and at most what fits into `capacity`: `ret_count` is less than `count` only there.
 */
int pt_segment_file_read(int dirfd, uint64_t first, uint32_t count, unsigned char *data,
                         uint32_t capacity, uint16_t *starts, uint32_t *ret_count,
                         uint32_t *ret_used);

/* Writes a tombstone, a record of zeros but for its size and an attribute too many: it is not
 * sound. Returns its size. */
uint32_t pt_tombstone_write(unsigned char *to);

/* What is known of a file's length. */
struct pt_segment_extent {
    uint32_t count;           /* of records that were written, as far as can be told */
    uint32_t torn;            /* of these, the last ones, which are behind the file's end */
    uint32_t size;            /* bytes on disk */
    uint64_t changed_unix_ns; /* when it was last written to */
};

/* Calls visit(), unless it is NULL, for each record that is whole and sound, in order. */
int pt_segment_file_visit(int dirfd, uint64_t first,
                          void (*visit)(void *data, const struct pt_record *record), void *data,
                          struct pt_segment_extent *ret_extent);

int pt_segment_file_remove(int dirfd, uint64_t first);

/* The position in a file's name; false when it is no segment's. */
bool pt_segment_file_parse_name(const char *name, uint64_t *ret_first);

/* ---- any file of a journal -------------------------------------------------------- */

/* As openat, but never through a symbolic link, and -1 with EINVAL for what is no plain file. */
int pt_file_open(int dirfd, const char *name, int flags);

/* True for an errno that is a disk's or the system's state, and may be gone at another time. */
bool pt_file_may_work_later(int error);

/* True for an open file or folder that has been removed: what is in it ends with the process. */
bool pt_file_is_gone(int fd);

/* All or an errno. */
int pt_file_read(int fd, void *bytes, size_t size, size_t *ret_len);
int pt_file_write(int fd, const void *bytes, size_t len);

#endif /* PT_STORAGE_FILE_H */
