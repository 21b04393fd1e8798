/* SPDX-License-Identifier: MIT */
/* Any bytes as a receiver's answer, in protobuf and in JSON: what is read is within bounds, and a
 * well-formed answer is read as what it says. */
#include "plugins/otlp/response.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/support/fuzz.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static void expect_response(const struct otlp_response *response)
{
    EXPECT(response->rejected >= 0);
    EXPECT(strlen(response->message) < OTLP_MESSAGE_MAX && fuzz_is_printable(response->message));
}

static void expect_status(const struct otlp_status *status)
{
    EXPECT(status->retry_delay_ms <= DAY_MS);
    EXPECT(status->has_retry_delay || status->retry_delay_ms == 0);
    EXPECT(strlen(status->message) < OTLP_MESSAGE_MAX && fuzz_is_printable(status->message));
}

static void check_any(const uint8_t *data, size_t size)
{
    struct otlp_response response;
    struct otlp_status status;
    if (otlp_response_parse(data, size, &response)) {
        expect_response(&response);
    }
    if (otlp_status_parse(data, size, &status)) {
        expect_status(&status);
    }
    if (otlp_response_parse_json((const char *)data, size, &response)) {
        expect_response(&response);
    }
    if (otlp_status_parse_json((const char *)data, size, &status)) {
        expect_status(&status);
    }
}

/* A message in the letters that need no escape. */
static const char *message_of(struct fuzz_input *input)
{
    char *message = (char *)(uintptr_t)fuzz_c_text(fuzz_text(input, OTLP_MESSAGE_MAX - 1));
    for (char *at = message; *at; at++) {
        if (*at < ' ' || *at > '~' || strchr("\"\\", *at)) {
            *at = '.';
        }
    }
    return message;
}

static size_t put_varint(uint8_t *to, uint64_t value)
{
    size_t len = 0;
    for (; value >= 0x80; value >>= 7) {
        to[len++] = (uint8_t)(value | 0x80);
    }
    to[len++] = (uint8_t)value;
    return len;
}

static size_t put_bytes(uint8_t *to, uint8_t tag, const void *bytes, size_t len)
{
    size_t at = 0;
    to[at++] = tag;
    at += put_varint(to + at, len);
    memcpy(to + at, bytes, len);
    return at + len;
}

static void check_response(struct fuzz_input input)
{
    struct otlp_response response;
    uint8_t partial[600];
    uint8_t bytes[700];
    int64_t rejected = (int64_t)fuzz_u64(&input);
    const char *message = message_of(&input);
    size_t len = 0;
    partial[len++] = 0x08;
    len += put_varint(partial + len, (uint64_t)rejected);
    len += put_bytes(partial + len, 0x12, message, strlen(message));
    len = put_bytes(bytes, 0x0a, partial, len);
    EXPECT(otlp_response_parse(bytes, len, &response));
    EXPECT(response.rejected == (rejected > 0 ? rejected : 0));
    EXPECT(strcmp(response.message, message) == 0);
}

static void check_response_json(struct fuzz_input input)
{
    struct otlp_response response;
    char json[400];
    int64_t rejected = (int64_t)fuzz_u64(&input);
    const char *message = message_of(&input);
    size_t len = (size_t)(fuzz_u8(&input) % 2
                              ? sprintf(json,
                                        "{\"partialSuccess\":{\"rejectedSpans\":\"%" PRId64
                                        "\",\"errorMessage\":\"%s\"}}",
                                        rejected, message)
                              : sprintf(json,
                                        " { \"partialSuccess\" :\n{\"rejectedSpans\": %" PRId64
                                        ", \"errorMessage\" : \"%s\" } }\n",
                                        rejected, message));
    EXPECT(otlp_response_parse_json(json, len, &response));
    EXPECT(response.rejected == (rejected > 0 ? rejected : 0));
    EXPECT(strcmp(response.message, message) == 0);
}

static void check_retry_info(struct fuzz_input input)
{
    static const char url[] = "type.googleapis.com/google.rpc.RetryInfo";
    struct otlp_status status;
    uint8_t duration[32], info[64], any[160], bytes[600];
    uint64_t seconds = fuzz_u64(&input) >> fuzz_u8(&input) % 64;
    uint32_t nanos = fuzz_u32(&input) % 1000000000;
    const char *message = message_of(&input);
    size_t len = 0;
    duration[len++] = 0x08;
    len += put_varint(duration + len, seconds);
    duration[len++] = 0x10;
    len += put_varint(duration + len, nanos);
    size_t info_len = put_bytes(info, 0x0a, duration, len);
    len = put_bytes(any, 0x0a, url, sizeof(url) - 1);
    len += put_bytes(any + len, 0x12, info, info_len);
    size_t all = 0;
    bytes[all++] = 0x08;
    bytes[all++] = 14;
    all += put_bytes(bytes + all, 0x12, message, strlen(message));
    all += put_bytes(bytes + all, 0x1a, any, len);
    EXPECT(otlp_status_parse(bytes, all, &status));
    EXPECT(status.code == 14 && strcmp(status.message, message) == 0);
    if ((int64_t)seconds < 0) {
        EXPECT(!status.has_retry_delay);
    } else {
        uint64_t ms =
            seconds >= DAY_MS / 1000 ? DAY_MS : seconds * 1000 + (nanos + 999999u) / 1000000u;
        EXPECT(status.has_retry_delay && status.retry_delay_ms == (ms < DAY_MS ? ms : DAY_MS));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_any(data, size);
    check_response((struct fuzz_input){ data, size });
    check_response_json((struct fuzz_input){ data, size });
    check_retry_info((struct fuzz_input){ data, size });
    fuzz_release();
    return 0;
}
