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

/* False when the connection is done with. */
static bool act(const struct peer *peer, struct connection *connection)
{
    static const char refusal[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    char buffer[STALL_AFTER_BYTES];
    ssize_t len = recv(connection->socket, buffer, sizeof(buffer), 0);
    if (len <= 0) {
        return false;
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
        if (peer->act == PEER_STALL) {
            greet(socket);
        }
        connections[count++] = (struct connection){ socket, 0 };
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
