/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/response.h"

#include <stdlib.h>
#include <string.h>

#include <response.pb-c.h>

enum { MAX_MEMORY = 256 * 1024, MAX_RETRY_DELAY_S = 24 * 60 * 60 };

/* A few megabytes of empty messages would unpack to a hundred: the receiver does not get to choose
 * how much memory its answer takes. */
static void *budget_alloc(void *data, size_t size)
{
    size_t *left = data;
    if (size > *left) {
        return NULL;
    }
    *left -= size;
    return malloc(size);
}

static void budget_free(void *data, void *memory)
{
    (void)data;
    free(memory);
}

static ProtobufCAllocator budget(size_t *left)
{
    *left = MAX_MEMORY;
    return (ProtobufCAllocator){ budget_alloc, budget_free, left };
}

void otlp_message_copy(char ret_message[OTLP_MESSAGE_MAX], const char *text, size_t len)
{
    size_t count = len < OTLP_MESSAGE_MAX - 1 ? len : OTLP_MESSAGE_MAX - 1;
    for (size_t i = 0; i < count; i++) {
        ret_message[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
    }
    ret_message[count] = '\0';
}

bool otlp_response_parse(const void *bytes, size_t len, struct otlp_response *ret_response)
{
    size_t left;
    ProtobufCAllocator allocator = budget(&left);
    Otlp__Response *message = otlp__response__unpack(&allocator, len, bytes);
    if (!message) {
        return false;
    }
    memset(ret_response, 0, sizeof(*ret_response));
    const Otlp__PartialSuccess *partial = message->partial_success;
    if (partial) {
        ret_response->rejected = partial->rejected_spans > 0 ? partial->rejected_spans : 0;
        otlp_message_copy(ret_response->message, (const char *)partial->error_message.data,
                          partial->error_message.len);
    }
    otlp__response__free_unpacked(message, &allocator);
    return true;
}

/* "type.googleapis.com/google.rpc.RetryInfo"; what stands before the last slash does not matter. */
static bool is_retry_info(const Otlp__Any *detail)
{
    static const char name[] = "/google.rpc.RetryInfo";
    size_t name_len = sizeof(name) - 1;
    const ProtobufCBinaryData *url = &detail->type_url;
    return url->len >= name_len && memcmp(url->data + url->len - name_len, name, name_len) == 0;
}

static void read_retry_info(const Otlp__Any *detail, ProtobufCAllocator *allocator,
                            struct otlp_status *status)
{
    Otlp__RetryInfo *info =
        otlp__retry_info__unpack(allocator, detail->value.len, detail->value.data);
    if (!info) {
        return;
    }
    const Otlp__Duration *delay = info->retry_delay;
    int64_t seconds = delay ? delay->seconds : 0;
    int64_t nanos = delay ? delay->nanos : 0;
    if (seconds >= 0 && nanos >= 0 && nanos < 1000000000) {
        seconds = seconds < MAX_RETRY_DELAY_S ? seconds : MAX_RETRY_DELAY_S;
        int64_t delay_ms = seconds * 1000 + (nanos + 999999) / 1000000;
        int64_t max_ms = (int64_t)MAX_RETRY_DELAY_S * 1000;
        status->has_retry_delay = true;
        status->retry_delay_ms = (uint32_t)(delay_ms < max_ms ? delay_ms : max_ms);
    }
    otlp__retry_info__free_unpacked(info, allocator);
}

bool otlp_status_parse(const void *bytes, size_t len, struct otlp_status *ret_status)
{
    size_t left;
    ProtobufCAllocator allocator = budget(&left);
    Otlp__Status *message = otlp__status__unpack(&allocator, len, bytes);
    if (!message) {
        return false;
    }
    memset(ret_status, 0, sizeof(*ret_status));
    ret_status->code = message->code;
    otlp_message_copy(ret_status->message, (const char *)message->message.data,
                      message->message.len);
    for (size_t i = 0; i < message->n_details && !ret_status->has_retry_delay; i++) {
        if (is_retry_info(message->details[i])) {
            read_retry_info(message->details[i], &allocator, ret_status);
        }
    }
    otlp__status__free_unpacked(message, &allocator);
    return true;
}
