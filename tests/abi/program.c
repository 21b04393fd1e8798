/* SPDX-License-Identifier: MIT */

/* Compiles where every public struct and constant is what the tables say. */

#include <patter/exporter.h>
#include <patter/patter.h>
#include <patter/propagate.h>

#include "tests/abi/layout.h"

#include "tests/abi/plugin.inc"
#include "tests/abi/program.inc"
