/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <patter/types.h>

#include "bench/micro/micro.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/base/ticks.h"

/* Clock, ids and hash: what every span, or every call, asks of the floor it stands on. */

static uint64_t result; /* of the last operation */

static bool check_result(uint32_t count)
{
    (void)count;
    return result != 0;
}

static void now(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        micro_sink = result = pt_ticks_now();
    }
}

static void two_reads(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        micro_sink = pt_ticks_now();
        micro_sink = result = pt_ticks_now();
    }
}

static void unix_ns(uint32_t count)
{
    static struct pt_anchor anchor;
    for (uint32_t i = 0; i < count; i++) {
        micro_sink = result = pt_ticks_unix_ns(&anchor, pt_ticks_now());
    }
}

static bool check_unix_ns(uint32_t count)
{
    int64_t apart_ns = (int64_t)(pt_clock_unix_ns() - result);
    (void)count;
    return llabs(apart_ns) < 1000000000; /* two clocks: either may be ahead */
}

static void system_clock(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct timespec time;
        clock_gettime(CLOCK_REALTIME, &time);
        micro_sink = result = (uint64_t)time.tv_nsec + 1;
    }
}

static void random_id(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        micro_sink = result = pt_random();
    }
}

static char text[37];

static void uuid(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        pt_random_uuid(text);
    }
}

static bool check_uuid(uint32_t count)
{
    (void)count;
    return strlen(text) == 36 && text[14] == '4';
}

static struct pt_hash *key;
static char hashed[PT_HASH_TEXT];

static void prepare_hash(uint32_t count)
{
    (void)count;
    key = pt_hash_new_random();
}

static void hash(uint32_t count)
{
    for (uint32_t i = 0; key && i < count; i++) {
        pt_hash_text(key, patter_text("a84b4c76e66710@pc33.example.com"), hashed);
    }
}

static bool check_hash(uint32_t count)
{
    (void)count;
    pt_hash_destroy(key);
    return key && strlen(hashed) == PT_HASH_TEXT - 1 && strncmp(hashed, "h-", 2) == 0;
}

const struct micro_case micro_base_cases[] = {
    { "clock.now", "read the counter", 2048, NULL, now, check_result },
    { MICRO_REFERENCE, "read the counter twice, as a span must", 1024, NULL, two_reads,
      check_result },
    { "clock.unix", "read the counter, as unix time", 2048, NULL, unix_ns, check_unix_ns },
    { "clock.system", "clock_gettime(CLOCK_REALTIME)", 1024, NULL, system_clock, check_result },
    { "id.random", "64 random bits: a span's id", 2048, NULL, random_id, check_result },
    { "id.uuid", "a UUID: a call's id where the bot has none", 512, NULL, uuid, check_uuid },
    { "id.hash", "keyed hash of a call's id", 64, prepare_hash, hash, check_hash },
    { 0 },
};
