/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_LEFTOVER_H
#define PT_STORAGE_LEFTOVER_H

/*
 * What a process that died left in the files of core/record/survival: records that had not reached
 * the log, and calls that were still open. Nothing in these files is trusted.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/storage/salvage.h"

struct pt_leftover_reader {
    void *data;
    /* 1 + the highest sequence of that ring which the log has; 0: none. Each ring is asked for
     * before its first record is passed on, PT_SALVAGED_ROOTS too. */
    uint64_t (*appended)(void *data, uint32_t ring_id);
    /* Takes a sound record, whose key numbers are the dead process's, valid during the call. False:
     * stop, and let the whole fail. */
    bool (*take)(void *data, const struct pt_record *record);
};

struct pt_leftover_counts {
    uint64_t records; /* that had ended, passed on */
    uint64_t roots;   /* of open calls, closed and passed on */
    uint64_t damaged; /* places where something stood that is no sound record */
};

/* False with errno when there is no such file, it cannot be read, or it is none of this version's:
 * `error` says which. `keys` is large: no stack's. [control] */
bool pt_leftover_keys_read(int dirfd, struct pt_salvaged_keys *ret_keys,
                           struct patter_error *error);

/*
 * Passes on every record that had been written to a ring and is not in the log, ring by ring in
 * their order; then the root span of every call that was open, closed as abandoned: its status is
 * an error, error.type says "abandoned" unless there is one already, and it ends at the latest
 * instant at which the process is known to have lived, which is `latest_unix_ns` (0: unknown) or
 * later. False, with `error`, when memory is short, `take` said so, or a file could not be read;
 * in the last case all the others were. [control]
 */
bool pt_leftovers_read(int dirfd, const struct pt_salvaged_keys *keys, uint64_t latest_unix_ns,
                       const struct pt_leftover_reader *reader,
                       struct pt_leftover_counts *ret_counts, struct patter_error *error);

#endif /* PT_STORAGE_LEFTOVER_H */
