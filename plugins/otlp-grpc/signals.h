/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_SIGNALS_H
#define OTLP_GRPC_SIGNALS_H

/* Keeps the program's signal handlers off the threads that gRPC starts: they inherit the mask of
 * the thread that calls it. */

#include <signal.h>
#include <stddef.h>

/* Blocks all signals for this thread, but for those that a fault raises. */
void signals_block(sigset_t *ret_before);
void signals_restore(const sigset_t *before);

#endif /* OTLP_GRPC_SIGNALS_H */
