/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PATTER_MODES_H
#define BENCH_PATTER_MODES_H

/* What patter-bench measures: each prints one line of JSON, or says why not and returns false. */

#include <stdbool.h>

#include "bench/patter/arguments.h"

bool mode_disabled(const struct arguments *arguments);
bool mode_record(const struct arguments *arguments);
bool mode_export(const struct arguments *arguments);
bool mode_crowd(const struct arguments *arguments);

#endif /* BENCH_PATTER_MODES_H */
