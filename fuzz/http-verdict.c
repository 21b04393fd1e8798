/* SPDX-License-Identifier: MIT */
/* Any answer of an HTTP receiver: a verdict that send() may give, in words for a terminal, without
 * the token that the receiver repeats. */
#include "plugins/otlp-http/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/support/fuzz.h"

enum { DAY_S = 24 * 60 * 60 };

static const char token[] = "Bearer S3cr3t-Tok3n/Value+42==";
static const char token_head[] = "S3cr3t-T";

/* Where else an operator puts it. */
static const char query[] = "?team=sales&key=S3cr3t-Tok3n/Value+42==";
static const char userinfo[] = "bot:S3cr3t-Tok3n/Value+42==";

static const char *const types[] = { "application/x-protobuf",
                                     "application/json",
                                     "text/plain",
                                     "text/html",
                                     "application/grpc",
                                     "",
                                     "application/json; charset=utf-8" };

/* A receiver's words, with the token among them or not. */
static struct patter_str take_words(struct fuzz_input *input)
{
    bool repeats = fuzz_u8(input) & 1;
    size_t at = fuzz_u16(input);
    struct patter_str text = fuzz_rest(input);
    char *words = fuzz_alloc(text.len + sizeof(token));
    if (!repeats) {
        return fuzz_copy(text);
    }
    at = at % (text.len + 1);
    memcpy(words, text.data, at);
    memcpy(words + at, token, sizeof(token) - 1);
    memcpy(words + at + sizeof(token) - 1, text.data + at, text.len - at);
    return (struct patter_str){ words, text.len + sizeof(token) - 1 };
}

static void take_answer(struct fuzz_input *input, struct transfer_answer *answer)
{
    static const int statuses[] = { 200, 202, 302, 400, 401, 404, 413, 429, 500, 502, 503, 504 };
    uint8_t flags = fuzz_u8(input);
    uint16_t status = fuzz_u16(input);
    memset(answer, 0, sizeof(*answer));
    answer->end = flags & 1 ? TRANSFER_ANSWERED : fuzz_u8(input) % (TRANSFER_FAILED + 1);
    answer->status = flags & 2 ? status : statuses[status % 12];
    answer->connected = flags & 4;
    answer->through_proxy = flags & 8;
    answer->cut_off = flags & 16;
    answer->retry_after_s = fuzz_u64(input);
    snprintf(answer->content_type, sizeof(answer->content_type), "%s", types[fuzz_u8(input) % 7]);
    struct patter_str words = fuzz_text(input, sizeof(answer->words) - 1);
    for (size_t i = 0; i < words.len;
         i++) { /* the library's own: printable, and without the token */
        answer->words[i] = (char)(words.data[i] < ' ' || words.data[i] > '~' ? '.' : words.data[i]);
    }
    struct patter_str body = flags & 32 ? fuzz_copy(fuzz_rest(input)) : take_words(input);
    answer->body = (const unsigned char *)body.data;
    answer->body_len = body.len;
}

static void expect_verdict(const struct verdict *verdict, const struct transfer_answer *answer,
                           size_t span_count)
{
    EXPECT(verdict->status == PATTER_OK || verdict->status == PATTER_AGAIN ||
           verdict->status == PATTER_TOO_LARGE || verdict->status == PATTER_FAILED);
    EXPECT(verdict->status != PATTER_OK || answer->end == TRANSFER_ANSWERED);
    EXPECT(verdict->status == PATTER_OK || verdict->reason[0] != '\0');
    EXPECT(verdict->reason[0] == '\0' || fuzz_is_token(verdict->reason));
    EXPECT(verdict->wait_ms == 0 ||
           verdict->wait_ms / 1000 ==
               (answer->retry_after_s < DAY_S ? answer->retry_after_s : DAY_S));
    EXPECT(verdict->status == PATTER_AGAIN || verdict->wait_ms == 0);
    EXPECT(verdict->rejected <= span_count);
    EXPECT(verdict->status == PATTER_OK || verdict->rejected == 0);
    EXPECT(verdict->rejected == 0 || strcmp(verdict->reason, "rejected") == 0);
    EXPECT(strlen(verdict->detail) < VERDICT_DETAIL_MAX && fuzz_is_printable(verdict->detail));
    EXPECT(verdict->status == PATTER_OK || verdict->detail[0] != '\0');
    EXPECT(!fuzz_tells(verdict->detail, token_head));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    if (fuzz_input_tells(data, size, token_head)) {
        return 0; /* libFuzzer has seen it searched for; a part of it alone is not known as one */
    }
    struct patter_text_pair header = { patter_text("authorization"), patter_text(token) };
    struct otlp_settings settings = { 0 };
    struct verdict_place place = { .url = "https://otlp.example.com:4318/v1/traces",
                                   .settings = &settings };
    char pem[] = "pem";
    struct transfer_answer answer;
    struct verdict verdict;
    uint8_t flags = fuzz_u8(&input);
    size_t span_count = 1 + fuzz_u16(&input);
    place.is_tls = flags & 1;
    settings.tls.cert_pem = flags & 2 ? pem : NULL;
    if (flags & 4) {
        settings.query = patter_text(query);
    } else if (flags & 8) {
        settings.userinfo = patter_text(userinfo);
    } else {
        settings.headers = &header;
        settings.header_count = 1;
    }
    take_answer(&input, &answer);
    verdict_make(&place, &answer, fuzz_u32(&input), span_count, &verdict);
    expect_verdict(&verdict, &answer, span_count);
    fuzz_release();
    return 0;
}
