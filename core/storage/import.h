/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_IMPORT_H
#define PT_STORAGE_IMPORT_H

/*
 * Records of another process become this one's: key numbers by way of their names, and everything
 * through today's filter, which may be stricter than the one that it passed then. It fails closed
 * for the attribute, never for the span.
 */

#include <stdint.h>

#include "core/base/hash.h"
#include "core/storage/salvage.h"

/*
 * Rewrites the `len` bytes of records at `bytes`, each of which has a size that stays within them,
 * to `to`, which has as much room and is apart; both aligned to 8. `ret_starts[i]` is where record
 * i begins, in units of 8 bytes. One that is not sound becomes a tombstone. No record grows: in
 * what must be put in another's place, the hash of a call id is cut to the room there is, and a
 * name without room for PT_NAME_CUSTOM becomes "custom". A value that was hashed stays where it
 * would be hashed today; a plain one is left out there. Returns the bytes
 * written.
 */
uint32_t pt_import(const struct pt_salvaged_keys *keys, const struct pt_hash *hash,
                   const unsigned char *bytes, uint32_t len, unsigned char *to,
                   uint16_t *ret_starts);

#endif /* PT_STORAGE_IMPORT_H */
