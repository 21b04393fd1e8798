/* SPDX-License-Identifier: MIT */

/* Peers that are no gRPC receivers or hang, and the end of life beside them. */

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/otlp-grpc/client.h"
#include "tests/otlp-grpc/peer.h"
#include "tests/otlp-grpc/receiver.h"

#include <criterion/criterion.h>

enum { LARGE = 30 * 1000 * 1000 };

static struct client client;

TestSuite(otlp_grpc_rude, .timeout = 60);

static void expect(patter_status found, const char *reason, const char *detail)
{
    cr_expect_eq(found, PATTER_AGAIN, "status %d", found);
    cr_assert(client.result.reason && client.result.detail);
    cr_expect_str_eq(client.result.reason, reason, "%s: %s", client.result.reason,
                     client.result.detail);
    cr_expect(strstr(client.result.detail, detail), "\"%s\" is not in \"%s\"", detail,
              client.result.detail);
}

static void connect_to(struct peer *peer, enum peer_act act, const char *scheme)
{
    peer_start(peer, act);
    client_init(&client, scheme, peer->port);
    cr_assert(client_create(&client), "%s", client.host.said);
}

static void part(struct peer *peer)
{
    client_clean(&client);
    peer_stop(peer);
}

Test(otlp_grpc_rude, silent)
{
    struct peer peer;
    connect_to(&peer, PEER_SILENT, "http://");
    expect(client_send(&client, 500), "deadline_exceeded", "did not answer in time");
    cr_expect_lt(client.took_ms, 3000);
    part(&peer);
}

static void *send_one(void *status)
{
    *(patter_status *)status = client_send(&client, 1500);
    return NULL;
}

/* A fork waits for no peer; the call that it cut is made again until its deadline. */
static void fork_beside(enum peer_act act)
{
    struct peer peer;
    pthread_t thread;
    patter_status status = PATTER_OK;
    peer_start(&peer, act);
    client_init(&client, "http://", peer.port);
    plugin_host_set_text(&client.host, "fork", "restart");
    cr_assert(client_create(&client), "%s", client.host.said);
    pthread_create(&thread, NULL, send_one, &status);
    usleep(300 * 1000);
    double begin_ms = client_now_ms();
    client.exporter->fork_prepare(client.self);
    double took_ms = client_now_ms() - begin_ms;
    client.exporter->fork_parent(client.self);
    pthread_join(thread, NULL);
    cr_expect_lt(took_ms, 1000);
    cr_expect_gt(client.took_ms, 1000, "made again: %g ms", client.took_ms);
    expect(status, "deadline_exceeded", "did not answer in time");
    part(&peer);
}

Test(otlp_grpc_rude, fork_beside_a_silent_peer)
{
    fork_beside(PEER_SILENT);
}

Test(otlp_grpc_rude, fork_beside_a_stalled_peer)
{
    fork_beside(PEER_STALL);
}

Test(otlp_grpc_rude, closes)
{
    struct peer peer;
    connect_to(&peer, PEER_CLOSE, "http://");
    expect(client_send(&client, 5000), "connection_closed", "if it speaks TLS, write https://");
    part(&peer);
}

Test(otlp_grpc_rude, speaks_http1)
{
    struct peer peer;
    connect_to(&peer, PEER_HTTP1, "http://");
    expect(client_send(&client, 5000), "wrong_protocol_http", "name the exporter otlp-http");
    part(&peer);
}

Test(otlp_grpc_rude, speaks_no_tls)
{
    struct peer peer;
    connect_to(&peer, PEER_HTTP1, "https://");
    expect(client_send(&client, 5000), "wrong_protocol_plain", "write http://");
    part(&peer);
}

Test(otlp_grpc_rude, host_is_unknown)
{
    client_init(&client, "http://", 1);
    plugin_host_set_text(&client.host, "endpoint", "http://no-such-host.invalid:4317");
    cr_assert(client_create(&client));
    expect(client_send(&client, 5000), "dns", "check its spelling");
    client_clean(&client);
}

Test(otlp_grpc_rude, socket_is_missing)
{
    client_init(&client, "http://", 1);
    plugin_host_set_text(&client.host, "endpoint", "unix:/nonexistent/socket");
    plugin_host_set_flag(&client.host, "tls.insecure", 1);
    cr_assert(client_create(&client));
    expect(client_send(&client, 5000), "connection_refused", "is this its path");
    client_clean(&client);
}

/* The write never ends on its own: send() and destroy() must, and the next send() is bounded too.
 */
Test(otlp_grpc_rude, stops_reading)
{
    struct peer peer;
    struct patter_result result;
    peer_start(&peer, PEER_STALL);
    client_init(&client, "http://", peer.port);
    plugin_host_set_text(&client.host, "compression", "none");
    cr_assert(client_create(&client), "%s", client.host.said);
    for (int i = 0; i < 2; i++) {
        double begin_ms = client_now_ms();
        cr_expect_eq(client_send_large(&client, 0, LARGE, 1500, &result), PATTER_AGAIN);
        cr_expect_str_eq(result.reason, "deadline_exceeded", "%s: %s", result.reason,
                         result.detail);
        cr_expect_lt(client_now_ms() - begin_ms, 5000);
    }
    client_clean(&client);
    cr_expect_lt(client.took_ms, 2000);
    _exit(0);
}

/* The kernel ends a stalled connection (TCP_USER_TIMEOUT), and all is given back. */
Test(otlp_grpc_rude, a_stalled_connection_dies)
{
    struct peer peer;
    struct patter_result result;
    peer_start(&peer, PEER_STALL);
    client_init(&client, "http://", peer.port);
    plugin_host_set_text(&client.host, "compression", "none");
    for (size_t i = 0; i < client.host.count; i++) {
        if (strcmp(client.host.rows[i].name, "keepalive.timeout") == 0) {
            client.host.values[i].as.duration_ns = 1000000000;
        }
    }
    cr_assert(client_create(&client), "%s", client.host.said);
    cr_expect_eq(client_send_large(&client, 0, LARGE, 10000, &result), PATTER_AGAIN);
    cr_expect_str_eq(result.reason, "connection_closed", "%s: %s", result.reason, result.detail);
    client_clean(&client);
    cr_expect_lt(client.took_ms, 2000);
    peer_stop(&peer);
}

/* A receiver writes whatever number it likes, also one that means something in here. */
Test(otlp_grpc_rude, answers_with_a_code_that_is_none)
{
    static const char *const codes[] = { "-1", "-2", "-3", "-4", "-5", "-6", "17", "2147483647" };
    struct peer peer;
    peer_start(&peer, PEER_CODE);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        peer.code = codes[i];
        client_init(&client, "http://", peer.port);
        cr_assert(client_create(&client), "%s", client.host.said);
        cr_expect_eq(client_send(&client, 3000), PATTER_FAILED, "%s", codes[i]);
        cr_assert(client.result.reason && client.result.detail);
        cr_expect_str_eq(client.result.reason, "unknown", "%s: %s", codes[i], client.result.reason);
        cr_expect(strstr(client.result.detail, "answered a code that gRPC does not have"), "%s: %s",
                  codes[i], client.result.detail);
        client_clean(&client);
    }
    peer_stop(&peer);
}

static void *interrupt_soon(void *data)
{
    usleep(300000);
    client.exporter->interrupt(data);
    return NULL;
}

Test(otlp_grpc_rude, is_interrupted)
{
    struct peer peer;
    pthread_t thread;
    connect_to(&peer, PEER_SILENT, "http://");
    pthread_create(&thread, NULL, interrupt_soon, client.self);
    expect(client_send(&client, 50000), "interrupted", "shutting down");
    cr_expect_lt(client.took_ms, 3000);
    pthread_join(thread, NULL);
    expect(client_send(&client, 50000), "interrupted", "shutting down");
    part(&peer);
}

Test(otlp_grpc_rude, a_forked_child_sends_nothing)
{
    struct receiver receiver;
    receiver_start(&receiver, 0, NULL, NULL);
    client_init(&client, "http://", receiver.port);
    cr_assert(client_create(&client));
    cr_assert_eq(client_send(&client, 5000), PATTER_OK);
    receiver_next_call(&receiver);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bool good = client_send(&client, 5000) == PATTER_FAILED &&
                    strcmp(client.result.reason, "forked") == 0;
        struct client another;
        client_init(&another, "http://", receiver.port);
        good = good && client_create(&another) && client_send(&another, 5000) == PATTER_FAILED &&
               strcmp(another.result.reason, "forked") == 0;
        client_clean(&another);
        client_clean(&client);
        _exit(good ? 7 : 1);
    }
    int code = 0;
    cr_assert_eq(waitpid(child, &code, 0), child);
    cr_expect(WIFEXITED(code) && WEXITSTATUS(code) == 7, "%x", code);
    cr_expect_eq(client_send(&client, 5000), PATTER_OK);
    client_clean(&client);
    receiver_stop(&receiver);
}

/* A child may start what its parent has not, or has ended. */
Test(otlp_grpc_rude, a_child_of_an_idle_parent_sends)
{
    struct receiver receiver;
    receiver_start(&receiver, 0, NULL, NULL);
    client_init(&client, "http://", receiver.port);
    cr_assert(client_create(&client));
    cr_assert_eq(client_send(&client, 5000), PATTER_OK);
    client_clean(&client);
    client_init(&client, "http://", receiver.port);
    cr_assert(client_create(&client));
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bool good = client_send(&client, 5000) == PATTER_OK;
        client_clean(&client);
        _exit(good ? 7 : 1);
    }
    int code = 0;
    cr_assert_eq(waitpid(child, &code, 0), child);
    cr_expect(WIFEXITED(code) && WEXITSTATUS(code) == 7, "%x", code);
    client_clean(&client);
    receiver_stop(&receiver);
}
