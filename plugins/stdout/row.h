/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_ROW_H
#define STDOUT_ROW_H

/* The parts that the rows of a running call and of a waterfall share. */

#include "plugins/stdout/held.h"
#include "plugins/stdout/style.h"

/* A line across the terminal: "-- call ID -- remark ----". `remark` NULL: none. */
void out_row_header(const struct out_style *style, struct out_text *text,
                    const struct out_call *call, const char *remark);

/* What a row says behind its name, in words. */
struct out_remarks {
    bool failed;
    const char *error; /* of a failure; empty: not known */
    const char *words; /* "key=value", each ended by a newline */
};

/* Where they are written: from `column` on, wrapped at the terminal's edge; each further line
 * begins with `guide`, which takes `guide_columns`. */
struct out_place {
    size_t at; /* columns that the row has already */
    size_t column;
    const char *guide;
    size_t guide_columns;
};

/* Writes the remarks and ends the line. */
void out_row_remarks(const struct out_style *style, struct out_text *text,
                     const struct out_place *place, const struct out_remarks *remarks);

/* `name` in at most `columns`, padded with blanks to just that. */
void out_row_name(const struct out_style *style, struct out_text *text, enum out_paint paint,
                  const char *name, size_t columns);

/* A duration, right-aligned in OUT_ROW_DURATION columns. */
enum { OUT_ROW_DURATION = 7 };
void out_row_duration(const struct out_style *style, struct out_text *text, uint64_t duration_ns);

/* The instant in local time, by a format of strftime. */
void out_row_time(struct out_text *text, uint64_t unix_ns, const char *format);

#endif /* STDOUT_ROW_H */
