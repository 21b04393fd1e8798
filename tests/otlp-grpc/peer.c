/* SPDX-License-Identifier: MIT */
#include "tests/otlp-grpc/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, STALL_AFTER_BYTES = 4096 };

struct connection {
    int socket;
    size_t read_len;
    unsigned char head[STALL_AFTER_BYTES]; /* what was read first */
};

static void need(bool good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

static void speak(int socket, const void *bytes, size_t len)
{
    if (send(socket, bytes, len, MSG_NOSIGNAL) < 0) {
        perror("send");
    }
}

static void greet(int socket)
{
    /* SETTINGS_INITIAL_WINDOW_SIZE and WINDOW_UPDATE of the connection: all that HTTP/2 has. */
    static const unsigned char wide[] = { 0,   0, 6, 4, 0, 0, 0, 0, 0, 0, 4,   127, 255, 255,
                                          255, 0, 0, 4, 8, 0, 0, 0, 0, 0, 127, 254, 255, 255 };
    speak(socket, wide, sizeof(wide));
}

/* Trailers and nothing else, on the stream of a client's first call. */
static void answer_code(int socket, const char *code)
{
    static const char head[] = "\x88\0\x0c"
                               "content-type\x10"
                               "application/grpc\0\x0b"
                               "grpc-status";
    unsigned char frame[128] = { 0, 0, 0, 1, 5, 0, 0, 0, 1 }; /* HEADERS, the last of stream 1 */
    enum { FRAME_HEAD = 9, LEN_AT = 2 };
    size_t len = FRAME_HEAD + sizeof(head) - 1;
    memcpy(frame + FRAME_HEAD, head, sizeof(head) - 1);
    frame[len++] = (unsigned char)strlen(code);
    memcpy(frame + len, code, strlen(code));
    len += strlen(code);
    frame[LEN_AT] = (unsigned char)(len - FRAME_HEAD);
    speak(socket, frame, len);
}

/* Notes what came; whether the first call is whole with it: DATA, the last of stream 1. */
static bool has_call(struct connection *connection, const char *bytes, size_t len)
{
    static const unsigned char last[] = { 0, 1, 0, 0, 0, 1 };
    size_t room = sizeof(connection->head) - connection->read_len;
    len = len < room ? len : room;
    memcpy(connection->head + connection->read_len, bytes, len);
    return memmem(connection->head, connection->read_len + len, last, sizeof(last)) != NULL;
}

/* False when the connection is done with. */
static bool act(const struct peer *peer, struct connection *connection)
{
    static const char refusal[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    char buffer[STALL_AFTER_BYTES];
    ssize_t len = recv(connection->socket, buffer, sizeof(buffer), 0);
    if (len <= 0) {
        return false;
    }
    if (peer->act == PEER_CODE && connection->read_len < sizeof(connection->head) &&
        has_call(connection, buffer, (size_t)len)) {
        answer_code(connection->socket, peer->code);
    }
    connection->read_len += (size_t)len;
    if (peer->act == PEER_HTTP1) {
        speak(connection->socket, refusal, sizeof(refusal) - 1);
        return false;
    }
    return true;
}

static void *run(void *data)
{
    struct peer *peer = data;
    struct connection connections[CONNECTIONS_MAX];
    size_t count = 0;
    for (;;) {
        struct pollfd polled[CONNECTIONS_MAX + 1] = { { peer->listener, POLLIN, 0 } };
        for (size_t i = 0; i < count; i++) {
            bool reads = peer->act != PEER_STALL || connections[i].read_len < STALL_AFTER_BYTES;
            polled[i + 1] = (struct pollfd){ reads ? connections[i].socket : -1, POLLIN, 0 };
        }
        need(poll(polled, count + 1, -1) >= 0, "poll");
        for (size_t i = count; i > 0; i--) {
            if (polled[i].revents && !act(peer, &connections[i - 1])) {
                close(connections[i - 1].socket);
                connections[i - 1] = connections[--count];
            }
        }
        if (!polled[0].revents) {
            continue;
        }
        int socket = accept(peer->listener, NULL, NULL);
        if (socket < 0) {
            break;
        }
        if (peer->act == PEER_CLOSE || count == CONNECTIONS_MAX) {
            close(socket);
            continue;
        }
        if (peer->act == PEER_STALL || peer->act == PEER_CODE) {
            greet(socket);
        }
        connections[count++] = (struct connection){ .socket = socket };
    }
    for (size_t i = 0; i < count; i++) {
        close(connections[i].socket);
    }
    return NULL;
}

void peer_start(struct peer *peer, enum peer_act peer_act)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int small = 4096;
    memset(peer, 0, sizeof(*peer));
    peer->act = peer_act;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(peer->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    need(peer->listener >= 0 && bind(peer->listener, (struct sockaddr *)&address, len) == 0 &&
             listen(peer->listener, 16) == 0 &&
             getsockname(peer->listener, (struct sockaddr *)&address, &len) == 0,
         "listen");
    peer->port = ntohs(address.sin_port);
    need(pthread_create(&peer->thread, NULL, run, peer) == 0, "thread");
}

void peer_stop(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
}
