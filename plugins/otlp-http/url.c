/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-http/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "plugins/otlp/endpoint.h"

#define TRACES_PATH "/v1/traces"

enum { GRPC_PORT = 4317, HTTP_PORT = 80, HTTPS_PORT = 443 };

static bool ends_with(struct patter_str text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

static const char *or_empty(struct patter_str text)
{
    return text.len ? text.data : "";
}

#define STR(view) (int)(view).len, or_empty(view)

static bool check_scheme(struct otlp_options *options, const char *name,
                         const struct otlp_endpoint *endpoint)
{
    char text[URL_DESCRIPTION_MAX];
    if (otlp_endpoint_has_scheme(endpoint, "http") || otlp_endpoint_has_scheme(endpoint, "https")) {
        return true;
    }
    otlp_endpoint_describe(endpoint, text, sizeof(text));
    if (endpoint->scheme.len == 0) {
        otlp_options_fail(options, name, "`%s` has no scheme: write http://%s, or https:// for TLS",
                          text, text);
    } else {
        otlp_options_fail(options, name,
                          "`%.*s://` is no scheme of this exporter: write http:// or "
                          "https://; for gRPC name the exporter otlp-grpc",
                          STR(endpoint->scheme));
    }
    return false;
}

/* The base path with what OTLP appends to it. */
static struct patter_str traces_path(struct otlp_options *options, struct patter_str base,
                                     const char **ret_appended)
{
    while (ends_with(base, "/")) {
        base.len--;
    }
    *ret_appended = TRACES_PATH;
    if (ends_with(base, TRACES_PATH)) {
        otlp_options_warn(options, "endpoint: it ends in " TRACES_PATH " already, which patter "
                                   "appends itself: leave it out there");
        *ret_appended = "";
    }
    return base;
}

/* The URL names the certificate's host, and the connection is made to the endpoint's. */
static int make_override(struct url *url, const struct otlp_endpoint *endpoint,
                         const char *server_name)
{
    int len = asprintf(&url->connect_to, "%s:%u:%.*s:%u", server_name, url->port,
                       STR(endpoint->host), url->port);
    url->connect_to = len < 0 ? NULL : url->connect_to;
    if (len >= 0) {
        len = asprintf(&url->host_header, "%.*s%s%.*s", STR(endpoint->host),
                       endpoint->port.len ? ":" : "", STR(endpoint->port));
        url->host_header = len < 0 ? NULL : url->host_header;
    }
    return len;
}

static void make(struct otlp_options *options, const char *name,
                 const struct otlp_endpoint *endpoint, const char *server_name,
                 const char *appended, struct url *url)
{
    struct otlp_endpoint shown = *endpoint;
    char place[URL_DESCRIPTION_MAX - sizeof("/v1/traces?...")];
    int len = 0;
    url->is_loopback = otlp_endpoint_is_local(endpoint);
    url->userinfo = endpoint->userinfo;
    url->query = endpoint->query;
    url->is_tls = otlp_endpoint_has_scheme(endpoint, "https");
    url->port = otlp_endpoint_port(endpoint);
    if (url->port == 0) {
        url->port = url->is_tls ? HTTPS_PORT : HTTP_PORT;
    }
    bool overrides = url->is_tls && server_name;
    shown.query = (struct patter_str){ NULL, 0 };
    otlp_endpoint_describe(&shown, place, sizeof(place));
    snprintf(url->description, sizeof(url->description), "%s%s%s", place, appended,
             endpoint->query.len ? "?..." : "");
    if (overrides) {
        len = make_override(url, endpoint, server_name);
    }
    if (len >= 0) {
        struct patter_str host = overrides ? patter_text(server_name) : endpoint->host;
        len = asprintf(&url->text, "%s://%.*s%s%.*s%s%.*s%.*s%s%.*s",
                       url->is_tls ? "https" : "http", STR(endpoint->userinfo),
                       endpoint->userinfo.len ? "@" : "", STR(host), endpoint->port.len ? ":" : "",
                       STR(endpoint->port), STR(endpoint->path), appended, STR(endpoint->query));
        url->text = len < 0 ? NULL : url->text;
    }
    if (len < 0) {
        otlp_options_fail(options, name, "memory is short");
    }
}

void url_read(struct otlp_options *options, const char *server_name, struct url *ret_url)
{
    char why[OTLP_ENDPOINT_WHY_MAX];
    struct otlp_endpoint endpoint;
    const char *appended = "";
    memset(ret_url, 0, sizeof(*ret_url));
    struct patter_str text = otlp_options_text(options, "traces_endpoint");
    const char *name = text.len ? "traces_endpoint" : "endpoint";
    bool is_verbatim = text.len > 0;
    text = is_verbatim ? text : otlp_options_text(options, "endpoint");
    if (!otlp_endpoint_parse(text, &endpoint, why)) {
        otlp_options_fail(options, name, "%s", why);
        return;
    }
    if (!check_scheme(options, name, &endpoint)) {
        return;
    }
    if (endpoint.userinfo.len && memchr(endpoint.userinfo.data, '@', endpoint.userinfo.len)) {
        otlp_options_fail(options, name, "the user or password holds an `@`: write %%40 for it");
        return;
    }
    if (!is_verbatim) {
        endpoint.path = traces_path(options, endpoint.path, &appended);
    } else if (endpoint.path.len <= 1) {
        endpoint.path = patter_text("/");
        otlp_options_warn(options, "traces_endpoint: it is taken as it is and has no path; most "
                                   "receivers want " TRACES_PATH);
    }
    if (otlp_endpoint_port(&endpoint) == GRPC_PORT) {
        otlp_options_warn(options,
                          "%s: 4317 is usually a receiver's gRPC port and 4318 its HTTP "
                          "port; for gRPC name the exporter otlp-grpc",
                          name);
    }
    make(options, name, &endpoint, server_name, appended, ret_url);
}

void url_clean(struct url *url)
{
    free(url->text);
    free(url->connect_to);
    free(url->host_header);
    memset(url, 0, sizeof(*url));
}
