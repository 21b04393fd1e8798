/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

enum { PORT_MAX = 65535, PORT_DIGITS_MAX = 5, ZONE_MAX = 15, SCHEME_SHOWN_MAX = 8 };

static struct patter_str cut(struct patter_str *rest, size_t len)
{
    struct patter_str head = { rest->data, len };
    rest->data += len;
    rest->len -= len;
    return head;
}

/* Up to the first of `stops`. */
static size_t span_until(struct patter_str text, const char *stops)
{
    size_t len = 0;
    while (len < text.len && !strchr(stops, text.data[len])) {
        len++;
    }
    return len;
}

static bool has_bad_character(struct patter_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= ' ' || byte > '~' || strchr("\"<>\\^`{|}", byte)) {
            return true;
        }
    }
    return false;
}

/* Also false for what stands after the first colon of an IPv6 address without brackets. */
static bool is_port(struct patter_str port)
{
    unsigned int number = 0;
    for (size_t i = 0; i < port.len; i++) {
        if (!isdigit((unsigned char)port.data[i]) || i == PORT_DIGITS_MAX) {
            return false;
        }
        number = number * 10 + (unsigned int)(port.data[i] - '0');
    }
    return number >= 1 && number <= PORT_MAX;
}

static bool is_name(struct patter_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!isalnum((unsigned char)text.data[i]) && !strchr("-._", text.data[i])) {
            return false;
        }
    }
    return text.len > 0;
}

/* With a zone, the name of an interface, as in [fe80::1%25eth0]. */
static bool is_ipv6(struct patter_str text)
{
    char address[INET6_ADDRSTRLEN] = "";
    unsigned char bytes[sizeof(struct in6_addr)];
    size_t len = span_until(text, "%");
    size_t sign_len = text.len - len > 3 && memcmp(text.data + len, "%25", 3) == 0 ? 3 : 1;
    memcpy(address, text.data, len < sizeof(address) ? len : 0);
    if (len < text.len) {
        struct patter_str zone = { text.data + len + sign_len, text.len - len - sign_len };
        if (!is_name(zone) || zone.len > ZONE_MAX) {
            return false;
        }
    }
    return inet_pton(AF_INET6, address, bytes) == 1;
}

/* What libcurl and gRPC would refuse with every request is refused here. */
static bool is_host(struct patter_str host)
{
    return host.data[0] == '[' ? is_ipv6((struct patter_str){ host.data + 1, host.len - 2 })
                               : is_name(host);
}

/* "user@host:port" */
static bool parse_authority(struct patter_str authority, struct otlp_endpoint *endpoint,
                            char *ret_why)
{
    const char *at = authority.len ? memrchr(authority.data, '@', authority.len) : NULL;
    if (at) {
        endpoint->userinfo = cut(&authority, (size_t)(at - authority.data));
        (void)cut(&authority, 1);
    }
    bool is_bracketed = authority.len && authority.data[0] == '[';
    size_t host_len = span_until(authority, is_bracketed ? "]" : ":");
    bool is_closed = is_bracketed && host_len < authority.len;
    endpoint->host = cut(&authority, host_len + is_closed);
    if (endpoint->host.len == 0 && (authority.len < 2 || authority.data[1] != ':')) {
        snprintf(ret_why, OTLP_ENDPOINT_WHY_MAX,
                 "names no host; expected the form http://host:port");
        return false;
    }
    bool has_port = authority.len > 0 || is_closed != is_bracketed;
    endpoint->port = authority;
    if (has_port && (authority.len == 0 || cut(&endpoint->port, 1).data[0] != ':' ||
                     !is_port(endpoint->port))) {
        snprintf(ret_why, OTLP_ENDPOINT_WHY_MAX,
                 "the port must be a number from 1 to 65535; an IPv6 address stands in brackets, "
                 "as in http://[::1]:port");
        return false;
    }
    if (!is_host(endpoint->host)) {
        snprintf(ret_why, OTLP_ENDPOINT_WHY_MAX,
                 "names a host that cannot be one; expected letters, digits, `-` and `.`, or an "
                 "IPv6 address in brackets, as in http://[::1]:port");
        return false;
    }
    return true;
}

bool otlp_endpoint_parse(struct patter_str text, struct otlp_endpoint *ret_endpoint,
                         char ret_why[OTLP_ENDPOINT_WHY_MAX])
{
    memset(ret_endpoint, 0, sizeof(*ret_endpoint));
    if (has_bad_character(text)) {
        snprintf(ret_why, OTLP_ENDPOINT_WHY_MAX,
                 "holds a blank or another character that cannot stand in a URL");
        return false;
    }
    struct patter_str rest = text.data ? text : patter_text("");
    size_t scheme_len = span_until(rest, ":/?#@");
    if (rest.len >= scheme_len + 3 && memcmp(rest.data + scheme_len, "://", 3) == 0) {
        ret_endpoint->scheme = cut(&rest, scheme_len);
        (void)cut(&rest, 3);
    }
    size_t authority_len = span_until(rest, "/?#");
    if (memchr(rest.data + authority_len, '@', rest.len - authority_len)) {
        snprintf(ret_why, OTLP_ENDPOINT_WHY_MAX,
                 "holds an `@` behind a `/`, `?` or `#`: in a user or password write %%2F, %%3F or "
                 "%%23 for that, and elsewhere %%40 for the `@`");
        return false;
    }
    if (ret_endpoint->scheme.len == 0 && scheme_len <= SCHEME_SHOWN_MAX &&
        rest.len > scheme_len + 1 && memcmp(rest.data + scheme_len, ":/", 2) == 0) {
        snprintf(ret_why, OTLP_ENDPOINT_WHY_MAX,
                 "begins with `%.*s:/`, which is no scheme: write http:// or https://",
                 (int)scheme_len, rest.data);
        return false;
    }
    struct patter_str authority = cut(&rest, authority_len);
    ret_endpoint->path = cut(&rest, span_until(rest, "?#"));
    ret_endpoint->query = cut(&rest, span_until(rest, "#"));
    if (rest.len) {
        snprintf(ret_why, OTLP_ENDPOINT_WHY_MAX,
                 "holds a `#`, which is never sent: remove what "
                 "follows it");
        return false;
    }
    return parse_authority(authority, ret_endpoint, ret_why);
}

unsigned int otlp_endpoint_port(const struct otlp_endpoint *endpoint)
{
    unsigned int number = 0;
    for (size_t i = 0; i < endpoint->port.len; i++) {
        number = number * 10 + (unsigned int)(endpoint->port.data[i] - '0');
    }
    return number;
}

bool otlp_endpoint_has_scheme(const struct otlp_endpoint *endpoint, const char *name)
{
    return endpoint->scheme.len == strlen(name) &&
           strncasecmp(endpoint->scheme.data, name, endpoint->scheme.len) == 0;
}

/* Not 127.0.0.1.example.com, which may be anywhere. */
bool otlp_endpoint_is_local(const struct otlp_endpoint *endpoint)
{
    struct patter_str host = endpoint->host;
    char text[INET_ADDRSTRLEN] = "";
    struct in_addr address;
    if (host.len == 0) {
        return false;
    }
    memcpy(text, host.data, host.len < sizeof(text) ? host.len : 0);
    return (host.len == 9 && strncasecmp(host.data, "localhost", 9) == 0) ||
           (inet_pton(AF_INET, text, &address) == 1 && ntohl(address.s_addr) >> 24 == 127) ||
           (host.len == 5 && memcmp(host.data, "[::1]", 5) == 0);
}

void otlp_endpoint_describe(const struct otlp_endpoint *endpoint, char *text, size_t size)
{
    snprintf(text, size, "%.*s%s%.*s%s%.*s%.*s%s", (int)endpoint->scheme.len,
             endpoint->scheme.len ? endpoint->scheme.data : "", endpoint->scheme.len ? "://" : "",
             (int)endpoint->host.len, endpoint->host.data, endpoint->port.len ? ":" : "",
             (int)endpoint->port.len, endpoint->port.len ? endpoint->port.data : "",
             (int)endpoint->path.len, endpoint->path.len ? endpoint->path.data : "",
             endpoint->query.len ? "?..." : "");
}
