/* SPDX-License-Identifier: MIT */
/* Any text as the endpoint of otlp-http: the URL that is made is one to libcurl, with the host and
 * port that were understood here, and what is shown of it holds no secret. */
#include "plugins/otlp-http/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz/support/fuzz.h"
#include "tests/support/plugin_host.h"

static const struct patter_option rows[] = {
    { .name = "endpoint", .type = PATTER_TEXT },
    { .name = "traces_endpoint", .type = PATTER_TEXT },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char secret[] = "Zq7Marker9";

static char *part(CURLU *parts, CURLUPart which)
{
    char *text = NULL;
    return curl_url_get(parts, which, &text, CURLU_DEFAULT_PORT) == CURLUE_OK ? text : NULL;
}

static bool is_this_machine(const char *host)
{
    struct in_addr address;
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

/* What libcurl makes of the same text. */
static void expect_same_place(const struct url *url, const char *server_name)
{
    CURLU *parts = curl_url();
    EXPECT(curl_url_set(parts, CURLUPART_URL, url->text, 0) == CURLUE_OK);
    char *scheme = part(parts, CURLUPART_SCHEME);
    char *host = part(parts, CURLUPART_HOST);
    char *port = part(parts, CURLUPART_PORT);
    EXPECT(scheme && host && port);
    EXPECT(strcmp(scheme, url->is_tls ? "https" : "http") == 0);
    EXPECT(strtoul(port, NULL, 10) == url->port);
    if (url->connect_to) {
        EXPECT(server_name && strcasecmp(host, server_name) == 0);
    } else {
        struct in_addr address; /* libcurl shortens what it knows as an address */
        EXPECT(host[0] == '[' || strlen(host) > 200 || inet_pton(AF_INET, host, &address) == 1 ||
               strcasestr(url->description, host));
        EXPECT(!url->is_loopback || is_this_machine(host));
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
}

/* The text with a user's password where one stands, and with a token as its query. */
static const char *with_secrets(const char *text, uint8_t flags)
{
    size_t scheme_len = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    size_t at = strncmp(text + scheme_len, "://", 3) == 0 ? scheme_len + 3 : 0;
    bool has_user = flags & 4;
    bool has_query = flags & 8 && !strpbrk(text, "?#");
    size_t size = strlen(text) + 2 * sizeof(secret) + sizeof("u:@?k=");
    char *whole = fuzz_alloc(size);
    snprintf(whole, size, "%.*s%s%s%s%s%s%s", (int)at, text, has_user ? "u:" : "",
             has_user ? secret : "", has_user ? "@" : "", text + at, has_query ? "?k=" : "",
             has_query ? secret : "");
    return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    struct plugin_host host;
    struct url url;
    uint8_t flags = fuzz_u8(&input);
    const char *server_name = flags & 1 ? "cert.example.com" : NULL;
    const char *text = with_secrets(fuzz_c_text(fuzz_rest(&input)), flags);
    plugin_host_init(&host, rows, ROWS, 1);
    plugin_host_set_text(&host, flags & 2 ? "traces_endpoint" : "endpoint", text);
    struct otlp_options options = { .host = &host.host,
                                    .rows = rows,
                                    .count = ROWS,
                                    .values = host.values,
                                    .error = plugin_host_error(&host) };
    url_read(&options, server_name, &url);
    EXPECT(options.failed == (url.text == NULL));
    EXPECT(!fuzz_tells(host.said, secret));
    if (url.text) {
        EXPECT(url.port >= 1 && url.port <= 65535);
        expect_same_place(&url, server_name);
        EXPECT(fuzz_is_printable(url.description) && !fuzz_tells(url.description, secret));
    }
    url_clean(&url);
    plugin_host_clean(&host);
    fuzz_release();
    return 0;
}
