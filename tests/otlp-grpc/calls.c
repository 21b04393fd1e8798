/* SPDX-License-Identifier: MIT */

/* What a gRPC receiver answers, and what becomes of it. */

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "tests/otlp-grpc/client.h"
#include "tests/otlp-grpc/receiver.h"

#include <criterion/criterion.h>

enum { TIMEOUT_MS = 5000 };

static struct receiver receiver;
static struct client client;

static void set_up(void)
{
    receiver_start(&receiver, 0, NULL, NULL);
    client_init(&client, "http://", receiver.port);
}

static void tear_down(void)
{
    client_clean(&client);
    receiver_stop(&receiver);
}

TestSuite(otlp_grpc_calls, .init = set_up, .fini = tear_down, .timeout = 60);

/* Sends to a receiver that answers as `words` say; in the header a message is in ROT13. */
static patter_status send_to(const char *words)
{
    static char text[256];
    snprintf(text, sizeof(text), "%s", words);
    char *message = strstr(text, "message=");
    for (char *at = message ? message + strlen("message=") : ""; *at; at++) {
        bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        *at = (char)(!is_letter ? *at : (*at | 32) < 'n' ? *at + 13 : *at - 13);
    }
    plugin_host_add_pair(&client.host, "headers", "X-Test", text);
    cr_assert(client_create(&client), "%s", client.host.said);
    return client_send(&client, TIMEOUT_MS);
}

static void expect(patter_status found, patter_status wanted, const char *reason,
                   const char *in_detail)
{
    const struct patter_result *result = &client.result;
    cr_expect_eq(found, wanted, "status %d, %s: %s", found, result->reason, result->detail);
    cr_assert(result->reason, "no reason");
    cr_expect_str_eq(result->reason, reason);
    cr_assert(result->detail, "no detail");
    cr_expect(strstr(result->detail, in_detail), "\"%s\" is not in \"%s\"", in_detail,
              result->detail);
}

static void expect_sent(const char *words)
{
    cr_expect(strstr(receiver.line, words), "\"%s\" is not in \"%s\"", words, receiver.line);
}

Test(otlp_grpc_calls, a_batch_is_accepted)
{
    cr_expect_eq(send_to("status=0"), PATTER_OK);
    cr_expect_null(client.result.reason);
    cr_expect_null(client.result.detail);
    receiver_next_call(&receiver);
    expect_sent(" gzip=1 ");
    expect_sent(" user-agent=patter/0.1.0 OTel-OTLP-Exporter-C/0.1.0 grpc-c/");
    cr_expect_eq(client_send(&client, TIMEOUT_MS), PATTER_OK);
}

Test(otlp_grpc_calls, what_is_configured_is_sent)
{
    plugin_host_set_text(&client.host, "compression", "none");
    plugin_host_set_text(&client.host, "user_agent", "my-bot/1.0");
    plugin_host_set_text(&client.host, "authority", "collector.example");
    plugin_host_add_pair(&client.host, "headers", "Authorization", "Bearer secret");
    cr_expect_eq(send_to("status=0"), PATTER_OK);
    receiver_next_call(&receiver);
    expect_sent(" gzip=0 ");
    expect_sent(" user-agent=my-bot/1.0 ");
    expect_sent(" :authority=collector.example ");
    expect_sent(" authorization=Bearer secret");
    int deadline_ms = 0;
    sscanf(strstr(receiver.line, "deadline_ms="), "deadline_ms=%d", &deadline_ms);
    cr_expect(deadline_ms > 0 && deadline_ms <= TIMEOUT_MS, "%d", deadline_ms);
}

Test(otlp_grpc_calls, spans_are_refused)
{
    cr_expect_eq(send_to("rejected=2,message=too_old"), PATTER_OK);
    cr_expect_eq(client.result.rejected, 2);
    cr_expect_str_eq(client.result.reason, "rejected");
    cr_expect_str_eq(client.result.detail, "the receiver refused 2 of 3 spans: too old");
}

Test(otlp_grpc_calls, no_more_spans_are_refused_than_were_sent)
{
    cr_expect_eq(send_to("rejected=7000000000"), PATTER_OK);
    cr_expect_eq(client.result.rejected, 3);
    cr_expect_str_eq(client.result.detail,
                     "the receiver refused all, 3 of 3 spans: it did not say why");
}

Test(otlp_grpc_calls, all_spans_are_accepted_with_a_warning)
{
    cr_expect_eq(send_to("message=use_a_batch"), PATTER_OK);
    cr_expect_eq(client.result.rejected, 0);
    cr_expect_null(client.result.reason);
    cr_expect_str_eq(client.result.detail,
                     "the receiver accepted all spans and warns: use a batch");
}

Test(otlp_grpc_calls, each_code_passes_or_does_not)
{
    static const struct {
        const char *words;
        patter_status status;
        const char *reason;
        const char *detail;
    } cases[] = {
        { "status=1,message=m", PATTER_AGAIN, "cancelled", "CANCELLED: m" },
        { "status=2,message=m", PATTER_FAILED, "unknown", "UNKNOWN: m" },
        { "status=3,message=m", PATTER_FAILED, "invalid_argument", "INVALID_ARGUMENT: m" },
        { "status=4,message=m", PATTER_AGAIN, "deadline_exceeded", "DEADLINE_EXCEEDED: m" },
        { "status=5,message=m", PATTER_FAILED, "not_found", "NOT_FOUND: m" },
        { "status=6,message=m", PATTER_FAILED, "already_exists", "ALREADY_EXISTS: m" },
        { "status=7,message=m", PATTER_FAILED, "permission_denied", "check `headers`" },
        { "status=8,message=m", PATTER_FAILED, "resource_exhausted", "RESOURCE_EXHAUSTED: m" },
        { "status=9,message=m", PATTER_FAILED, "failed_precondition", "FAILED_PRECONDITION: m" },
        { "status=10,message=m", PATTER_AGAIN, "aborted", "ABORTED: m" },
        { "status=11,message=m", PATTER_AGAIN, "out_of_range", "OUT_OF_RANGE: m" },
        { "status=12,message=m", PATTER_FAILED, "unimplemented", "check host and port: m" },
        { "status=13,message=m", PATTER_FAILED, "internal", "INTERNAL: m" },
        { "status=14,message=m", PATTER_AGAIN, "unavailable", "UNAVAILABLE: m" },
        { "status=15,message=m", PATTER_AGAIN, "data_loss", "DATA_LOSS: m" },
        { "status=16,message=m", PATTER_FAILED, "unauthenticated", "token's variable is set" },
        { "status=8,message=grpc:_received_message_larger_than_max_(5_vs._4)", PATTER_TOO_LARGE,
          "too_large", "(5 vs. 4)" },
        { "status=8,message=Received_message_larger_than_max_(10000000_vs._4194304)", PATTER_FAILED,
          "answer_too_long", "more than 4 MiB" },
        { "status=8,message=gRPC_message_exceeds_maximum_size_4:_5", PATTER_TOO_LARGE, "too_large",
          "exceeds" },
        { "status=11,message=Error,_decoded_message_length_too_large:_found_5", PATTER_TOO_LARGE,
          "too_large", "found 5" },
        { "status=3,message=larger_than_max", PATTER_FAILED, "invalid_argument", "larger" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        patter_status status = send_to(cases[i].words);
        expect(status, cases[i].status, cases[i].reason, cases[i].detail);
        cr_expect_eq(client.result.wait_ms, 0);
        client_clean(&client);
        client_init(&client, "http://", receiver.port);
    }
}

Test(otlp_grpc_calls, the_receiver_says_when_to_come_back)
{
    expect(send_to("status=14,retry_ms=2500"), PATTER_AGAIN, "unavailable", "UNAVAILABLE");
    cr_expect_eq(client.result.wait_ms, 2500);
}

Test(otlp_grpc_calls, a_quota_passes_when_the_receiver_says_so)
{
    expect(send_to("status=8,retry_ms=1000"), PATTER_AGAIN, "resource_exhausted", "EXHAUSTED");
    cr_expect_eq(client.result.wait_ms, 1000);
}

Test(otlp_grpc_calls, a_refusal_stays_one_with_a_retry_delay)
{
    expect(send_to("status=3,retry_ms=1000"), PATTER_FAILED, "invalid_argument", "INVALID");
    cr_expect_eq(client.result.wait_ms, 0);
}

Test(otlp_grpc_calls, a_large_trailer_hides_no_status)
{
    expect(send_to("status=14,pad=20000,message=m"), PATTER_AGAIN, "unavailable", "UNAVAILABLE: m");
}

static void expect_again(const char *words, patter_status status, const char *reason,
                         const char *in_detail)
{
    tear_down();
    set_up();
    plugin_host_add_pair(&client.host, "headers", "authorization", "Bearer abcdef");
    expect(send_to(words), status, reason, in_detail);
    cr_expect_null(strcasestr(client.result.detail, "abc"), "%s", client.result.detail);
}

Test(otlp_grpc_calls, a_repeated_token_is_not_shown)
{
    static const char hidden[] = ": (not shown: the words hold a secret)";
    expect_again("status=3,message=bad_token_ABCDEF", PATTER_FAILED, "invalid_argument", hidden);
    expect_again("status=14,message=YWJjZGVm", PATTER_AGAIN, "unavailable", hidden);
    expect_again("status=8,message=abcdef_larger_than_max", PATTER_TOO_LARGE, "too_large", hidden);
    expect_again("rejected=1,message=abcdef", PATTER_OK, "rejected", hidden);
}

Test(otlp_grpc_calls, who_refuses_a_token_is_not_quoted)
{
    expect_again("status=16,message=bad_token_abc", PATTER_FAILED, "unauthenticated",
                 "check `headers` and that the token's variable is set");
    expect_again("status=7,message=bad_token_abc", PATTER_FAILED, "permission_denied",
                 "the token is not allowed to write traces: check `headers`");
}

Test(otlp_grpc_calls, a_slow_receiver_meets_the_deadline)
{
    plugin_host_add_pair(&client.host, "headers", "x-test", "wait_ms=3000");
    cr_assert(client_create(&client));
    expect(client_send(&client, 300), PATTER_AGAIN, "deadline_exceeded", "raise `timeout`");
    cr_expect_lt(client.took_ms, 2000);
}

Test(otlp_grpc_calls, internal_errors_in_a_row_make_a_new_connection)
{
    char peers[4][128];
    send_to("status=13");
    for (int i = 0; i < 4; i++) {
        sscanf(receiver_next_call(&receiver), "call peer=%127s", peers[i]);
        client_send(&client, TIMEOUT_MS);
    }
    cr_expect_str_eq(peers[0], peers[1]);
    cr_expect_str_eq(peers[1], peers[2]);
    cr_expect_str_neq(peers[2], peers[3]);
}

Test(otlp_grpc_calls, a_restarted_receiver_gets_the_next_batch)
{
    cr_assert_eq(send_to("status=0"), PATTER_OK);
    unsigned port = receiver.port;
    receiver_stop(&receiver);
    receiver_start(&receiver, port, NULL, NULL);
    cr_expect_eq(client_send(&client, TIMEOUT_MS), PATTER_OK, "%s: %s", client.result.reason,
                 client.result.detail);
}

Test(otlp_grpc_calls, a_receiver_that_comes_late_is_found)
{
    unsigned port = receiver.port;
    receiver_stop(&receiver);
    expect(send_to("status=0"), PATTER_AGAIN, "connection_refused", "is the receiver running");
    receiver_start(&receiver, port, NULL, NULL);
    patter_status status = PATTER_AGAIN;
    for (int i = 0; i < 100 && status != PATTER_OK; i++) {
        usleep(100000);
        status = client_send(&client, TIMEOUT_MS);
    }
    cr_expect_eq(status, PATTER_OK);
}

Test(otlp_grpc_calls, a_call_may_wait_for_the_receiver)
{
    unsigned port = receiver.port;
    receiver_stop(&receiver);
    plugin_host_set_flag(&client.host, "wait_for_ready", 1);
    plugin_host_set_text(&client.host, "balancer_name", "round_robin");
    cr_assert(client_create(&client));
    expect(client_send(&client, 300), PATTER_AGAIN, "deadline_exceeded", "in time");
    receiver_start(&receiver, port, NULL, NULL);
    cr_expect_eq(client_send(&client, 20000), PATTER_OK, "%s: %s", client.result.reason,
                 client.result.detail);
}

/* The program's handlers must not run on gRPC's threads. */
Test(otlp_grpc_calls, threads_of_grpc_take_no_signals)
{
    char path[300];
    char line[256];
    int blocked_count = 0;
    struct dirent *task;
    cr_assert_eq(send_to("status=0"), PATTER_OK);
    DIR *tasks = opendir("/proc/self/task");
    while ((task = readdir(tasks))) {
        snprintf(path, sizeof(path), "/proc/self/task/%s/status", task->d_name);
        FILE *status =
            task->d_name[0] == '.' || atoi(task->d_name) == getpid() ? NULL : fopen(path, "r");
        unsigned long long mask = 0;
        while (status && fgets(line, sizeof(line), status)) {
            sscanf(line, "SigBlk: %llx", &mask);
        }
        if (status) {
            fclose(status);
            blocked_count++;
            cr_expect(mask & 1ULL << (SIGTERM - 1) && mask & 1ULL << (SIGUSR1 - 1), "%llx", mask);
        }
    }
    closedir(tasks);
    cr_expect_gt(blocked_count, 2);
    sigset_t mine;
    pthread_sigmask(SIG_BLOCK, NULL, &mine);
    cr_expect_not(sigismember(&mine, SIGTERM));
}

static void *send_in_turn(void *data)
{
    uint32_t worker = *(uint32_t *)data;
    struct patter_result result;
    size_t failures = 0;
    for (int i = 0; i < 20; i++) {
        failures += client_send_large(&client, worker, 100000, TIMEOUT_MS, &result) != PATTER_OK;
    }
    return (void *)failures; /* NOLINT(performance-no-int-to-ptr) */
}

Test(otlp_grpc_calls, workers_send_at_once)
{
    pthread_t threads[CLIENT_WORKERS];
    uint32_t numbers[CLIENT_WORKERS];
    plugin_host_add_pair(&client.host, "headers", "x-test", "wait_ms=20");
    cr_assert(client_create(&client));
    double begin_ms = client_now_ms();
    for (uint32_t i = 0; i < CLIENT_WORKERS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, send_in_turn, &numbers[i]);
    }
    for (int i = 0; i < CLIENT_WORKERS; i++) {
        void *failures;
        pthread_join(threads[i], &failures);
        cr_expect_null(failures);
    }
    /* Eighty calls, of which each takes the receiver 20 ms. */
    cr_expect_lt(client_now_ms() - begin_ms, 1600);
}
