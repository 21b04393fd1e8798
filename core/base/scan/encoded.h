/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SCAN_ENCODED_H
#define PT_BASE_SCAN_ENCODED_H

/* Text dressed as an id: base64, base64url or hex. */

#include <stdbool.h>

#include <patter/types.h>

/*
 * True where `text` holds an encoding of text: twelve readable bytes in a row anywhere (eighteen
 * where they are not all ASCII), at whatever offset it was glued in; or, between separators, a
 * whole piece that decodes to six readable bytes or more.
 */
bool pt_encoded_has_hex(struct patter_str text);
bool pt_encoded_has_base64(struct patter_str text);

#endif /* PT_BASE_SCAN_ENCODED_H */
