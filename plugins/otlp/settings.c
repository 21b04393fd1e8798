/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "plugins/otlp/crypto.h"

enum { DEFAULT_GZIP_LEVEL = 1 };

static bool is_text(struct patter_str view, const char *text)
{
    return view.len == strlen(text) && strncasecmp(view.data, text, view.len) == 0;
}

/* RFC 9110, 5.6.2. */
static bool is_token(struct patter_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~' ||
            strchr("\"(),/:;<=>?@[\\]{}", text.data[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_printable(struct patter_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((text.data[i] < ' ' && text.data[i] != '\t') || text.data[i] > '~') {
            return false;
        }
    }
    return true;
}

/* A secret from a file often ends in a line break, which means nothing. */
static struct patter_str trim(struct patter_str text)
{
    while (text.len && strchr(" \t\r\n", text.data[text.len - 1])) {
        text.len--;
    }
    while (text.len && strchr(" \t\r\n", text.data[0])) {
        text.data++;
        text.len--;
    }
    return text;
}

static bool is_made_by_patter(struct patter_str name)
{
    return is_text(name, "content-type") || is_text(name, "content-encoding") ||
           is_text(name, "content-length") || is_text(name, "transfer-encoding") ||
           is_text(name, "expect") || is_text(name, "connection");
}

static void check_header(struct otlp_options *options, const struct patter_text_pair *header)
{
    int len = header->key.len < 64 ? (int)header->key.len : 64;
    if (!is_token(header->key)) {
        otlp_options_fail(options, "headers",
                          "a name holds a character that no header's name has; expected letters, "
                          "digits and `-`, as in x-api-key");
    } else if (is_made_by_patter(header->key)) {
        otlp_options_fail(options, "headers", "`%.*s` is written by patter itself: remove it", len,
                          header->key.data);
    } else if (!is_printable(header->value)) {
        otlp_options_fail(options, "headers",
                          "the value of `%.*s` holds a line break or a character outside "
                          "printable ASCII; write it in one line, as the receiver's maker gives "
                          "it",
                          len, header->key.data);
    } else if (is_text(header->key, "authorization") &&
               (is_text(header->value, "bearer") || is_text(header->value, "basic"))) {
        otlp_options_warn(options,
                          "headers: `%.*s` says `%.*s` and no token follows: is its variable "
                          "empty?",
                          len, header->key.data, (int)header->value.len, header->value.data);
    }
}

static void read_headers(struct otlp_options *options, struct otlp_settings *settings)
{
    const struct patter_value *value = otlp_options_get(options, "headers");
    size_t count = value->type == PATTER_TEXT_MAP ? value->as.map.count : 0;
    settings->headers = calloc(count + 1, sizeof(*settings->headers));
    if (!settings->headers) {
        otlp_options_fail(options, "headers", "memory is short");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct patter_text_pair *header = &settings->headers[i];
        *header = value->as.map.items[i];
        header->value = trim(header->value);
        check_header(options, header);
    }
    settings->header_count = count;
}

static void read_compression(struct otlp_options *options, struct otlp_settings *settings)
{
    struct patter_str word = otlp_options_text(options, "compression");
    const struct patter_value *level = otlp_options_get(options, "compression_params.level");
    settings->gzip_level = DEFAULT_GZIP_LEVEL;
    if (is_text(word, "none")) {
        settings->gzip_level = 0;
    } else if (!is_text(word, "gzip")) {
        otlp_options_warn(options, "compression: patter has no %.*s; gzip is used instead",
                          (int)word.len, word.data);
    } else if (level->type == PATTER_INT && level->as.integer >= 1 && level->as.integer <= 9) {
        settings->gzip_level = (int)level->as.integer;
    }
}

static void read_user_agent(struct otlp_options *options, struct otlp_settings *settings)
{
    struct patter_str given = otlp_options_text(options, "user_agent");
    const char *version = options->host->version;
    int len = given.len ? asprintf(&settings->user_agent, "%.*s", (int)given.len, given.data)
                        : asprintf(&settings->user_agent, "patter/%s OTel-OTLP-Exporter-C/%s",
                                   version, version);
    if (len < 0) {
        settings->user_agent = NULL;
        otlp_options_fail(options, "user_agent", "memory is short");
    } else if (!is_printable(patter_text(settings->user_agent))) {
        otlp_options_fail(options, "user_agent",
                          "holds a line break or a character outside printable ASCII");
    }
}

/* Those of libcurl and gRPC: a proxy, too, gets a password, and may repeat it. */
static void read_proxies(struct otlp_options *options, struct otlp_settings *settings)
{
    static const char *const names[OTLP_PROXIES_MAX] = {
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "grpc_proxy"
    };
    settings->proxy_url = otlp_options_text(options, "proxy_url");
    for (size_t i = 0; i < OTLP_PROXIES_MAX; i++) {
        const char *url = getenv(names[i]);
        bool has_user = url && strchr(url, '@');
        settings->proxies[i] = has_user ? strdup(url) : NULL;
        if (has_user && !settings->proxies[i]) {
            otlp_options_fail(options, "proxy_url", "memory is short");
        }
    }
}

void otlp_settings_read(struct otlp_options *options, struct otlp_settings *ret_settings)
{
    memset(ret_settings, 0, sizeof(*ret_settings));
    otlp_crypto_begin(); /* early, since whoever begins OpenSSL decides how it ends */
    read_headers(options, ret_settings);
    read_compression(options, ret_settings);
    read_user_agent(options, ret_settings);
    read_proxies(options, ret_settings);
    otlp_tls_read(options, &ret_settings->tls);
}

void otlp_settings_warn_in_the_clear(struct otlp_options *options,
                                     const struct otlp_settings *settings, const char *place)
{
    enum { NAME_MAX_SHOWN = 64 };
    if (settings->header_count > 0 && !is_token(settings->headers[0].key)) {
        return; /* refused, and maybe with the secret in its name */
    }
    if (settings->header_count > 0) {
        struct patter_str name = settings->headers[0].key;
        otlp_options_warn(options,
                          "headers: `%.*s` goes to %s in the clear, for everyone on the way to "
                          "read; write https:// for TLS",
                          name.len < NAME_MAX_SHOWN ? (int)name.len : NAME_MAX_SHOWN, name.data,
                          place);
    } else if (settings->userinfo.len > 0 || settings->query.len > 0) {
        otlp_options_warn(options,
                          "endpoint: its password or query goes to %s in the clear, for everyone "
                          "on the way to read; write https:// for TLS",
                          place);
    }
}

void otlp_settings_clean(struct otlp_settings *settings)
{
    free(settings->headers);
    free(settings->user_agent);
    for (size_t i = 0; i < OTLP_PROXIES_MAX; i++) {
        free(settings->proxies[i]);
    }
    otlp_tls_clean(&settings->tls);
    memset(settings, 0, sizeof(*settings));
}
