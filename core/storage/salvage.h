/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_SALVAGE_H
#define PT_STORAGE_SALVAGE_H

/*
 * What is whole in the memory of a process that died: names of keys, records in a ring's chunk, the
 * root span of an open call. The bytes, aligned to 64, may be any at all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/key.h"
#include "core/record/ring.h"
#include "core/record/slot.h"

/* The names of the dead process's keys by number, and when it was last known to live. */
struct pt_salvaged_keys {
    uint64_t alive_unix_ns; /* 0: unknown */
    uint32_t count;
    struct pt_key_place places[PT_KEYS_MAX]; /* `len` 0: none of that number */
};

/* Closed roots come as records of this ring, which is no thread's, with sequences that stay the
 * same each time the folder is read. */
enum { PT_SALVAGED_ROOTS = 0 };

/* `len` bytes of the file; no keys where they are not of this version. */
void pt_salvage_keys(const unsigned char *bytes, size_t len, struct pt_salvaged_keys *ret_keys);

/* The name of a key; empty: none of that number. */
struct patter_str pt_salvaged_key_name(const struct pt_salvaged_keys *keys, uint32_t key);

/* The unread records of a chunk: sound, of one ring, in order. */
struct pt_salvaged_part {
    const unsigned char *records;
    uint32_t len; /* 0: none */
    uint32_t count;
    uint32_t ring_id;
    uint64_t sequence; /* of the first */
    bool is_damaged;   /* something else stands there too, which is left out */
};
void pt_salvage_chunk(const unsigned char chunk[PT_CHUNK_SIZE], struct pt_salvaged_part *ret_part);

/* A root span that had no end. */
struct pt_salvaged_root {
    bool is_ending; /* its record may be in a ring: as its ring_id and sequence say */
    union {
        struct pt_record record;
        unsigned char bytes[PT_SLOT_INLINE + 32];
    };
};
enum pt_salvaged_slot { PT_SLOT_HAS_NONE, PT_SLOT_HAS_ROOT, PT_SLOT_IS_DAMAGED };
enum pt_salvaged_slot pt_salvage_slot(const unsigned char slot[sizeof(struct pt_slot)],
                                      struct pt_salvaged_root *ret_root);

/* Ends it as abandoned; `error_type` is the number of that key, 0 where there is none. */
void pt_salvaged_root_close(struct pt_salvaged_root *root, uint32_t error_type,
                            uint64_t end_unix_ns);

#endif /* PT_STORAGE_SALVAGE_H */
