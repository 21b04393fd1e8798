/* SPDX-License-Identifier: MIT */
#include "bench/patter/producer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bench/patter/measure.h"
#include "bench/patter/workload.h"

struct producer {
    pthread_t thread;
    struct workload workload;
    uint64_t span_count;
    uint64_t burst_calls;
    uint64_t rate;
    pause_fn *pause;
    struct samples samples; /* without capacity: none are taken */
    uint64_t *burst_ns;
    size_t burst_count;
    uint64_t busy_ns;
    bool gave_up;
};

static uint64_t burst(struct producer *producer)
{
    uint64_t begin_ns = measure_now_ns();
    for (uint64_t i = 0; i < producer->burst_calls; i++) {
        if (producer->samples.capacity > 0) {
            workload_call_sampled(&producer->workload, &producer->samples);
        } else {
            workload_call(&producer->workload);
        }
    }
    return measure_now_ns() - begin_ns;
}

static void *run(void *data)
{
    struct producer *producer = data;
    uint64_t burst_spans = producer->burst_calls * WORKLOAD_CALL_SPANS;
    uint64_t begin_ns = measure_now_ns();
    for (uint64_t made = 0; made < producer->span_count && !producer->gave_up;
         made += burst_spans) {
        uint64_t ns = 0;
        if (producer->rate > 0) {
            measure_sleep_until_ns(begin_ns + made * 1000000000 / producer->rate);
        }
        ns = burst(producer);
        producer->busy_ns += ns;
        producer->burst_ns[producer->burst_count++] = ns;
        producer->gave_up = !producer->pause();
    }
    return NULL;
}

static bool producer_init(struct producer *producer, const struct arguments *arguments,
                          uint64_t span_count, bool sampled)
{
    uint64_t burst_spans =
        arguments->rate > 0 ? arguments->rate / 100 : arguments->burst_span_count;
    producer->burst_calls = (burst_spans + WORKLOAD_CALL_SPANS - 1) / WORKLOAD_CALL_SPANS;
    if (producer->burst_calls == 0) {
        producer->burst_calls = 1;
    }
    burst_spans = producer->burst_calls * WORKLOAD_CALL_SPANS;
    producer->span_count = span_count;
    producer->rate = arguments->rate;
    producer->burst_ns = calloc(span_count / burst_spans + 1, sizeof(uint64_t));
    if (sampled) {
        producer->samples.capacity = span_count + burst_spans;
        producer->samples.ticks = calloc(producer->samples.capacity, sizeof(uint64_t));
    }
    return producer->burst_ns && (!sampled || producer->samples.ticks);
}

static void producer_clean(struct producer *producer)
{
    free(producer->burst_ns);
    free(producer->samples.ticks);
}

static bool append(uint64_t **list, size_t *count, const uint64_t *more, size_t more_count)
{
    uint64_t *longer = NULL;
    if (more_count == 0) {
        return true;
    }
    longer = realloc(*list, (*count + more_count) * sizeof(**list));
    if (!longer) {
        return false;
    }
    memcpy(longer + *count, more, more_count * sizeof(*more));
    *list = longer;
    *count += more_count;
    return true;
}

static bool add_up(struct produced *produced, const struct producer *producer)
{
    produced->span_count +=
        producer->burst_count * producer->burst_calls * (uint64_t)WORKLOAD_CALL_SPANS;
    produced->busy_ns += producer->busy_ns;
    return !producer->gave_up &&
           append(&produced->burst_ns, &produced->burst_count, producer->burst_ns,
                  producer->burst_count) &&
           append(&produced->sample_ticks, &produced->sample_count, producer->samples.ticks,
                  producer->samples.count);
}

bool produce(const struct arguments *arguments, uint64_t span_count, bool sampled, pause_fn *pause,
             struct produced *ret_produced)
{
    struct producer *producers = calloc(arguments->thread_count, sizeof(*producers));
    struct produced produced = { 0 };
    unsigned int started = 0;
    bool good = producers != NULL;
    for (unsigned int i = 0; good && i < arguments->thread_count; i++) {
        workload_init(&producers[i].workload, i + 1, arguments->attribute_count);
        producers[i].pause = pause;
        good = producer_init(&producers[i], arguments, span_count, sampled);
    }
    while (good && started < arguments->thread_count) {
        good = pthread_create(&producers[started].thread, NULL, run, &producers[started]) == 0;
        started += good;
    }
    for (unsigned int i = 0; i < started; i++) {
        pthread_join(producers[i].thread, NULL);
        good = add_up(&produced, &producers[i]) && good;
    }
    for (unsigned int i = 0; producers && i < arguments->thread_count; i++) {
        producer_clean(&producers[i]);
    }
    free(producers);
    if (good) {
        *ret_produced = produced;
    } else {
        produced_clean(&produced);
    }
    return good;
}

void produced_clean(struct produced *produced)
{
    free(produced->burst_ns);
    free(produced->sample_ticks);
}
