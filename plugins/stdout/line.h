/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_LINE_H
#define STDOUT_LINE_H

/* format: line. One line a span, for grep and awk: time, duration, name, ids, then key=value. */

#include <patter/exporter.h>

#include "plugins/stdout/text.h"

void out_line_add(const struct patter_batch *batch, struct out_text *text);

#endif /* STDOUT_LINE_H */
