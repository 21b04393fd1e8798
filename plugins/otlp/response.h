/* SPDX-License-Identifier: MIT */
#ifndef OTLP_RESPONSE_H
#define OTLP_RESPONSE_H

/* What a receiver answered: ExportTraceServiceResponse and google.rpc.Status. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OTLP_MESSAGE_MAX = 201 };

struct otlp_response {
    int64_t rejected;               /* 0: none */
    char message[OTLP_MESSAGE_MAX]; /* printable ASCII, cut; empty: none */
};

struct otlp_status {
    int32_t code; /* google.rpc.Code */
    bool has_retry_delay;
    uint32_t retry_delay_ms; /* rounded up, at most a day */
    char message[OTLP_MESSAGE_MAX];
};

/* Copies a receiver's words: cut to 200 characters, `?` for what is not printable ASCII. */
void otlp_message_copy(char ret_message[OTLP_MESSAGE_MAX], const char *text, size_t len);

/* False when the bytes are no such message; empty bytes are one. */
bool otlp_response_parse(const void *bytes, size_t len, struct otlp_response *ret_response);
bool otlp_status_parse(const void *bytes, size_t len, struct otlp_status *ret_status);

/* The same in JSON. Escapes in a message stay as they are. */
bool otlp_response_parse_json(const char *text, size_t len, struct otlp_response *ret_response);
bool otlp_status_parse_json(const char *text, size_t len, struct otlp_status *ret_status);

#endif /* OTLP_RESPONSE_H */
