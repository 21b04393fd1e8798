/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_VIEW_H
#define PT_PIPELINE_VIEW_H

/* From records to the read-only views that a plugin gets. */

#include <patter/exporter.h>

#include "core/base/arena.h"
#include "core/record/record.h"

/*
 * Views of `count` records that stand in a row at `bytes`. Texts point into the records; the rest
 * is in `arena`. NULL when memory is short. A record that is not sound gets no view, so that
 * `*ret_view_count` may be less than `count`.
 */
const struct patter_span_view **pt_views_make(const unsigned char *bytes, uint32_t count,
                                              struct pt_arena *arena, size_t *ret_view_count);

#endif /* PT_PIPELINE_VIEW_H */
