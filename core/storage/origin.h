/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_ORIGIN_H
#define PT_STORAGE_ORIGIN_H

/* What a journal's first file says: who wrote it and for what resource, and whether this build can
 * read the rest. Written once, before the journal gets its name; not trusted when read. */

#include <stdint.h>

#include <patter/exporter.h>

#include "core/base/arena.h"

/* Of all files of a journal; a build reads its own version alone. */
enum { PT_STORAGE_VERSION = 1 };

/* Zeroed is empty and valid. */
struct pt_origin {
    uint64_t begin_unix_ns;
    uint32_t pid;
    struct patter_str scope_version; /* of the library that recorded the spans; may be empty */
    const struct patter_attribute *resource;
    size_t resource_count;
    struct pt_arena arena; /* of all texts of one that was read */
};

enum pt_origin_verdict {
    PT_ORIGIN_READ,
    PT_ORIGIN_BROKEN,  /* damaged, or no file of ours; errno says why it could not be read */
    PT_ORIGIN_FOREIGN, /* of another version, or of another kind of machine */
};

/* 0 or errno. */
int pt_origin_write(int dirfd, const struct pt_origin *origin);

/* Cleaned by the caller when it was read. */
enum pt_origin_verdict pt_origin_read(int dirfd, struct pt_origin *ret_origin);

void pt_origin_clean(struct pt_origin *origin);

#endif /* PT_STORAGE_ORIGIN_H */
