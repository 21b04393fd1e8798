/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_PRIVACY_H
#define PT_CONFIG_PRIVACY_H

/* `privacy:`: which attributes may leave besides the documented ones, and the key of the hashes. */

#include "core/config/reader.h"

void pt_privacy_read(struct pt_reader *reader);

#endif /* PT_CONFIG_PRIVACY_H */
