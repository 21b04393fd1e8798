/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_PRIVACY_H
#define PT_CONFIG_PRIVACY_H

/* `privacy:`: which attributes may leave besides the documented ones, and the key of the hashes. */

#include "core/config/reader.h"

void pt_privacy_read(struct pt_reader *reader);

/* Of a key of patter's own, which leaves without being listed; listed, it is narrowed. */
bool pt_privacy_is_documented(struct patter_str key);

#endif /* PT_CONFIG_PRIVACY_H */
