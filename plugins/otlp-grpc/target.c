/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/target.h"

#include <stdio.h>
#include <strings.h>

#include "plugins/otlp/endpoint.h"

enum { OTLP_HTTP_PORT = 4318 };

/* The name resolvers of gRPC's core, and Go's passthrough, which core does without. */
static const struct resolver {
    const char *prefix;
    bool has_port;
    bool keeps_prefix;
} resolvers[] = {
    { "dns:", true, true },          { "ipv4:", true, true },  { "ipv6:", true, true },
    { "passthrough:", true, false }, { "unix:", false, true }, { "unix-abstract:", false, true },
};

static bool starts_with(struct patter_str text, const char *prefix)
{
    return text.len >= strlen(prefix) && strncasecmp(text.data, prefix, strlen(prefix)) == 0;
}

static struct patter_str skip(struct patter_str text, size_t len)
{
    return (struct patter_str){ text.data + len, text.len - len };
}

static const struct resolver *resolver_of(struct patter_str text)
{
    for (size_t i = 0; i < sizeof(resolvers) / sizeof(resolvers[0]); i++) {
        if (starts_with(text, resolvers[i].prefix)) {
            return &resolvers[i];
        }
    }
    return NULL;
}

/* "host:port" of "//authority/host:port" and of "host:port". */
static struct patter_str after_authority(struct patter_str rest)
{
    const char *slash = rest.len ? memrchr(rest.data, '/', rest.len) : NULL;
    return slash ? skip(rest, (size_t)(slash + 1 - rest.data)) : rest;
}

/* `text` is the endpoint as written, `endpoint` its host and port. */
static bool check_port(struct otlp_options *options, struct patter_str text,
                       const struct otlp_endpoint *endpoint)
{
    if (endpoint->port.len == 0) {
        int len = (int)(endpoint->host.data + endpoint->host.len - text.data);
        otlp_options_fail(options, "endpoint",
                          "has no port: write %.*s:4317, the usual one of OTLP over gRPC, or "
                          "%.*s:443, as vendors have it",
                          len, text.data, len, text.data);
        return false;
    }
    if (otlp_endpoint_port(endpoint) == OTLP_HTTP_PORT) {
        otlp_options_warn(options, "endpoint: 4318 is the usual port of OTLP over HTTP; gRPC's is "
                                   "4317, and otlp-http is the exporter for HTTP");
    }
    return true;
}

static void refuse_user(struct otlp_options *options)
{
    otlp_options_fail(options, "endpoint",
                      "user and password do not belong here: write headers: {authorization: "
                      "\"Basic ${env:TOKEN}\"}");
}

static bool check_parts(struct otlp_options *options, struct patter_str text,
                        const struct otlp_endpoint *endpoint)
{
    if (endpoint->userinfo.data) { /* an empty one, too */
        refuse_user(options);
    } else if (endpoint->scheme.len && !otlp_endpoint_has_scheme(endpoint, "http") &&
               !otlp_endpoint_has_scheme(endpoint, "https")) {
        otlp_options_fail(options, "endpoint",
                          "`%.*s://` is no scheme of this exporter: write https://, http:// for "
                          "plain text, or host:port alone",
                          (int)endpoint->scheme.len, endpoint->scheme.data);
    } else if (endpoint->path.len > 1) {
        otlp_options_fail(options, "endpoint",
                          "OTLP over gRPC has no path: remove `%.*s`, or name the exporter "
                          "otlp-http",
                          (int)endpoint->path.len, endpoint->path.data);
    } else if (endpoint->query.len) {
        otlp_options_fail(options, "endpoint",
                          "OTLP over gRPC has no query: remove `?` and what follows it; a token "
                          "belongs into `headers`");
    } else {
        return check_port(options, text, endpoint);
    }
    return false;
}

static void read_url(struct otlp_options *options, struct patter_str text, struct target *target)
{
    struct otlp_endpoint endpoint;
    char why[OTLP_ENDPOINT_WHY_MAX];
    if (!otlp_endpoint_parse(text, &endpoint, why)) {
        otlp_options_fail(options, "endpoint", "%s", why);
        return;
    }
    if (!check_parts(options, text, &endpoint)) {
        return;
    }
    target->is_local = otlp_endpoint_is_local(&endpoint);
    if (endpoint.scheme.len) {
        target->has_scheme = true;
        target->is_tls = otlp_endpoint_has_scheme(&endpoint, "https");
    }
    snprintf(target->address, sizeof(target->address), "%.*s:%.*s", (int)endpoint.host.len,
             endpoint.host.data, (int)endpoint.port.len, endpoint.port.data);
    snprintf(target->description, sizeof(target->description), "%s://%s",
             target->is_tls ? "https" : "http", target->address);
}

static void read_name(struct otlp_options *options, struct patter_str text,
                      const struct resolver *resolver, struct target *target)
{
    struct patter_str name = skip(text, strlen(resolver->prefix));
    struct otlp_endpoint endpoint;
    char why[OTLP_ENDPOINT_WHY_MAX];
    if (name.len == 0) {
        otlp_options_fail(options, "endpoint", "names nothing after `%s`", resolver->prefix);
        return;
    }
    if (resolver->has_port && memchr(name.data, '@', name.len)) {
        refuse_user(options);
        return;
    }
    if (resolver->has_port) {
        struct patter_str host = after_authority(name);
        if (starts_with(name, "//") && host.data == name.data + 2) {
            otlp_options_fail(options, "endpoint", "needs three slashes: write %s///%.*s",
                              resolver->prefix, (int)host.len, host.data);
            return;
        }
        if (!otlp_endpoint_parse(host, &endpoint, why)) {
            otlp_options_fail(options, "endpoint", "%s", why);
            return;
        }
        if (!check_parts(options, text, &endpoint)) {
            return;
        }
        target->is_local = otlp_endpoint_is_local(&endpoint);
        text = resolver->keeps_prefix ? text : host;
    }
    target->is_local |= starts_with(text, "unix");
    snprintf(target->address, sizeof(target->address), "%.*s", (int)text.len, text.data);
    snprintf(target->description, sizeof(target->description), "%s%s", target->address,
             target->is_tls ? " (TLS)" : "");
}

void target_read(struct otlp_options *options, bool insecure, struct target *ret_target)
{
    struct patter_str text = otlp_options_text(options, "endpoint");
    const struct resolver *resolver = resolver_of(text);
    memset(ret_target, 0, sizeof(*ret_target));
    ret_target->is_tls = !insecure;
    if (text.len >= TARGET_ADDRESS_MAX) {
        otlp_options_fail(options, "endpoint", "is longer than %d characters",
                          TARGET_ADDRESS_MAX - 1);
    } else if (resolver) {
        read_name(options, text, resolver, ret_target);
    } else {
        read_url(options, text, ret_target);
    }
}
