/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/otlp/secrets.h"

enum {
    CODE_OK = 0,
    CODE_PERMISSION_DENIED = 7,
    CODE_RESOURCE_EXHAUSTED = 8,
    CODE_OUT_OF_RANGE = 11,
    CODE_UNAVAILABLE = 14,
    CODE_UNAUTHENTICATED = 16
};

/* OTLP's table over gRPC's codes. */
static const struct code {
    const char *name;
    const char *reason;
    bool passes; /* the same spans may be accepted later */
    const char *cure;
} codes[] = {
    { "OK", "ok", false, "" },
    { "CANCELLED", "cancelled", true, "" },
    { "UNKNOWN", "unknown", false, "" },
    { "INVALID_ARGUMENT", "invalid_argument", false, "" },
    { "DEADLINE_EXCEEDED", "deadline_exceeded", true, "" },
    { "NOT_FOUND", "not_found", false, "" },
    { "ALREADY_EXISTS", "already_exists", false, "" },
    { "PERMISSION_DENIED", "permission_denied", false,
      "; the token is not allowed to write traces: check `headers`" },
    { "RESOURCE_EXHAUSTED", "resource_exhausted", false, "" },
    { "FAILED_PRECONDITION", "failed_precondition", false, "" },
    { "ABORTED", "aborted", true, "" },
    { "OUT_OF_RANGE", "out_of_range", true, "" },
    { "UNIMPLEMENTED", "unimplemented", false,
      "; it takes no traces over gRPC: check host and port" },
    { "INTERNAL", "internal", false, "" },
    { "UNAVAILABLE", "unavailable", true, "" },
    { "DATA_LOSS", "data_loss", true, "" },
    { "UNAUTHENTICATED", "unauthenticated", false,
      "; it wants a valid token: check `headers` and that the token's variable is set" },
};

static const struct code *code_of(int status)
{
    static const struct code other = { "a code that gRPC does not have", "unknown", false, "" };
    return status < (int)(sizeof(codes) / sizeof(codes[0])) ? &codes[status] : &other;
}

/* Whatever is wrong with an address, a port or a certificate comes as UNAVAILABLE: core's words
 * alone tell it. A receiver's own words about its backend differ in their capitals. */
static const struct fault {
    const char *words;
    const char *reason;
    const char *sentence; /* after the receiver's name */
} faults[] = {
    { "http1.x server", "wrong_protocol_http",
      "speaks HTTP/1, not gRPC: name the exporter otlp-http, or write the receiver's gRPC port, "
      "usually 4317" },
    { "wrong version number", "wrong_protocol_plain",
      "speaks no TLS: write http:// in the endpoint or tls: {insecure: true}" },
    { "WRONG_VERSION_NUMBER", "wrong_protocol_plain",
      "speaks no TLS: write http:// in the endpoint or tls: {insecure: true}" },
    { "certificate verify failed", "tls_verify",
      "has a certificate that is not believed: write the authority that signed it as tls.ca_file, "
      "or see whether it has expired" },
    { "CERTIFICATE_VERIFY_FAILED", "tls_verify",
      "has a certificate that is not believed: write the authority that signed it as tls.ca_file, "
      "or see whether it has expired" },
    { "is not in peer certificate", "tls_verify",
      "has a certificate for another name: write that name in the endpoint, or as "
      "tls.server_name_override" },
    { "alert protocol version", "tls",
      "speaks no TLS version from 1.2 to 1.3; let it speak one of them" },
    { "ALERT_PROTOCOL_VERSION", "tls",
      "speaks no TLS version from 1.2 to 1.3; let it speak one of them" },
    { "Connection refused", "connection_refused",
      "refuses connections: is the receiver running, and is this its OTLP/gRPC port?" },
    { "No such file or directory", "connection_refused",
      "is no socket: is the receiver running, and is this its path?" },
    { "DNS resolution failed", "dns", "has a host that is not known: check its spelling" },
    { "unreachable", "connection_failed", "cannot be reached over the network" },
    { "No route to host", "connection_failed", "cannot be reached over the network" },
    { "handshaker shutdown", "connection_failed",
      "did not answer the attempt to connect: check host, port and firewall" },
    { "Failed parsing HTTP/2", "not_grpc",
      "answers with what is no gRPC at all: check host and port" },
    { "attempt timed out", "connection_failed",
      "took the connection but does not speak gRPC: check host and port" },
};

static const char *const closings[] = { "Socket closed", "Connection reset", "Endpoint read failed",
                                        "Broken pipe", "Connection timed out" };

static bool says(const struct channel_answer *answer, const char *words)
{
    return strstr(answer->message, words) != NULL;
}

static const struct fault *fault_of(const struct channel_answer *answer)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (says(answer, faults[i].words)) {
            return &faults[i];
        }
    }
    return NULL;
}

static bool is_closing(const struct channel_answer *answer)
{
    for (size_t i = 0; i < sizeof(closings) / sizeof(closings[0]); i++) {
        if (says(answer, closings[i])) {
            return true;
        }
    }
    return false;
}

static const char *closing_hint(const struct verdict_context *context)
{
    if (context->was_reached) {
        return "";
    }
    if (!context->is_tls) {
        return "; if it speaks TLS, write https:// in the endpoint";
    }
    return context->has_certificate
               ? "; it may not accept the certificate in tls.cert_file"
               : "; if it wants a client certificate, write tls.cert_file and tls.key_file";
}

/* As receivers in Go, Java, C++ and Rust put it. */
static bool is_too_large(int status, const struct channel_answer *answer)
{
    return (status == CODE_RESOURCE_EXHAUSTED || status == CODE_OUT_OF_RANGE) &&
           (says(answer, "larger than max") || says(answer, "exceeds maximum size") ||
            says(answer, "message length too large"));
}

/* Core says it of an answer, in the words of a receiver that is made with core and speaks of the
 * request: whose size is named tells. */
static bool is_answer_too_long(const struct channel_answer *answer,
                               const struct verdict_context *context)
{
    static const char words[] = "Received message larger than max (";
    const char *found = strstr(answer->message, words);
    size_t len = found ? strtoul(found + sizeof(words) - 1, NULL, 10) : 0;
    return len > 0 && len != context->request_lens[0] && len != context->request_lens[1];
}

/* What send() works on. */
struct verdict {
    struct patter_result *result;
    char *detail;
};

__attribute__((format(printf, 4, 5))) static patter_status give(const struct verdict *verdict,
                                                                patter_status status,
                                                                const char *reason,
                                                                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(verdict->detail, VERDICT_DETAIL_MAX, format, args);
    va_end(args);
    verdict->result->reason = reason;
    verdict->result->detail = verdict->detail;
    return status;
}

static patter_status read_success(const struct verdict *verdict,
                                  const struct channel_answer *answer,
                                  const struct verdict_context *context)
{
    const struct otlp_response *response = &answer->response;
    if (!answer->has_response || (response->rejected == 0 && !response->message[0])) {
        return PATTER_OK;
    }
    if (response->rejected == 0) {
        return give(verdict, PATTER_OK, NULL, "the receiver accepted all spans and warns: %s",
                    otlp_secrets_hide(context->settings, response->message));
    }
    bool all = (uint64_t)response->rejected >= context->span_count;
    verdict->result->rejected = (uint32_t)(all ? context->span_count : (size_t)response->rejected);
    return give(verdict, PATTER_OK, "rejected", "the receiver refused %s%u of %zu spans: %s",
                all ? "all, " : "", verdict->result->rejected, context->span_count,
                response->message[0] ? otlp_secrets_hide(context->settings, response->message)
                                     : "it did not say why");
}

static patter_status read_unavailable(const struct verdict *verdict,
                                      const struct channel_answer *answer,
                                      const struct verdict_context *context)
{
    const struct fault *fault = fault_of(answer);
    if (fault) {
        return give(verdict, PATTER_AGAIN, fault->reason, "%s %s", context->where, fault->sentence);
    }
    if (is_closing(answer)) {
        return give(verdict, PATTER_AGAIN, "connection_closed",
                    "%s closed the connection without an answer%s", context->where,
                    closing_hint(context));
    }
    return give(verdict, PATTER_AGAIN, "unavailable", "%s answered UNAVAILABLE: %s", context->where,
                otlp_secrets_hide(context->settings, answer->message));
}

static patter_status read_failure(const struct verdict *verdict, int status,
                                  const struct channel_answer *answer,
                                  const struct verdict_context *context)
{
    const struct code *code = code_of(status);
    bool has_delay = answer->has_status && answer->status.has_retry_delay;
    bool passes = code->passes || (status == CODE_RESOURCE_EXHAUSTED && has_delay);
    if (status == CODE_RESOURCE_EXHAUSTED && is_answer_too_long(answer, context)) {
        return give(verdict, PATTER_FAILED, "answer_too_long",
                    "%s answered with more than 4 MiB: is it an OTLP receiver?", context->where);
    }
    if (is_too_large(status, answer)) {
        return give(verdict, PATTER_TOO_LARGE, "too_large",
                    "the receiver takes no request of this size: %s",
                    otlp_secrets_hide(context->settings, answer->message));
    }
    verdict->result->wait_ms = passes && has_delay ? answer->status.retry_delay_ms : 0;
    if (status == CODE_UNAVAILABLE) {
        return read_unavailable(verdict, answer, context);
    }
    const char *words = status == CODE_PERMISSION_DENIED || status == CODE_UNAUTHENTICATED
                            ? "" /* often the token itself; the cure says it all */
                            : otlp_secrets_hide(context->settings, answer->message);
    return give(verdict, passes ? PATTER_AGAIN : PATTER_FAILED, code->reason,
                "%s answered %s%s%s%s", context->where, code->name, code->cure,
                words[0] ? ": " : "", words);
}

static patter_status read_silence(const struct verdict *verdict, int status,
                                  const struct verdict_context *context)
{
    switch (status) {
    case CHANNEL_FORKED:
        return give(verdict, PATTER_FAILED, "forked",
                    "gRPC ran when this process was forked and cannot be used in the child%s",
                    context->restarts ? ", although `fork: restart` should have ended it: it did "
                                        "not end in time, or the program or an exporter without "
                                        "`fork: restart` uses it too; name the exporter otlp-http"
                                      : ": write `fork: restart`, start tracing after the fork, or "
                                        "name the exporter otlp-http");
    case CHANNEL_NO_MEMORY:
        return give(verdict, PATTER_AGAIN, "no_memory", "memory is short");
    case CHANNEL_CUT:
        return give(verdict, PATTER_AGAIN, "cut_by_fork",
                    "the program forked meanwhile, which took too long");
    case CHANNEL_INTERRUPTED:
        return give(verdict, PATTER_AGAIN, "interrupted", "patter is shutting down");
    default:
        return give(verdict, PATTER_AGAIN, "deadline_exceeded",
                    "%s did not answer in time; raise `timeout` if it is only slow",
                    context->where);
    }
}

patter_status verdict_read(int status, const struct channel_answer *answer,
                           const struct verdict_context *context, struct patter_result *result,
                           char detail[VERDICT_DETAIL_MAX])
{
    enum { CODE_DEADLINE_EXCEEDED = 4 };
    const struct verdict verdict = { result, detail };
    detail[0] = '\0';
    if (status == CODE_OK) {
        return read_success(&verdict, answer, context);
    }
    /* Core says it of its own accord when nobody answers; a receiver adds words. */
    bool is_silence =
        status == CODE_DEADLINE_EXCEEDED && strcmp(answer->message, "Deadline Exceeded") == 0;
    return status < 0 || is_silence ? read_silence(&verdict, status, context)
                                    : read_failure(&verdict, status, answer, context);
}
