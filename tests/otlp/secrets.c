/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/secrets.h"

#include <stdlib.h>

#include <criterion/criterion.h>

/* A header's value as the only secret. */
static bool hides(const char *value, const char *words)
{
    struct patter_text_pair header = { patter_text("authorization"), patter_text(value) };
    struct otlp_settings settings = { .headers = &header, .header_count = 1 };
    const char *shown = otlp_secrets_hide(&settings, words);
    cr_assert(shown == words || strcmp(shown, OTLP_SECRETS_HIDDEN) == 0);
    return shown != words;
}

static void expect_hidden(const char *value, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cr_expect(hides(value, words[i]), "%s is shown: %s", value, words[i]);
    }
}

#define EXPECT_HIDDEN(value, words) expect_hidden(value, words, sizeof(words) / sizeof((words)[0]))

Test(otlp_secrets, harmless_words_are_shown)
{
    static const char *const values[] = { "Bearer tok/en+SECRETVALUE99==",
                                          "Basic YWxpY2U6aHVudGVyMi1zZWNyZXQ=",
                                          "0123456789abcdef0123456789abcdef", "abc", "" };
    static const char *const words[] = {
        "sending queue is full",
        "Throttle (7s)",
        "404 page not found",
        "bearer token is missing",
        "http: request body too large",
        "rpc error: code = ResourceExhausted desc = received message after decompression larger "
        "than max (20971526 vs. 4194304)",
        "data refused due to high memory usage",
        "",
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
            cr_expect(!hides(values[i], words[j]), "%s hides: %s", values[i], words[j]);
        }
    }
}

Test(otlp_secrets, a_token_is_hidden_in_every_spelling)
{
    static const char *const words[] = {
        "bad tok/en+SECRETVALUE99==!",
        "bad Bearer tok/en+SECRETVALUE99==",
        "BAD TOK/EN+SECRETVALUE99",
        "bad tok/en+SECRETVALUE",
        "bad ETVALUE99",
        "bad tok\\/en+SECRETVALUE99",
        "bad t?o?k/en+S?E?C?R?ETV?AL?UE?99",
        "bad tok\\u002fen\\u002bSE\\u0043RET\\u0056ALUE\\u0039\\u0039",
        "bad \\u0074\\u006f\\u006b\\u002f\\u0065\\u006e\\u002b\\u0053\\u0045\\u0043\\u0052\\u0045",
        "bad tok%2Fen%2BSE%43RET%56ALUE%39%39",
        "bad %74%6f%6b%2f%65%6e%2b%53%45%43%52%45%54",
        "bad %2574%256f%256b%252f%2565%256e%252b%2553%2545%2543%2552",
        "bad tok&#x2F;en&#43;SE&#x43;RET",
        "bad tok%25252fen%25252bSE%252543RET",
        "bad dG9rL2VuK1NFQ1JFVFZBTFVFOTk9PQ==",
        "bad QmVhcmVyIHRvay9lbitTRUNSRVRWQUxVRTk5PT0=",
        "bad dG9rL2VuK1N?FQ1JFVFZBTFVFOTk9PQ==",
        "bad dG9rL2VuK1NFQ1JFVFZBTFVFOTk9PQ%3D%3D",
        "bad 746f6b2f656e2b53454352455456414c554539393d3d",
        "no 746f6b2f656e2b53454352455456414c554539393d3d",
        "bad 74:6F:6B:2F:65:6E:2B:53:45:43:52:45",
        "bad \\x74\\x6f\\x6b\\x2f\\x65\\x6e\\x2b\\x53\\x45\\x43",
    };
    EXPECT_HIDDEN("Bearer tok/en+SECRETVALUE99==", words);
    EXPECT_HIDDEN("tok/en+SECRETVALUE99==", words);
}

Test(otlp_secrets, a_basic_headers_user_and_password_are_hidden)
{
    static const char *const words[] = {
        "no YWxpY2U6aHVudGVyMi1zZWNyZXQ=",
        "no alice:hunter2-secret",
        "no hunter2-secret",
        "no HUNTER2-S",
        "user alice is not known",
    };
    EXPECT_HIDDEN("Basic YWxpY2U6aHVudGVyMi1zZWNyZXQ=", words);
}

Test(otlp_secrets, short_ones_are_hidden_where_they_are_whole)
{
    cr_expect(hides("abc1", "bad ABC1"));
    cr_expect(hides("p@$!&", "bad p@$!&"));
    cr_expect(hides("Bearer abcdef", "bad abcdef"));
    cr_expect_not(hides("Bearer abcdef", "bad abcd"));
    cr_expect_not(hides("abc", "bad abc"));
}

/* The receiver's words end where they were cut, maybe within a secret. */
Test(otlp_secrets, the_head_of_one_at_the_cut_is_hidden)
{
    char words[201];
    memset(words, '.', sizeof(words));
    memcpy(words + 196, "s3cr", 5);
    cr_expect(hides("Bearer s3cr3t-t0ken", words));
    cr_expect_not(hides("Bearer s3cr3t-t0ken", words + 1));
}

static bool hides_of(const struct otlp_settings *settings, const char *words)
{
    return otlp_secrets_hide(settings, words) != words;
}

Test(otlp_secrets, the_endpoints_user_is_hidden_as_it_is_sent)
{
    struct otlp_settings settings = { .userinfo = patter_text("alice:hunter2%2Dsecret") };
    cr_expect(hides_of(&settings, "no Basic YWxpY2U6aHVudGVyMi1zZWNyZXQ="));
    cr_expect(hides_of(&settings, "no YWXPY2U6AHVUDGVYMI1ZZWNYZXQ="));
    cr_expect(hides_of(&settings, "no hunter2-secret"));
    cr_expect(hides_of(&settings, "no hunter2%2Dsecret"));
    cr_expect(hides_of(&settings, "no aHVudGVyMi1zZWNyZXQ"));
    cr_expect_not(hides_of(&settings, "sending queue is full"));
    settings.userinfo = patter_text("bob:pw12");
    cr_expect(hides_of(&settings, "no PW12"));
    cr_expect(hides_of(&settings, "no Ym9iOnB3MTI="));
}

Test(otlp_secrets, so_is_the_query)
{
    struct otlp_settings settings = { .query = patter_text("?team=sales&key=s3cr3t%2Dk3y&") };
    cr_expect(hides_of(&settings, "no s3cr3t-k3y"));
    cr_expect(hides_of(&settings, "no s3cr3t%2Dk3y"));
    cr_expect(hides_of(&settings, "no SALES"));
    cr_expect_not(hides_of(&settings, "the key and the team are known"));
}

Test(otlp_secrets, so_is_a_proxys_user)
{
    char variable[] = "http://bob:t4lkative@proxy:3128";
    struct otlp_settings settings = { .proxy_url = patter_text("alice:hun/ter2-secret@proxy"),
                                      .proxies = { variable } };
    cr_expect(hides_of(&settings, "Unsupported proxy syntax in 'alice:hun/ter2-secret@proxy'"));
    cr_expect(hides_of(&settings, "no YWxpY2U6aHVuL3RlcjItc2VjcmV0"));
    cr_expect(hides_of(&settings, "no t4lkative"));
    cr_expect(hides_of(&settings, "no Basic Ym9iOnQ0bGthdGl2ZQ=="));
    cr_expect_not(hides_of(&settings, "the proxy is down"));
}
