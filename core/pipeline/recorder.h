/* SPDX-License-Identifier: MIT */
#ifndef PT_PIPELINE_RECORDER_H
#define PT_PIPELINE_RECORDER_H

/* The exporter behind <patter/testing.h>; its `self` is a struct patter_recorder. */

#include <patter/exporter.h>

extern const struct patter_exporter pt_recorder_exporter;

#endif /* PT_PIPELINE_RECORDER_H */
