/* SPDX-License-Identifier: MIT */
/* Any status, words and details of a gRPC receiver: a verdict that send() may give, in words for a
 * terminal, without the token that the receiver repeats. */
#include "plugins/otlp-grpc/verdict.h"

#include <string.h>

#include "fuzz/support/fuzz.h"
#include "plugins/otlp/settings.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static const char token[] = "Bearer S3cr3t-Tok3n/Value+42==";
static const char token_head[] = "S3cr3t-T";

/* As flight.c takes them over: printable ASCII, cut. False where the words have a part of the token
 * of themselves, which alone is not known as one. */
static bool take_message(struct fuzz_input *input, struct channel_answer *answer)
{
    uint8_t how = fuzz_u8(input);
    size_t room = sizeof(answer->message) - sizeof(token);
    size_t times = how & 1 ? 1 + fuzz_u8(input) % 4 : 1; /* long ones from short inputs */
    struct patter_str text = fuzz_until(input, '\n');
    size_t len = 0;
    for (size_t i = 0; i < text.len * times && len < room; i++) {
        char byte = text.data[i % text.len];
        answer->message[len++] = (char)(byte >= ' ' && byte <= '~' ? byte : '?');
    }
    if (fuzz_tells(answer->message, token_head)) {
        return false;
    }
    if (how & 2) {
        size_t at = how / 4 * 20u < len ? how / 4 * 20u : len;
        memmove(answer->message + at + sizeof(token) - 1, answer->message + at, len - at);
        memcpy(answer->message + at, token, sizeof(token) - 1);
    }
    return true;
}

static bool take_answer(struct fuzz_input *input, struct channel_answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    if (!take_message(input, answer)) {
        return false;
    }
    if (fuzz_u8(input) % 8 == 1) {
        strcpy(answer->message, "Deadline Exceeded");
    }
    struct patter_str bytes = fuzz_copy(fuzz_rest(input));
    answer->has_response = otlp_response_parse(bytes.data, bytes.len, &answer->response);
    answer->has_status = otlp_status_parse(bytes.data, bytes.len, &answer->status);
    return true;
}

static void expect_result(patter_status status, const struct patter_result *result,
                          const struct channel_answer *answer, size_t span_count)
{
    EXPECT(status == PATTER_OK || status == PATTER_AGAIN || status == PATTER_TOO_LARGE ||
           status == PATTER_FAILED);
    EXPECT(status == PATTER_OK || result->reason);
    EXPECT(!result->reason || fuzz_is_token(result->reason));
    EXPECT(result->wait_ms <= DAY_MS);
    EXPECT(result->wait_ms == 0 || (status == PATTER_AGAIN && answer->status.has_retry_delay));
    EXPECT(result->rejected <= span_count);
    EXPECT(result->rejected == 0 || (status == PATTER_OK && answer->response.rejected > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    if (fuzz_input_tells(data, size, token_head)) {
        return 0; /* libFuzzer has seen it searched for; a part of it alone is not known as one */
    }
    struct patter_text_pair header = { patter_text("authorization"), patter_text(token) };
    struct otlp_settings settings = { .headers = &header, .header_count = 1 };
    struct patter_result result = { .struct_size = sizeof(result) };
    struct channel_answer answer;
    char detail[VERDICT_DETAIL_MAX];
    int code = fuzz_u8(&input) % 24 - 5;
    uint8_t flags = fuzz_u8(&input);
    struct verdict_context context = { .where = "https://otlp.example.com:4317",
                                       .is_tls = flags & 1,
                                       .has_certificate = flags & 2,
                                       .was_reached = flags & 4,
                                       .span_count = 1u + fuzz_u16(&input),
                                       .settings = &settings };
    if (!take_answer(&input, &answer)) {
        return 0;
    }
    patter_status status = verdict_read(code, &answer, &context, &result, detail);
    expect_result(status, &result, &answer, context.span_count);
    EXPECT(status != PATTER_OK || code == 0);
    EXPECT(strlen(detail) < VERDICT_DETAIL_MAX && fuzz_is_printable(detail));
    EXPECT(status == PATTER_OK || detail[0] != '\0');
    EXPECT(!fuzz_tells(detail, token_head));
    fuzz_release();
    return 0;
}
