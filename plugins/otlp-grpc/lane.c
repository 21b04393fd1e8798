/* SPDX-License-Identifier: MIT */
#include "plugins/otlp-grpc/lane.h"

#include <stdatomic.h>

enum { LINGER_MS = 10 }; /* for a write to end once the status is there */

gpr_timespec lane_time_in_ms(int64_t wait_ms)
{
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(wait_ms, GPR_TIMESPAN));
}

bool lane_poll(struct lane *lane, gpr_timespec deadline)
{
    grpc_event event = grpc_completion_queue_next(lane->queue, deadline, NULL);
    if (event.type != GRPC_OP_COMPLETE) {
        return false;
    }
    struct flight_tag *tag = event.tag;
    struct flight *flight = tag->flight;
    flight_take_back(tag);
    if (flight->pending_count == 0) {
        lane->flight_count--;
        if (flight->is_left) {
            flight_destroy(flight);
        }
    }
    return true;
}

bool lane_enter(struct lane *lane, const _Atomic bool *is_interrupted, grpc_call *call)
{
    pthread_mutex_lock(&lane->mutex);
    bool enters = !lane->is_cut && !atomic_load_explicit(is_interrupted, memory_order_relaxed);
    lane->current_call = enters ? call : NULL;
    pthread_mutex_unlock(&lane->mutex);
    return enters;
}

bool lane_leave(struct lane *lane)
{
    pthread_mutex_lock(&lane->mutex);
    bool was_cut = lane->is_cut;
    lane->current_call = NULL;
    lane->is_cut = false;
    pthread_mutex_unlock(&lane->mutex);
    return was_cut;
}

bool lane_fly(struct lane *lane, const struct flight_head *head, struct flight *flight,
              gpr_timespec deadline)
{
    flight_start(flight, head);
    lane->flight_count += flight->pending_count > 0;
    while (!flight->has_status && flight->pending_count > 0 && lane_poll(lane, deadline)) {
    }
    bool ended = flight->has_status;
    gpr_timespec end = lane_time_in_ms(LINGER_MS);
    while (flight->pending_count > 0 && lane_poll(lane, end)) {
    }
    return ended;
}

bool lane_drain(struct lane *lane, gpr_timespec deadline)
{
    while (lane->flight_count > 0) {
        if (!lane_poll(lane, deadline)) {
            return false;
        }
    }
    return true;
}

void lane_close(struct lane *lane)
{
    if (lane->queue) {
        grpc_completion_queue_shutdown(lane->queue);
        while (grpc_completion_queue_next(lane->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL)
                   .type != GRPC_QUEUE_SHUTDOWN) {
        }
        grpc_completion_queue_destroy(lane->queue);
        lane->queue = NULL;
    }
}
