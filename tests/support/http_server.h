/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_HTTP_SERVER_H
#define TESTS_SUPPORT_HTTP_SERVER_H

/* A receiver that answers each request as the test says, in order, be it right or rude. */

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/identity.h"

/* What a receiver says to a request that it takes in full. */
#define HTTP_GOOD                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"

enum http_act {
    HTTP_ANSWER,       /* reads the request, writes `bytes`, keeps the connection */
    HTTP_ANSWER_CLOSE, /* as HTTP_ANSWER, then closes */
    HTTP_RESET,        /* reads the request, then resets the connection */
    HTTP_REFUSE_BODY,  /* resets the connection after the request's first bytes */
    HTTP_SPEAK_FIRST,  /* writes `bytes` before it reads, then closes */
    HTTP_SILENT,       /* reads the request and says nothing until the other side closes */
    HTTP_DEAF          /* reads nothing until the server is stopped */
};

struct http_step {
    enum http_act act;
    const char *bytes;
    size_t len; /* 0: strlen(bytes) */
};

struct http_server;

/* Listens on 127.0.0.1. `identity` not NULL: TLS; `client_authority` not NULL: it demands a client
 * certificate of that authority. When the steps are used up the last one is repeated. Borrows all.
 * Aborts on failure. */
struct http_server *http_server_start(const struct http_step *steps, size_t step_count,
                                      const struct identity *identity,
                                      const struct identity *client_authority);
void http_server_stop(struct http_server *server);

/* Lets this process speak TLS 1.1, whatever the system says; before its first use of OpenSSL. */
void http_server_allow_old_tls(void);

/* Nothing but TLS 1.1, which is broken; before the first connection. */
void http_server_speak_old_tls(struct http_server *server);

unsigned int http_server_port(const struct http_server *server);

/* How many requests were read in full, and connections accepted. */
size_t http_server_request_count(struct http_server *server);
size_t http_server_connection_count(struct http_server *server);

/* The last request's head, as text; and its body. Valid until the next request. */
const char *http_server_head(struct http_server *server);
const unsigned char *http_server_body(struct http_server *server, size_t *ret_len);

#endif /* TESTS_SUPPORT_HTTP_SERVER_H */
