/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-http/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "plugins/otlp/response.h"
#include "plugins/otlp/secrets.h"

enum { LARGE_BODY = 1024 * 1024, MAX_WAIT_S = 24 * 60 * 60 };

__attribute__((format(printf, 4, 5))) static void set(struct verdict *verdict, patter_status status,
                                                      const char *reason, const char *format, ...)
{
    va_list args;
    verdict->status = status;
    snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
    va_start(args, format);
    vsnprintf(verdict->detail, sizeof(verdict->detail), format, args);
    va_end(args);
}

static bool has_type(const struct transfer_answer *answer, const char *type)
{
    return strncasecmp(answer->content_type, type, strlen(type)) == 0;
}

static bool body_has(const struct transfer_answer *answer, const char *text)
{
    return answer->body_len && memmem(answer->body, answer->body_len, text, strlen(text)) != NULL;
}

/* ---- an answer came ------------------------------------------------------------- */

/* The receiver's own words, "" when it has none that a person could read. */
static void read_words(const struct transfer_answer *answer, char ret_words[OTLP_MESSAGE_MAX])
{
    struct otlp_status status;
    const char *body = (const char *)answer->body;
    size_t len = answer->body_len;
    ret_words[0] = '\0';
    if ((has_type(answer, "application/x-protobuf") && otlp_status_parse(body, len, &status)) ||
        (has_type(answer, "application/json") && otlp_status_parse_json(body, len, &status))) {
        memcpy(ret_words, status.message, sizeof(status.message));
    } else if (has_type(answer, "text/plain")) {
        while (len && strchr("\r\n", body[len - 1])) {
            len--;
        }
        otlp_message_copy(ret_words, body, len);
    }
}

static bool read_response(const struct transfer_answer *answer, struct otlp_response *response)
{
    const char *body = (const char *)answer->body;
    return has_type(answer, "application/json")
               ? otlp_response_parse_json(body, answer->body_len, response)
               : otlp_response_parse(body, answer->body_len, response);
}

static void accepted(const struct verdict_place *place, const struct transfer_answer *answer,
                     size_t span_count, struct verdict *verdict)
{
    struct otlp_response response;
    if (has_type(answer, "text/html")) {
        set(verdict, PATTER_FAILED, "not_otlp",
            "%s answered with a web page: no OTLP receiver listens there; check host, port and "
            "path",
            place->url);
        return;
    }
    if (!read_response(answer, &response)) {
        return; /* it said 200, and some receivers add words of their own */
    }
    if (response.rejected > 0) {
        bool all = (uint64_t)response.rejected >= span_count;
        set(verdict, PATTER_OK, "rejected", "the receiver refused %s%lld of %zu spans: %s",
            all ? "all, " : "", (long long)response.rejected, span_count,
            response.message[0] ? otlp_secrets_hide(place->settings, response.message)
                                : "it did not say why");
        verdict->rejected = (uint32_t)(all ? span_count : (uint64_t)response.rejected);
    } else if (response.message[0]) {
        set(verdict, PATTER_OK, "", "the receiver accepted all spans and warns: %s",
            otlp_secrets_hide(place->settings, response.message));
    }
}

/* The cure for a status that stays as it is until somebody changes something. */
static const char *cure(int status)
{
    switch (status) {
    case 401:
        return "it wants a valid token: check `headers` and that the token's variable is set";
    case 403:
        return "the token is not allowed to write traces: check `headers`";
    case 404:
        return "nothing takes traces at this path: check the base path in `endpoint`, or write "
               "the whole URL as `traces_endpoint`";
    case 405:
        return "this path takes no POST: check the base path in `endpoint`";
    case 407:
        return "the proxy wants a password: write it in `proxy_url`";
    case 415:
        return "it does not take this encoding: try `encoding: json`, or protobuf";
    case 431:
        return "it takes no headers of this size: check `headers`";
    default:
        return "sending again would not help";
    }
}

/* Who does not believe a token likes to repeat it, and needs no words of its own. */
static bool is_about_a_secret(int status)
{
    return status == 401 || status == 403 || status == 407;
}

static void refused(const struct verdict_place *place, const struct transfer_answer *answer,
                    struct verdict *verdict)
{
    char reason[VERDICT_REASON_MAX];
    char said[OTLP_MESSAGE_MAX] = "";
    int status = answer->status;
    if (!is_about_a_secret(status)) {
        read_words(answer, said);
    }
    const char *words = otlp_secrets_hide(place->settings, said);
    const char *colon = words[0] ? ": " : "";
    snprintf(reason, sizeof(reason), "http_%d", status);
    if (has_type(answer, "application/grpc")) {
        set(verdict, PATTER_FAILED, "wrong_protocol_grpc",
            "%s speaks gRPC: name the exporter otlp-grpc, or write the receiver's HTTP port, "
            "usually 4318",
            place->url);
    } else if (status == 400 && !place->is_tls && body_has(answer, "HTTPS server")) {
        set(verdict, PATTER_FAILED, "wrong_protocol_tls",
            "%s speaks TLS: write https:// in the endpoint", place->url);
    } else if (status == 413 || (status == 400 && body_has(answer, "request body too large"))) {
        set(verdict, PATTER_TOO_LARGE, reason, "the receiver takes no request of this size%s%s",
            colon, words);
    } else if (status == 429 || (status >= 502 && status <= 504)) {
        set(verdict, PATTER_AGAIN, reason, "%s answered %d%s%s", place->url, status, colon, words);
        verdict->wait_ms =
            1000 * (answer->retry_after_s < MAX_WAIT_S ? (uint32_t)answer->retry_after_s
                                                       : (uint32_t)MAX_WAIT_S);
    } else if (status >= 300 && status < 400) {
        set(verdict, PATTER_FAILED, reason,
            "%s answered %d and names another URL, which patter does not follow: write the final "
            "one in the endpoint%s",
            place->url, status,
            strstr(place->url, "//v1/traces") ? " (it has a doubled slash)" : "");
    } else {
        set(verdict, PATTER_FAILED, reason, "%s answered %d; %s%s%s", place->url, status,
            cure(status), colon, words);
    }
}

/* ---- no answer came ------------------------------------------------------------- */

/* A SETTINGS frame on stream 0: what every HTTP/2 server says first. */
static bool is_http2(const struct transfer_answer *answer)
{
    static const unsigned char settings[] = { 4, 0, 0, 0, 0, 0 };
    return answer->body_len >= 9 && answer->body[0] == 0 &&
           memcmp(answer->body + 3, settings, sizeof(settings)) == 0;
}

static bool says(const struct transfer_answer *answer, const char *words)
{
    return strstr(answer->words, words) != NULL;
}

/* libcurl's words, which name a proxy's URL in full where it cannot be read. */
static const char *shown(const struct verdict_place *place, const struct transfer_answer *answer)
{
    return says(answer, "Unsupported proxy")
               ? "the proxy's URL cannot be read: check its scheme, and write %40 for an `@` and "
                 "%2F for a `/` in its password"
               : otlp_secrets_hide(place->settings, answer->words);
}

static void not_http(const struct verdict_place *place, const struct transfer_answer *answer,
                     struct verdict *verdict)
{
    if (is_http2(answer)) {
        set(verdict, PATTER_FAILED, "wrong_protocol_grpc",
            "%s speaks gRPC: name the exporter otlp-grpc, or write the receiver's HTTP port, "
            "usually 4318",
            place->url);
    } else if (answer->body_len >= 2 && !place->is_tls && memchr("\x15\x16", answer->body[0], 2) &&
               answer->body[1] == 3) {
        set(verdict, PATTER_FAILED, "wrong_protocol_tls",
            "%s speaks TLS: write https:// in the endpoint", place->url);
    } else {
        set(verdict, PATTER_FAILED, "not_http",
            "what listens at %s speaks no HTTP: check host and port", place->url);
    }
}

static void tls_failed(const struct verdict_place *place, const struct transfer_answer *answer,
                       struct verdict *verdict)
{
    static const char *const plain[] = { "wrong version number", "packet length too long",
                                         "record layer failure", "http request" };
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (says(answer, plain[i])) {
            set(verdict, PATTER_FAILED, "wrong_protocol_plain",
                "%s speaks no TLS: write http:// in the endpoint, or the receiver's TLS port",
                place->url);
            return;
        }
    }
    if (says(answer, "protocol version") || says(answer, "unsupported protocol")) {
        set(verdict, PATTER_AGAIN, "tls",
            "%s speaks no TLS version from 1.%d to 1.%d; let it speak one of them", place->url,
            place->settings->tls.min_version - 10, place->settings->tls.max_version - 10);
    } else if (says(answer, "certificate required")) {
        set(verdict, PATTER_AGAIN, "tls_client_cert",
            "%s wants a client certificate: write tls.cert_file and tls.key_file", place->url);
    } else if (place->settings->tls.cert_pem && says(answer, "alert")) {
        set(verdict, PATTER_AGAIN, "tls_client_cert",
            "%s does not accept the certificate in tls.cert_file: %s", place->url,
            shown(place, answer));
    } else {
        set(verdict, PATTER_AGAIN, "tls", "no TLS connection to %s: %s", place->url,
            shown(place, answer));
    }
}

static void unverified(const struct verdict_place *place, const struct transfer_answer *answer,
                       struct verdict *verdict)
{
    const char *hint = "";
    if (says(answer, "subject name") || says(answer, "IP address")) {
        hint = "; write the name it has in the endpoint, or as tls.server_name_override";
    } else if (says(answer, "expired") || says(answer, "not yet valid")) {
        hint = "; the receiver needs a new one, or a clock is wrong";
    } else if (says(answer, "issuer") || says(answer, "self-signed")) {
        hint = "; write the authority that signed it as tls.ca_file";
    }
    set(verdict, PATTER_AGAIN, "tls_verify", "the certificate of %s is not believed%s: %s",
        place->url, hint, shown(place, answer));
}

static void closed(const struct verdict_place *place, const struct transfer_answer *answer,
                   size_t body_len, struct verdict *verdict)
{
    if (answer->cut_off && body_len > LARGE_BODY) {
        set(verdict, PATTER_TOO_LARGE, "body_refused",
            "%s closed the connection while %zu bytes were being sent", place->url, body_len);
        return;
    }
    /* A receiver's alert may be lost when it closes while the request is being sent. */
    const char *hint = "; if it speaks TLS, write https://";
    if (place->is_tls && place->settings->tls.cert_pem) {
        hint = "; it may not accept the certificate in tls.cert_file";
    } else if (place->is_tls) {
        hint = "; it may want a client certificate (tls.cert_file and tls.key_file), or speak gRPC "
               "(exporter otlp-grpc)";
    }
    set(verdict, PATTER_AGAIN, "connection_closed", "%s closed the connection without an answer%s",
        place->url, hint);
}

static void unanswered(const struct verdict_place *place, const struct transfer_answer *answer,
                       size_t body_len, struct verdict *verdict)
{
    const char *url = place->url;
    switch (answer->end) {
    case TRANSFER_NO_MEMORY:
        set(verdict, PATTER_AGAIN, "no_memory", "memory is short");
        break;
    case TRANSFER_INTERRUPTED:
        set(verdict, PATTER_AGAIN, "interrupted", "patter is shutting down");
        break;
    case TRANSFER_TIMEOUT:
        set(verdict, PATTER_AGAIN, "timeout", "%s %s", url,
            answer->connected ? "did not answer in time; raise `timeout` if it is only slow"
                              : "could not be reached in time: check host, port and firewalls");
        break;
    case TRANSFER_NO_HOST:
        set(verdict, PATTER_AGAIN, "dns", "the host of %s is not known: check its spelling (%s)",
            url, shown(place, answer));
        break;
    case TRANSFER_REFUSED:
        set(verdict, PATTER_AGAIN, "connection_refused",
            "nothing listens at %s: is the receiver running, and is this its OTLP/HTTP port?", url);
        break;
    case TRANSFER_UNREACHABLE:
        set(verdict, PATTER_AGAIN, "connection_failed", "no connection to %s: %s", url,
            shown(place, answer));
        break;
    case TRANSFER_TLS:
        tls_failed(place, answer, verdict);
        break;
    case TRANSFER_UNVERIFIED:
        unverified(place, answer, verdict);
        break;
    case TRANSFER_NO_CAS:
        set(verdict, PATTER_AGAIN, "tls_verify",
            "this system has no certificates to verify %s with: install the package "
            "ca-certificates, or write tls.ca_file",
            url);
        break;
    case TRANSFER_CLOSED:
        closed(place, answer, body_len, verdict);
        break;
    case TRANSFER_NOT_HTTP:
        not_http(place, answer, verdict);
        break;
    case TRANSFER_TOO_LONG:
        set(verdict, PATTER_FAILED, "answer_too_long",
            "%s answered with more than 4 MiB: is it an OTLP receiver?", url);
        break;
    default:
        set(verdict, PATTER_AGAIN, "connection_failed", "no answer from %s: %s", url,
            shown(place, answer));
        break;
    }
}

void verdict_make(const struct verdict_place *place, const struct transfer_answer *answer,
                  size_t body_len, size_t span_count, struct verdict *ret_verdict)
{
    memset(ret_verdict, 0, sizeof(*ret_verdict));
    if (answer->end != TRANSFER_ANSWERED) {
        unanswered(place, answer, body_len, ret_verdict);
    } else if (answer->status >= 200 && answer->status < 300) {
        accepted(place, answer, span_count, ret_verdict);
    } else {
        refused(place, answer, ret_verdict);
    }
    size_t len = strlen(ret_verdict->detail);
    if (answer->through_proxy && len > 0) {
        snprintf(ret_verdict->detail + len, sizeof(ret_verdict->detail) - len,
                 " (through a proxy: see proxy_url, http_proxy, no_proxy)");
    }
}
