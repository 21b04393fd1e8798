/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_LIBRARY_H
#define OTLP_GRPC_LIBRARY_H

/*
 * gRPC's state in this process, shared by all instances. A forked child inherits it without its
 * threads, and what the child sends on an inherited socket breaks the parent's connection.
 */

#include <stdbool.h>

/* Starts gRPC for one more user; not where it is inherited. */
void library_acquire(void);
/* Returns soon, even when gRPC itself takes its time to end. */
void library_release(void);

/* True in a child of a process in which an instance had started gRPC, and it had not ended, at the
 * fork. */
bool library_is_inherited(void);

#endif /* OTLP_GRPC_LIBRARY_H */
