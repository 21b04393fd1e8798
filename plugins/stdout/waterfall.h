/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_WATERFALL_H
#define STDOUT_WATERFALL_H

/* One call as a picture: its spans as a tree, each with a bar at its place in time. */

#include "plugins/stdout/held.h"
#include "plugins/stdout/style.h"

/* Draws all that is held of `call`. `remark` says what is odd about it, in its header; NULL:
 * nothing. False when memory is short. */
bool out_waterfall(const struct out_style *style, struct out_text *text,
                   const struct out_call *call, const char *remark);

#endif /* STDOUT_WATERFALL_H */
