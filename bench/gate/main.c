/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench/gate/bot.h"
#include "bench/gate/floor.h"
#include "bench/gate/place.h"
#include "bench/gate/rival.h"
#include "bench/patter/workload.h"

/*
 * patter-gate [RIVAL-PROGRAM]: is recording still as cheap as it was? Told by ratios of medians of
 * bursts that run in turn, so that the machine and its load meet all alike; never by a time.
 */

enum {
    BURST_CALLS = 25, /* as many as fastrace/src/main.rs has */
    BURST_SPANS = BURST_CALLS * WORKLOAD_CALL_SPANS,
    IN_A_ROW = 5,
    ROUNDS = 100,
    WARM_UP_ROUNDS = 20,
    BURSTS = ROUNDS * IN_A_ROW,
    ATTEMPTS = 2
};

/* Fifteen runs, ten of them beside busy loops, gave 2.6 to 3.0 and 0.31 to 0.37; with 60 ns more in
 * each span 5.6 to 5.8 and 0.67 to 0.74, with 34 ns more 4.4 to 4.6 and 0.51 to 0.57. */
static const double floor_limit = 4.2;
static const double rival_limit = 0.5;

struct medians {
    double floor_ns; /* of a span */
    double patter_ns;
    double rival_ns; /* 0: there is no rival */
};

static struct {
    uint64_t floor_ns[BURSTS]; /* of a burst */
    uint64_t patter_ns[BURSTS];
    uint64_t rival_ns[BURSTS];
} samples;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t time_burst(void (*burst)(uint32_t calls))
{
    uint64_t begin_ns = now_ns();
    burst(BURST_CALLS);
    return now_ns() - begin_ns;
}

static int compare(const void *a_, const void *b_)
{
    const uint64_t *a = a_;
    const uint64_t *b = b_;
    return (*a > *b) - (*a < *b);
}

static double median_of_span(uint64_t bursts_ns[BURSTS])
{
    qsort(bursts_ns, BURSTS, sizeof(*bursts_ns), compare);
    uint64_t middle_ns = bursts_ns[BURSTS / 2];
    return (double)middle_ns / BURST_SPANS;
}

/* Five of each, so that most find the caches as the one before left them. False when the rival is
 * gone. */
static bool run_round(struct gate_rival *rival, uint32_t first)
{
    for (uint32_t at = first; at < first + IN_A_ROW; at++) {
        samples.floor_ns[at] = time_burst(gate_floor_burst);
    }
    for (uint32_t at = first; at < first + IN_A_ROW; at++) {
        samples.patter_ns[at] = time_burst(gate_bot_burst);
        gate_bot_drain();
    }
    for (uint32_t at = first; rival && at < first + IN_A_ROW; at++) {
        if (!gate_rival_burst(rival, &samples.rival_ns[at])) {
            fprintf(stderr, "the rival has ended\n");
            return false;
        }
    }
    return true;
}

static bool measure(struct gate_rival *rival, struct medians *ret_medians)
{
    for (uint32_t round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
        if (!run_round(rival, round % ROUNDS * IN_A_ROW)) { /* the warm-up's places twice */
            return false;
        }
    }
    ret_medians->floor_ns = median_of_span(samples.floor_ns);
    ret_medians->patter_ns = median_of_span(samples.patter_ns);
    ret_medians->rival_ns = rival ? median_of_span(samples.rival_ns) : 0;
    return true;
}

static bool judge(const char *than, double patter_ns, double other_ns, double limit)
{
    double ratio = patter_ns / other_ns;
    bool is_good = ratio <= limit;
    printf("patter %.1f ns a span, %s %.1f: %.3f times, at most %.3f%s\n", patter_ns, than,
           other_ns, ratio, limit, is_good ? "" : "  TOO MUCH");
    return is_good;
}

static bool run(struct gate_rival *rival)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        struct medians medians;
        if (!measure(rival, &medians)) {
            return false;
        }
        bool is_good = judge("the floor", medians.patter_ns, medians.floor_ns, floor_limit);
        if (rival) {
            is_good &= judge("fastrace", medians.patter_ns, medians.rival_ns, rival_limit);
        }
        if (is_good) {
            return true;
        }
    }
    printf("recording has become dearer: patter-micro shows which part\n");
    return false;
}

/* Starts all three; their threads are there once each has run a burst. */
static bool start(struct gate_rival *rival, const char *path)
{
    uint64_t ns;
    gate_place_background();
    if (path && (!gate_rival_start(rival, path) || !gate_rival_burst(rival, &ns))) {
        return false;
    }
    if (!gate_floor_start() || !gate_bot_start()) {
        return false;
    }
    gate_place_timed(0);
    if (path) {
        gate_place_timed(rival->pid);
    }
    return true;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 && access(argv[1], X_OK) == 0 ? argv[1] : NULL;
    struct gate_rival rival;
    if (!start(&rival, path)) {
        return EXIT_FAILURE;
    }
    if (!path) {
        printf("fastrace is not here: compared with the floor alone\n");
    }
    bool is_good = run(path ? &rival : NULL);
    is_good &= gate_bot_stop();
    gate_floor_stop();
    if (path) {
        gate_rival_stop(&rival);
    }
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
