/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_VERDICT_H
#define OTLP_GRPC_VERDICT_H

/* What an answer, or its absence, means for the batch, and in words for the operator. */

#include <patter/exporter.h>

#include "plugins/otlp-grpc/channel.h"
#include "plugins/otlp/settings.h"

/* What the sentences speak about. */
struct verdict_context {
    const char *where; /* the receiver, as the operator would name it */
    bool is_tls;
    bool restarts;        /* gRPC, around a fork */
    bool has_certificate; /* of its own, for mTLS */
    bool was_reached;     /* a call was accepted before */
    size_t span_count;
    size_t request_lens[2];               /* with and without compression */
    const struct otlp_settings *settings; /* what of it a receiver repeats is not shown */
};

enum { VERDICT_DETAIL_MAX = 400 };

/* As send() returns it. `status` is what channel_export() returned. Fills `result` and `detail`,
 * which is "" when there is nothing to say. */
patter_status verdict_read(int status, const struct channel_answer *answer,
                           const struct verdict_context *context, struct patter_result *result,
                           char detail[VERDICT_DETAIL_MAX]);

#endif /* OTLP_GRPC_VERDICT_H */
