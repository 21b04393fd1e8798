/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_CORE_H
#define OTLP_GRPC_CORE_H

/* gRPC's C core (1.51), as far as this plugin uses it. Its API changes between releases: no other
 * file names its headers, and none but library.c, connection.c, channel.c, lane and flight includes
 * this. */

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/impl/codegen/log.h>
#include <grpc/support/time.h>

#endif /* OTLP_GRPC_CORE_H */
