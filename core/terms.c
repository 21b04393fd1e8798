/* SPDX-License-Identifier: MIT */
#include "core/terms.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "core/record/slot.h"

struct pt_key_permission *pt_terms_permissions(const struct pt_settings *settings,
                                               struct pt_problems *problems)
{
    /* One more, since there may be none. */
    struct pt_key_permission *permissions =
        calloc(settings->allowed_key_count + 1, sizeof(*permissions));
    for (size_t i = 0; permissions && i < settings->allowed_key_count; i++) {
        const struct pt_allowed_key *allowed = &settings->allowed_keys[i];
        uint32_t key = pt_key_intern(allowed->key);
        if (key == 0) {
            pt_problem_add(problems, allowed->place, PATTER_LOG_ERROR,
                           "%s cannot be allowed: there are %d keys already", allowed->key.data,
                           PT_KEYS_MAX - 1);
            free(permissions);
            return NULL;
        }
        permissions[i] = (struct pt_key_permission){ key, allowed->value_class, allowed->choices };
    }
    return permissions;
}

static enum pt_sampler_root sampler_root(enum pt_sampler_kind kind)
{
    switch (kind) {
    case PT_SAMPLER_ALWAYS_OFF:
        return PT_SAMPLE_NONE;
    case PT_SAMPLER_RATIO:
        return PT_SAMPLE_RATIO;
    default:
        return PT_SAMPLE_ALL;
    }
}

static struct pt_hash *new_hash(const struct pt_settings *settings,
                                const struct pt_hash *random_hash)
{
    if (settings->hash_key.len > 0) {
        return pt_hash_new(settings->hash_key.data, settings->hash_key.len);
    }
    return random_hash ? pt_hash_copy(random_hash) : pt_hash_new_random();
}

struct pt_tracer *pt_terms_tracer(const struct pt_settings *settings,
                                  const struct pt_hash *random_hash)
{
    struct pt_tracer *tracer = malloc(sizeof(*tracer));
    if (!tracer) {
        return NULL;
    }
    *tracer = (struct pt_tracer){
        .sampler = { .root = sampler_root(settings->sampling.root),
                     .ratio = settings->sampling.ratio,
                     .parent_based = settings->sampling.parent_based },
        .hash = new_hash(settings, random_hash),
        .attribute_value_length = settings->limits.attribute_value_length,
        .attributes = settings->limits.attributes,
        .events = settings->limits.events,
        .links = settings->limits.links,
    };
    if (!tracer->hash) {
        pt_tracer_destroy(tracer);
        return NULL;
    }
    return tracer;
}

void pt_terms_apply_limits(const struct pt_settings *settings)
{
    pt_memory_set_max(settings->max_memory);
    pt_slots_set_max(settings->max_memory);
    pt_log_set_level(settings->log_level);
}

static void release_instance(void *instance)
{
    pt_instance_destroy(instance);
}

struct pt_sender_config pt_terms_sender(struct pt_instance *instance,
                                        const struct pt_exporter_settings *settings)
{
    struct pt_sender_config config = {
        .exporter = instance->exporter,
        .self = instance->self,
        .owner = instance,
        .release = release_instance,
        .worker_count = instance->worker_count,
        .timeout_ns = settings->timeout_ns,
        .schedule_delay_ns = settings->batching.schedule_delay_ns,
        .max_batch_count = settings->batching.max_export_batch_size,
        .max_batch_bytes = settings->batching.max_bytes,
        .retry = { .enabled = settings->retry.enabled,
                   .initial_interval_ns = settings->retry.initial_interval_ns,
                   .max_interval_ns = settings->retry.max_interval_ns,
                   .max_elapsed_time_ns = settings->retry.max_elapsed_time_ns,
                   .multiplier = settings->retry.multiplier,
                   .randomization_factor = settings->retry.randomization_factor },
    };
    snprintf(config.name, sizeof(config.name), "%s", instance->name);
    return config;
}
