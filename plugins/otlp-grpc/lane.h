/* SPDX-License-Identifier: MIT */
#ifndef OTLP_GRPC_LANE_H
#define OTLP_GRPC_LANE_H

/* What one worker of a channel has for calls of its own. */

#include <pthread.h>

#include "plugins/otlp-grpc/flight.h"

struct lane {
    grpc_completion_queue *queue; /* NULL until the first call */
    size_t flight_count;          /* those that core has */
    pthread_mutex_t mutex;        /* guards what follows */
    grpc_call *current_call;      /* what channel_interrupt() and channel_stop() cancel */
    bool is_cut;                  /* by channel_stop(): the call under way, or the next */
};

/* From now on, for deadlines. */
gpr_timespec lane_time_in_ms(int64_t wait_ms);

/* Takes one batch back from core; false when there is none by `deadline`. */
bool lane_poll(struct lane *lane, gpr_timespec deadline);

/* False, without `call`, once interrupted or cut. */
bool lane_enter(struct lane *lane, const _Atomic bool *is_interrupted, grpc_call *call);
/* True when the call was cut. */
bool lane_leave(struct lane *lane);

/* False when core did not say by `deadline` how the call ended. */
bool lane_fly(struct lane *lane, const struct flight_head *head, struct flight *flight,
              gpr_timespec deadline);

/* False when core has batches beyond `deadline`. */
bool lane_drain(struct lane *lane, gpr_timespec deadline);
/* Of a drained one. */
void lane_close(struct lane *lane);

#endif /* OTLP_GRPC_LANE_H */
