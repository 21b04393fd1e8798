/* SPDX-License-Identifier: MIT */
#ifndef OTLP_HTTP_VERDICT_H
#define OTLP_HTTP_VERDICT_H

/* What an answer, or its absence, means for the batch, and in words for the operator. */

#include "plugins/otlp-http/transfer.h"

enum { VERDICT_REASON_MAX = 32, VERDICT_DETAIL_MAX = 400 };

struct verdict {
    patter_status status;            /* as send() returns it */
    uint32_t wait_ms;                /* of PATTER_AGAIN */
    uint32_t rejected;               /* of PATTER_OK */
    char reason[VERDICT_REASON_MAX]; /* a token; empty: accepted in full */
    char detail[VERDICT_DETAIL_MAX]; /* a sentence without secrets; empty: none */
};

/* What the sentences speak about. */
struct verdict_place {
    const char *url; /* without secrets */
    bool is_tls;
    const struct otlp_settings *settings;
};

/* `body_len` and `span_count` are the request's. */
void verdict_make(const struct verdict_place *place, const struct transfer_answer *answer,
                  size_t body_len, size_t span_count, struct verdict *ret_verdict);

#endif /* OTLP_HTTP_VERDICT_H */
