/* SPDX-License-Identifier: MIT */

/*
 * A gRPC receiver that does what the header `x-test` of each call says, and says on standard output
 * what it was sent. Usage: otlp-grpc-server PORT|0 [CERT KEY [CLIENT_CA]], those as PEM texts.
 *
 * The header is a list of words, each NAME=NUMBER: status, retry_ms (RetryInfo in the status's
 * details), wait_ms (before it answers), rejected (a partial success of so many spans), pad (bytes
 * of a trailer). `message` is the status's message, and the partial success's, with
 * `_` for blanks and in ROT13: else it would repeat a header's value, which is never shown.
 */

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>

enum { WORDS_MAX = 256, MESSAGE_MAX = 512, TRAILER_MAX = 60000 };

struct call {
    grpc_call *core;
    grpc_completion_queue *queue;
    grpc_call_details details;
    grpc_metadata_array metadata;
    char words[WORDS_MAX];
};

static grpc_server *server;
static grpc_completion_queue *listener;

static grpc_server_credentials *credentials_new(int argc, char **argv)
{
    if (argc < 4) {
        return grpc_insecure_server_credentials_create();
    }
    grpc_ssl_pem_key_cert_pair pair = { argv[3], argv[2] };
    return grpc_ssl_server_credentials_create_ex(
        argc > 4 ? argv[4] : NULL, &pair, 1,
        argc > 4 ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                 : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
        NULL);
}

static void ask_for_call(void)
{
    struct call *call = calloc(1, sizeof(*call));
    grpc_call_details_init(&call->details);
    grpc_metadata_array_init(&call->metadata);
    call->queue = grpc_completion_queue_create_for_next(NULL);
    grpc_server_request_call(server, &call->core, &call->details, &call->metadata, call->queue,
                             listener, call);
}

static void wait_for(struct call *call)
{
    grpc_completion_queue_next(call->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
}

/* The number after `NAME=`. */
static long word(const struct call *call, const char *name, long otherwise)
{
    const char *found = strstr(call->words, name);
    return found ? strtol(found + strlen(name) + 1, NULL, 10) : otherwise;
}

static void copy_slice(grpc_slice slice, char *text, size_t size)
{
    snprintf(text, size, "%.*s", (int)GRPC_SLICE_LENGTH(slice), GRPC_SLICE_START_PTR(slice));
}

static void report(struct call *call, const grpc_byte_buffer *message)
{
    char *peer = grpc_call_get_peer(call->core);
    char authority[256];
    copy_slice(call->details.host, authority, sizeof(authority));
    bool gzip = message && message->data.raw.compression == GRPC_COMPRESS_GZIP;
    flockfile(stdout);
    printf("call peer=%s :authority=%s gzip=%d bytes=%zu deadline_ms=%d", peer, authority, gzip,
           message ? grpc_byte_buffer_length((grpc_byte_buffer *)message) : 0,
           gpr_time_to_millis(
               gpr_time_sub(call->details.deadline, gpr_now(call->details.deadline.clock_type))));
    for (size_t i = 0; i < call->metadata.count; i++) {
        char key[128];
        char value[256];
        copy_slice(call->metadata.metadata[i].key, key, sizeof(key));
        copy_slice(call->metadata.metadata[i].value, value, sizeof(value));
        printf(" %s=%s", key, value);
        if (strcmp(key, "x-test") == 0) {
            snprintf(call->words, sizeof(call->words), "%s", value);
        }
    }
    printf("\n");
    fflush(stdout);
    funlockfile(stdout);
    gpr_free(peer);
}

static size_t put_varint(unsigned char *bytes, unsigned long number)
{
    size_t len = 0;
    for (; number > 127; number >>= 7) {
        bytes[len++] = (unsigned char)(number | 128);
    }
    bytes[len++] = (unsigned char)number;
    return len;
}

/* Field `tag` with `len` bytes; returns the new end. */
static unsigned char *put_bytes(unsigned char *at, unsigned char tag, const void *bytes, size_t len)
{
    *at++ = tag;
    at += put_varint(at, len);
    memcpy(at, bytes, len);
    return at + len;
}

/* google.rpc.Status with a RetryInfo in its details. */
static grpc_slice status_details(long status, long retry_ms)
{
    static const char type[] = "type.googleapis.com/google.rpc.RetryInfo";
    unsigned char duration[32];
    unsigned char info[64];
    unsigned char any[128];
    unsigned char all[256];
    unsigned char *at = duration;
    *at++ = 0x08;
    at += put_varint(at, (unsigned long)retry_ms / 1000);
    *at++ = 0x10;
    at += put_varint(at, (unsigned long)(retry_ms % 1000) * 1000000);
    size_t info_len = (size_t)(put_bytes(info, 0x0a, duration, (size_t)(at - duration)) - info);
    at = put_bytes(any, 0x0a, type, sizeof(type) - 1);
    at = put_bytes(at, 0x12, info, info_len);
    unsigned char *end = all;
    *end++ = 0x08;
    end += put_varint(end, (unsigned long)status);
    end = put_bytes(end, 0x1a, any, (size_t)(at - any));
    return grpc_slice_from_copied_buffer((const char *)all, (size_t)(end - all));
}

static grpc_byte_buffer *response_new(const struct call *call, const char *message)
{
    unsigned char partial[MESSAGE_MAX + 32];
    unsigned char all[MESSAGE_MAX + 64];
    unsigned char *at = partial;
    unsigned char *end = all;
    long rejected = word(call, "rejected", 0);
    if (rejected > 0) {
        *at++ = 0x08;
        at += put_varint(at, (unsigned long)rejected);
    }
    if (message[0]) {
        at = put_bytes(at, 0x12, message, strlen(message));
    }
    end = put_bytes(end, 0x0a, partial, (size_t)(at - partial));
    grpc_slice slice = grpc_slice_from_copied_buffer((const char *)all, (size_t)(end - all));
    grpc_byte_buffer *response = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return response;
}

static char rotate(char letter)
{
    char first = letter >= 'a' ? 'a' : 'A';
    bool is_letter = letter >= first && letter < first + 26;
    return (char)(is_letter ? first + (letter - first + 13) % 26 : letter);
}

static void answer(struct call *call)
{
    static char pad[TRAILER_MAX];
    char *found = strstr(call->words, "message=");
    char *message = found ? found + strlen("message=") : "";
    for (char *at = message; *at; at++) {
        *at = *at == '_' ? ' ' : rotate(*at);
    }
    long status = word(call, "status", 0);
    long retry_ms = word(call, "retry_ms", -1);
    long pad_len = word(call, "pad", 0);
    grpc_slice details = grpc_slice_from_copied_string(message);
    grpc_metadata trailers[2];
    size_t trailer_count = 0;
    grpc_op ops[3] = { { .op = GRPC_OP_SEND_INITIAL_METADATA } };
    size_t count = 1;
    grpc_byte_buffer *response = NULL;
    if (retry_ms >= 0) {
        trailers[trailer_count++] =
            (grpc_metadata){ .key = grpc_slice_from_static_string("grpc-status-details-bin"),
                             .value = status_details(status, retry_ms) };
    }
    if (pad_len > 0 && pad_len < TRAILER_MAX) {
        memset(pad, 'x', sizeof(pad));
        trailers[trailer_count++] =
            (grpc_metadata){ .key = grpc_slice_from_static_string("x-pad"),
                             .value = grpc_slice_from_copied_buffer(pad, (size_t)pad_len) };
    }
    if (status == 0) {
        response = response_new(call, message);
        ops[count].op = GRPC_OP_SEND_MESSAGE;
        ops[count++].data.send_message.send_message = response;
    }
    ops[count].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    ops[count].data.send_status_from_server.status = (grpc_status_code)status;
    ops[count].data.send_status_from_server.status_details = &details;
    ops[count].data.send_status_from_server.trailing_metadata = trailers;
    ops[count++].data.send_status_from_server.trailing_metadata_count = trailer_count;
    if (grpc_call_start_batch(call->core, ops, count, call, NULL) == GRPC_CALL_OK) {
        wait_for(call);
    }
    grpc_byte_buffer_destroy(response);
    grpc_slice_unref(details);
}

static void *serve(void *data)
{
    struct call *call = data;
    grpc_byte_buffer *message = NULL;
    grpc_op receive = { .op = GRPC_OP_RECV_MESSAGE };
    receive.data.recv_message.recv_message = &message;
    if (grpc_call_start_batch(call->core, &receive, 1, call, NULL) == GRPC_CALL_OK) {
        wait_for(call);
    }
    report(call, message);
    usleep((useconds_t)word(call, "wait_ms", 0) * 1000);
    answer(call);
    grpc_byte_buffer_destroy(message);
    grpc_call_unref(call->core);
    grpc_completion_queue_shutdown(call->queue);
    wait_for(call);
    grpc_completion_queue_destroy(call->queue);
    grpc_call_details_destroy(&call->details);
    grpc_metadata_array_destroy(&call->metadata);
    free(call);
    return NULL;
}

int main(int argc, char **argv)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    grpc_init();
    /* Messages as they come: whether they are gzip is to be seen. */
    grpc_arg args[] = {
        { .type = GRPC_ARG_INTEGER, .key = "grpc.per_message_decompression" },
        { .type = GRPC_ARG_INTEGER, .key = "grpc.max_receive_message_length", .value.integer = -1 },
        { .type = GRPC_ARG_INTEGER, .key = "grpc.max_metadata_size", .value.integer = 65536 },
        { .type = GRPC_ARG_INTEGER, .key = "grpc.so_reuseport" },
    };
    grpc_channel_args all = { sizeof(args) / sizeof(args[0]), args };
    server = grpc_server_create(&all, NULL);
    listener = grpc_completion_queue_create_for_next(NULL);
    grpc_server_register_completion_queue(server, listener, NULL);
    char address[64];
    snprintf(address, sizeof(address), "127.0.0.1:%s", argc > 1 ? argv[1] : "0");
    grpc_server_credentials *credentials = credentials_new(argc, argv);
    int port = grpc_server_add_http2_port(server, address, credentials);
    if (port <= 0) {
        return 1;
    }
    grpc_server_start(server);
    printf("port %d\n", port);
    fflush(stdout);
    for (;;) {
        ask_for_call();
        grpc_event event =
            grpc_completion_queue_next(listener, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        pthread_t thread;
        if (event.success && pthread_create(&thread, NULL, serve, event.tag) == 0) {
            pthread_detach(thread);
        }
    }
}
