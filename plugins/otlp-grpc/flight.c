/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/flight.h"

#include <stdlib.h>
#include <string.h>

static void release_payload(void *payload)
{
    payload_unref(payload);
}

static grpc_byte_buffer *request_new(struct payload *payload, bool gzip)
{
    payload_ref(payload);
    grpc_slice slice = grpc_slice_new_with_user_data(payload->buffer.data, payload->buffer.len,
                                                     release_payload, payload);
    grpc_byte_buffer *request =
        gzip ? grpc_raw_compressed_byte_buffer_create(&slice, 1, GRPC_COMPRESS_GZIP)
             : grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return request;
}

struct flight *flight_new(grpc_call *call, struct payload *payload, bool gzip)
{
    struct flight *flight = calloc(1, sizeof(*flight));
    if (!flight) {
        grpc_call_unref(call);
        return NULL;
    }
    grpc_metadata_array_init(&flight->initial_metadata);
    grpc_metadata_array_init(&flight->trailing_metadata);
    flight->status_details = grpc_empty_slice();
    flight->call = call;
    flight->request = request_new(payload, gzip);
    flight->send_tag = (struct flight_tag){ flight, false };
    flight->receive_tag = (struct flight_tag){ flight, true };
    return flight;
}

void flight_destroy(struct flight *flight)
{
    grpc_byte_buffer_destroy(flight->request);
    grpc_byte_buffer_destroy(flight->response);
    grpc_metadata_array_destroy(&flight->initial_metadata);
    grpc_metadata_array_destroy(&flight->trailing_metadata);
    grpc_slice_unref(flight->status_details);
    grpc_call_unref(flight->call);
    free(flight);
}

/* Two batches: in a single one, a peer that stops reading would keep the status back for ever. */
void flight_start(struct flight *flight, const struct flight_head *head)
{
    grpc_op send[3] = { { .op = GRPC_OP_SEND_INITIAL_METADATA },
                        { .op = GRPC_OP_SEND_MESSAGE },
                        { .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT } };
    send[0].flags = head->wait_for_ready ? GRPC_INITIAL_METADATA_WAIT_FOR_READY : 0;
    send[0].data.send_initial_metadata.count = head->metadata_count;
    send[0].data.send_initial_metadata.metadata = head->metadata;
    send[1].data.send_message.send_message = flight->request;
    grpc_op receive[3] = { { .op = GRPC_OP_RECV_INITIAL_METADATA },
                           { .op = GRPC_OP_RECV_MESSAGE },
                           { .op = GRPC_OP_RECV_STATUS_ON_CLIENT } };
    receive[0].data.recv_initial_metadata.recv_initial_metadata = &flight->initial_metadata;
    receive[1].data.recv_message.recv_message = &flight->response;
    receive[2].data.recv_status_on_client.trailing_metadata = &flight->trailing_metadata;
    receive[2].data.recv_status_on_client.status = &flight->status;
    receive[2].data.recv_status_on_client.status_details = &flight->status_details;
    if (grpc_call_start_batch(flight->call, send, 3, &flight->send_tag, NULL) != GRPC_CALL_OK) {
        return;
    }
    flight->pending_count++;
    if (grpc_call_start_batch(flight->call, receive, 3, &flight->receive_tag, NULL) ==
        GRPC_CALL_OK) {
        flight->pending_count++;
    }
}

void flight_take_back(struct flight_tag *tag)
{
    tag->flight->has_status = tag->flight->has_status || tag->receives;
    tag->flight->pending_count--;
}

static bool read_response(grpc_byte_buffer *buffer, struct otlp_response *ret_response)
{
    grpc_byte_buffer_reader reader;
    if (!buffer || !grpc_byte_buffer_reader_init(&reader, buffer)) {
        return false;
    }
    grpc_slice all = grpc_byte_buffer_reader_readall(&reader);
    bool good =
        otlp_response_parse(GRPC_SLICE_START_PTR(all), GRPC_SLICE_LENGTH(all), ret_response);
    grpc_slice_unref(all);
    grpc_byte_buffer_reader_destroy(&reader);
    return good;
}

static bool read_status(const grpc_metadata_array *trailers, struct otlp_status *ret_status)
{
    for (size_t i = 0; i < trailers->count; i++) {
        grpc_slice value = trailers->metadata[i].value;
        if (grpc_slice_str_cmp(trailers->metadata[i].key, "grpc-status-details-bin") == 0) {
            return otlp_status_parse(GRPC_SLICE_START_PTR(value), GRPC_SLICE_LENGTH(value),
                                     ret_status);
        }
    }
    return false;
}

static void read_message(grpc_slice details, char ret_message[CHANNEL_MESSAGE_MAX])
{
    const uint8_t *bytes = GRPC_SLICE_START_PTR(details);
    size_t len = GRPC_SLICE_LENGTH(details);
    len = len < CHANNEL_MESSAGE_MAX ? len : CHANNEL_MESSAGE_MAX - 1;
    for (size_t i = 0; i < len; i++) {
        ret_message[i] = (char)(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?');
    }
    ret_message[len] = '\0';
}

int flight_code(const struct flight *flight)
{
    int code = (int)flight->status;
    return code >= GRPC_STATUS_OK && code < CHANNEL_ODD_CODE ? code : CHANNEL_ODD_CODE;
}

void flight_read(const struct flight *flight, struct channel_answer *ret_answer)
{
    read_message(flight->status_details, ret_answer->message);
    if (flight->status == GRPC_STATUS_OK) {
        ret_answer->has_response = read_response(flight->response, &ret_answer->response);
    } else {
        ret_answer->has_status = read_status(&flight->trailing_metadata, &ret_answer->status);
    }
}
