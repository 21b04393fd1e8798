/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/response.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define BYTES(literal) (literal), sizeof(literal) - 1

Test(otlp_response, empty_and_blank_answers_are_full_success)
{
    struct otlp_response response;
    cr_assert(otlp_response_parse(NULL, 0, &response));
    cr_assert_eq(response.rejected, 0);
    cr_assert_str_eq(response.message, "");
    cr_assert(otlp_response_parse(BYTES("\x0A\x00"), &response));
    cr_assert_eq(response.rejected, 0);
}

Test(otlp_response, partial_success_gives_count_and_message)
{
    struct otlp_response response;
    cr_assert(otlp_response_parse(BYTES("\x0A\x0A\x08\x03\x12\x06quota!"), &response));
    cr_assert_eq(response.rejected, 3);
    cr_assert_str_eq(response.message, "quota!");
    cr_assert(otlp_response_parse(BYTES("\x0A\x0B\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
                                  &response));
    cr_assert_eq(response.rejected, 0, "a negative count rejects nothing");
}

Test(otlp_response, message_is_cut_and_printable)
{
    static const char head[] = "\x0A\xD3\x04\x12\xD0\x04"
                               "a\nb\x1B[31m\xC3\xA9";
    char bytes[6 + 592];
    memset(bytes, 'm', sizeof(bytes));
    memcpy(bytes, head, sizeof(head) - 1);
    struct otlp_response response;
    cr_assert(otlp_response_parse(bytes, sizeof(bytes), &response));
    cr_assert_eq(strlen(response.message), 200);
    cr_assert_eq(strncmp(response.message, "a?b?[31m??mm", 12), 0);
}

Test(otlp_response, status_gives_code_message_and_retry_delay)
{
    struct otlp_status status;
    cr_assert(otlp_status_parse(BYTES("\x08\x0E\x12\x04"
                                      "full"),
                                &status));
    cr_assert_eq(status.code, 14);
    cr_assert_str_eq(status.message, "full");
    cr_assert_not(status.has_retry_delay);
}

/* google.rpc.Status with one RetryInfo: `duration` is the Duration message. */
static bool parse_retry_info(const char *type, const char *duration, size_t len,
                             struct otlp_status *ret_status)
{
    unsigned char bytes[256];
    size_t type_len = strlen(type);
    size_t at = 0;
    bytes[at++] = 0x1A;
    bytes[at++] = (unsigned char)(2 + type_len + 2 + 2 + len);
    bytes[at++] = 0x0A;
    bytes[at++] = (unsigned char)type_len;
    memcpy(bytes + at, type, type_len);
    at += type_len;
    bytes[at++] = 0x12;
    bytes[at++] = (unsigned char)(2 + len);
    bytes[at++] = 0x0A;
    bytes[at++] = (unsigned char)len;
    memcpy(bytes + at, duration, len);
    return otlp_status_parse(bytes, at + len, ret_status);
}

static const char retry_info[] = "type.googleapis.com/google.rpc.RetryInfo";

Test(otlp_response, retry_delay_is_rounded_up_and_capped)
{
    struct otlp_status status;
    cr_assert(parse_retry_info(retry_info, BYTES("\x08\x07"), &status));
    cr_assert(status.has_retry_delay);
    cr_assert_eq(status.retry_delay_ms, 7000);
    cr_assert(parse_retry_info(retry_info, BYTES("\x08\x01\x10\x81\xCA\xB5\xEE\x01"), &status));
    cr_assert_eq(status.retry_delay_ms, 1501, "1.500000001 s");
    cr_assert(parse_retry_info(retry_info, BYTES("\x08\xFF\xFF\xFF\xFF\x0F"), &status));
    cr_assert_eq(status.retry_delay_ms, 86400000);
    cr_assert(parse_retry_info(retry_info, BYTES(""), &status));
    cr_assert(status.has_retry_delay);
    cr_assert_eq(status.retry_delay_ms, 0);
}

Test(otlp_response, what_is_no_retry_info_gives_no_delay)
{
    struct otlp_status status;
    cr_assert(
        parse_retry_info("type.googleapis.com/google.rpc.ErrorInfo", BYTES("\x08\x07"), &status));
    cr_assert_not(status.has_retry_delay);
    cr_assert(parse_retry_info(retry_info, BYTES("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
                               &status));
    cr_assert_not(status.has_retry_delay, "a negative delay");
    cr_assert(parse_retry_info(retry_info, BYTES("\xFF\xFF"), &status));
    cr_assert_not(status.has_retry_delay, "no Duration at all");
}

Test(otlp_response, json_answers)
{
    struct otlp_response response;
    struct otlp_status status;
    cr_assert(otlp_response_parse_json(BYTES(""), &response));
    cr_assert(otlp_response_parse_json(BYTES(" {\n} "), &response));
    cr_assert_eq(response.rejected, 0);
    cr_assert(otlp_response_parse_json(
        BYTES("{\"x\":[1,true],\"partialSuccess\":{\"errorMessage\":\"a \\\"b\\\" c\","
              "\"rejectedSpans\" : \"17\"}}"),
        &response));
    cr_assert_eq(response.rejected, 17);
    cr_assert_str_eq(response.message, "a \\\"b\\\" c");
    cr_assert(otlp_response_parse_json(BYTES("{\"rejectedSpans\":-3}"), &response));
    cr_assert_eq(response.rejected, 0);
    cr_assert(otlp_response_parse_json(BYTES("{\"a\":\"rejectedSpans\",\"b\":9}"), &response));
    cr_assert_eq(response.rejected, 0, "a value is no name");
    cr_assert_not(otlp_response_parse_json(BYTES("{\"errorMessage\":\"no end"), &response));
    cr_assert_not(otlp_response_parse_json(BYTES("404 page not found"), &response));
    cr_assert(otlp_status_parse_json(BYTES("{\"code\":14,\"message\":\"full\"}"), &status));
    cr_assert_eq(status.code, 14);
    cr_assert_str_eq(status.message, "full");
    cr_assert_not(otlp_status_parse_json(BYTES(""), &status));
}

Test(otlp_response, garbage_is_told_from_an_answer)
{
    struct otlp_response response;
    struct otlp_status status;
    cr_assert_not(otlp_response_parse(BYTES("<html>404</html>"), &response));
    cr_assert_not(otlp_response_parse(BYTES("\x0A\x05\x08"), &response), "cut short");
    cr_assert_not(otlp_status_parse(BYTES("404 page not found\n"), &status));
}

/* Whatever comes: no crash, no sanitizer report, and a text that ends. */
Test(otlp_response, any_bytes_are_survived)
{
    static unsigned char bytes[64];
    unsigned int state = 1;
    for (int round = 0; round < 200000; round++) {
        size_t len = (size_t)rand_r(&state) % sizeof(bytes);
        for (size_t i = 0; i < len; i++) {
            int choice = rand_r(&state);
            bytes[i] =
                (unsigned char)(choice & 0x100 ? "\x0A\x12\x1A\x08\x10"[choice % 5] : choice);
        }
        struct otlp_response response;
        struct otlp_status status;
        if (otlp_response_parse(bytes, len, &response)) {
            cr_assert_leq(strlen(response.message), 200);
        }
        if (otlp_status_parse(bytes, len, &status)) {
            cr_assert_leq(strlen(status.message), 200);
        }
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (unsigned char)"{}[]:,\"\\ 1code"[bytes[i] % 14];
        }
        bytes[0] = '{';
        if (otlp_status_parse_json((const char *)bytes, len, &status)) {
            cr_assert_leq(strlen(status.message), 200);
        }
    }
}

/* Two bytes in the answer are a message of 56 in memory. */
Test(otlp_response, a_bomb_of_empty_messages_is_refused)
{
    size_t len = 4 * 1024 * 1024;
    unsigned char *bytes = calloc(len, 1);
    for (size_t i = 0; i < len; i += 2) {
        bytes[i] = 0x1A;
    }
    struct otlp_status status;
    cr_assert_not(otlp_status_parse(bytes, len, &status));
    free(bytes);
}
