/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/endpoint.h"

#include <criterion/criterion.h>

static struct otlp_endpoint endpoint;
static char why[OTLP_ENDPOINT_WHY_MAX];

static bool is(struct patter_str part, const char *text)
{
    return part.len == strlen(text) && (part.len == 0 || memcmp(part.data, text, part.len) == 0);
}

static void expect_parts(const char *text, const char *scheme, const char *host, unsigned int port,
                         const char *path, const char *described)
{
    char description[128];
    cr_assert(otlp_endpoint_parse(patter_text(text), &endpoint, why), "%s: %s", text, why);
    cr_assert(is(endpoint.scheme, scheme), "%s", text);
    cr_assert(is(endpoint.host, host), "%s", text);
    cr_assert_eq(otlp_endpoint_port(&endpoint), port, "%s", text);
    cr_assert(is(endpoint.path, path), "%s", text);
    otlp_endpoint_describe(&endpoint, description, sizeof(description));
    cr_assert_str_eq(description, described);
}

Test(otlp_endpoint, is_taken_apart)
{
    expect_parts("http://localhost:4318", "http", "localhost", 4318, "", "http://localhost:4318");
    expect_parts("https://h/x/v1?a=b", "https", "h", 0, "/x/v1", "https://h/x/v1?...");
    expect_parts("localhost:4317", "", "localhost", 4317, "", "localhost:4317");
    expect_parts("HTTPS://[::1]:4318/", "HTTPS", "[::1]", 4318, "/", "HTTPS://[::1]:4318/");
    expect_parts("http://[fe80::1%25eth0]:1", "http", "[fe80::1%25eth0]", 1, "",
                 "http://[fe80::1%25eth0]:1");
    expect_parts("a-b_c.d:1", "", "a-b_c.d", 1, "", "a-b_c.d:1");
    expect_parts("http://me:p@ss@h:1", "http", "h", 1, "", "http://h:1");
    cr_assert(is(endpoint.userinfo, "me:p@ss"));
    cr_assert(otlp_endpoint_has_scheme(&endpoint, "HTTP"));
    cr_assert_not(otlp_endpoint_has_scheme(&endpoint, "https"));
}

static void expect_refusal(const char *text, const char *words)
{
    cr_assert_not(otlp_endpoint_parse(patter_text(text), &endpoint, why), "%s", text);
    cr_assert_str_eq(why, words);
}

Test(otlp_endpoint, what_cannot_be_one_is_refused)
{
    const char *port = "the port must be a number from 1 to 65535; an IPv6 address stands in "
                       "brackets, as in http://[::1]:port";
    const char *blank = "holds a blank or another character that cannot stand in a URL";
    const char *odd =
        "names a host that cannot be one; expected letters, digits, `-` and `.`, or an "
        "IPv6 address in brackets, as in http://[::1]:port";
    const char *at = "holds an `@` behind a `/`, `?` or `#`: in a user or password write %2F, %3F "
                     "or %23 for that, and elsewhere %40 for the `@`";
    const char *host = "names no host; expected the form http://host:port";
    expect_refusal("", host);
    expect_refusal("http://", host);
    expect_refusal("http:///v1/traces", host);
    expect_refusal("htp:/127.0.0.1:4318",
                   "begins with `htp:/`, which is no scheme: write http:// or https://");
    expect_refusal("http:/h:1",
                   "begins with `http:/`, which is no scheme: write http:// or https://");
    expect_refusal("open:/@h:1", at); /* a user's password is shown to nobody */
    expect_refusal("http://me:1/x@h:1", at);
    expect_refusal("me:1?x@h:1", at);
    expect_refusal("http://me:x#y@h:1", at);
    expect_refusal("http://h:0", port);
    expect_refusal("http://h:65536", port);
    expect_refusal("http://h:43180000000000000000", port);
    expect_refusal("http://h:port", port);
    expect_refusal("http://h:", port);
    expect_refusal("http://::1:4318", port);
    expect_refusal("http://[::1", port);
    expect_refusal("http://[::1]4318", port);
    expect_refusal("http://l]calhost:4318", odd);
    expect_refusal("http://%6cocalhost", odd);
    expect_refusal("http://a,b:1", odd);
    expect_refusal("http://[::1::]:1", odd);
    expect_refusal("http://[]:1", odd);
    expect_refusal("http://a b", blank);
    expect_refusal("http://h\n:1", blank);
    expect_refusal("http://h\xC3\xA9", blank);
    expect_refusal("http://h/#x", "holds a `#`, which is never sent: remove what follows it");
}
