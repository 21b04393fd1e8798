/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_INVENTORY_H
#define PT_STORAGE_INVENTORY_H

/* What spans a dead process's journal holds: the files of its log, and one more that is written
 * here, of what the crash left in rings and open calls. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/salvage.h"

/* A file of the log. */
struct pt_journal_file {
    uint64_t first; /* position of its first record */
    uint32_t count; /* of records, damaged ones included */
    uint32_t size;  /* bytes */
    uint64_t changed_unix_ns;
};

/* Zeroed is empty and valid. */
struct pt_inventory {
    struct pt_journal_file *files; /* oldest first; malloc'd */
    size_t count;
    bool has_leftovers;  /* what the crash left could not be written, and lies where it lay */
    int obstacle;        /* an errno: something is there that could not be read this time; or 0 */
    uint64_t unmoved;    /* spans that lie in rings and not in the log, where it was only looked */
    uint64_t open_calls; /* likewise */
};

/*
 * Reads all files of the log; those that cannot be read, or are none, are left out. With `keys`,
 * which may be empty, moves what the crash left to files at its end, beyond position `at_least`;
 * the files of rings and open calls go then. Killed in between, it does the rest the next time.
 * NULL: looks only, and counts what would be moved.
 */
void pt_inventory_take(int dirfd, const struct pt_salvaged_keys *keys, uint64_t at_least,
                       struct pt_inventory *ret_inventory);

#endif /* PT_STORAGE_INVENTORY_H */
