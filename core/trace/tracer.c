/* SPDX-License-Identifier: MIT */
#include "core/trace/tracer.h"

struct pt_tracer pt_tracer;
