/* SPDX-License-Identifier: MIT */
#ifndef OTLP_HTTP_TRANSFER_H
#define OTLP_HTTP_TRANSFER_H

/* One request at a time to one URL, over a connection that is kept. The only file that sees libcurl
 * is transfer.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/otlp/settings.h"

/* How far a request came. */
enum transfer_end {
    TRANSFER_ANSWERED, /* `status` says what was answered */
    TRANSFER_NO_MEMORY,
    TRANSFER_INTERRUPTED,
    TRANSFER_TIMEOUT, /* `connected` says in which part */
    TRANSFER_NO_HOST, /* the name could not be resolved */
    TRANSFER_REFUSED, /* nothing listens there */
    TRANSFER_UNREACHABLE,
    TRANSFER_TLS,        /* the handshake failed, or an alert came */
    TRANSFER_UNVERIFIED, /* the receiver's certificate is not believed */
    TRANSFER_NO_CAS,     /* there are no authorities to verify with */
    TRANSFER_CLOSED,     /* the connection ended before an answer */
    TRANSFER_NOT_HTTP,   /* `body` holds what came instead */
    TRANSFER_TOO_LONG,   /* the answer is longer than a receiver's is */
    TRANSFER_FAILED      /* `words` say what */
};

enum { TRANSFER_WORDS_MAX = 256, TRANSFER_TYPE_MAX = 64 };

struct transfer_answer {
    enum transfer_end end;
    int status;
    bool connected;
    bool through_proxy;
    bool cut_off;                         /* before all of the request was sent */
    uint64_t retry_after_s;               /* any number; 0: not given */
    char content_type[TRANSFER_TYPE_MAX]; /* as sent; empty: none */
    char words[TRANSFER_WORDS_MAX];       /* the library's own; empty: none */
    const unsigned char *body;            /* valid until the next transfer_post */
    size_t body_len;
};

/* Outlives every transfer made with it. */
struct transfer_config {
    const char *url;
    unsigned int port;      /* of the URL */
    bool is_tls;            /* of the URL */
    const char *connect_to; /* "NAME:PORT:HOST:PORT"; NULL: where the URL says */
    const char *proxy_url;  /* NULL: by the environment; empty: none */
    const char *content_type;
    const char *host_header; /* NULL: by the URL */
    bool disable_keep_alives;
    const struct otlp_settings *settings;
};

struct transfer;

/* Prepares the library for this process; to be called before transfer_new, any number of times.
 * What a forked child inherits is prepared. */
bool transfer_prepare(void);

/* Touches no network; NULL when memory is short. */
struct transfer *transfer_new(const struct transfer_config *config);
void transfer_destroy(struct transfer *transfer);

/* In a forked child: forgets the parent's connection without a byte on it. The memory stays with
 * the process. */
void transfer_abandon(struct transfer *transfer);

/* Sends `body` and waits for the answer until `deadline_ns` (CLOCK_MONOTONIC) or until
 * transfer_interrupt(). */
void transfer_post(struct transfer *transfer, const unsigned char *body, size_t len,
                   uint64_t deadline_ns, struct transfer_answer *ret_answer);

/* Ends the request under way, and every later one, at once. [any] */
void transfer_interrupt(struct transfer *transfer);

#endif /* OTLP_HTTP_TRANSFER_H */
