/* SPDX-License-Identifier: MIT */
#include "core/record/key.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <patter/patter.h>

#include "core/base/arena.h"
#include "core/base/fork.h"
#include "core/base/text.h"
#include "core/record/record.h"

enum { SLOTS = 4096 /* of the hash table: a quarter full at most */ };

/* Never changed, never freed: a bot's thread may be reading it. */
struct rule {
    enum pt_class value_class;
    const char *const *choices; /* NULL-ended; NULL: none */
    const struct rule *next;    /* another that the key once had */
};

struct key {
    _Atomic(const struct rule *) rule; /* NULL: denied; written by [control] (release) */
    const struct rule *known;          /* under lock: all that it ever had, each once */
    atomic_bool told;
};

/* Names without a number that were told of, by hash; 0: none. Any thread adds; [control] empties. A
 * program may make up names without end, so that there are so many places and no more. */
enum { TOLD_MAX = 256, TOLD_PROBES = 16 };
static _Atomic uint32_t told_names[TOLD_MAX];

static const char *const directions[] = { "inbound", "outbound", NULL };

static const struct {
    const char *name;
    struct rule rule;
} documented[] = {
    [PATTER_KEY_CALL_ID] = { "getpatter.call.id", { PT_CLASS_IDENTIFIER, NULL, NULL } },
    [PATTER_KEY_CALL_DIRECTION] = { "getpatter.call.direction",
                                    { PT_CLASS_CHOICE, directions, NULL } },
    [PATTER_KEY_CALL_PROVIDER_MODE] = { "getpatter.call.provider_mode",
                                        { PT_CLASS_NAME, NULL, NULL } },
    [PATTER_KEY_STT_TEXT_LEN] = { "getpatter.stt.text_len", { PT_CLASS_COUNT, NULL, NULL } },
    [PATTER_KEY_STT_CONFIDENCE] = { "getpatter.stt.confidence", { PT_CLASS_RATIO, NULL, NULL } },
    [PATTER_KEY_ENDPOINT_SILENCE_MS] = { "getpatter.endpoint.silence_ms",
                                         { PT_CLASS_DURATION_MS, NULL, NULL } },
    [PATTER_KEY_LLM_ITERATION] = { "getpatter.llm.iteration", { PT_CLASS_COUNT, NULL, NULL } },
    [PATTER_KEY_LLM_HISTORY_SIZE] = { "getpatter.llm.history_size",
                                      { PT_CLASS_COUNT, NULL, NULL } },
    [PATTER_KEY_LLM_TTFT_MS] = { "getpatter.llm.ttft_ms", { PT_CLASS_DURATION_MS, NULL, NULL } },
    [PATTER_KEY_TTS_TEXT_LEN] = { "getpatter.tts.text_len", { PT_CLASS_COUNT, NULL, NULL } },
    [PATTER_KEY_TOOL_NAME] = { "getpatter.tool.name", { PT_CLASS_NAME, NULL, NULL } },
    [PATTER_KEY_TOOL_TRANSPORT] = { "getpatter.tool.transport", { PT_CLASS_NAME, NULL, NULL } },
    [PATTER_KEY_BARGEIN_CANCELLED_TEXT_LEN] = { "getpatter.bargein.cancelled_text_len",
                                                { PT_CLASS_COUNT, NULL, NULL } },
    [PATTER_KEY_ERROR_TYPE] = { "error.type", { PT_CLASS_NAME, NULL, NULL } },
    [PATTER_KEY_EXCEPTION_TYPE] = { "exception.type", { PT_CLASS_NAME, NULL, NULL } },
};

_Static_assert((int)PT_KEY_NAME_MAX == (int)PT_NAME_MAX, "a key's name has a name's room");

enum { DOCUMENTED_COUNT = sizeof(documented) / sizeof(documented[0]) };

_Atomic uint8_t pt_key_verdicts[PT_KEYS_MAX];
_Atomic uint32_t pt_keys_epoch;

struct patter_str pt_key_names[PT_KEYS_MAX];
_Atomic uint32_t pt_key_count = 1; /* written under lock */

static struct key keys[PT_KEYS_MAX];
static _Atomic uint16_t table[SLOTS]; /* key numbers by hash; written under lock (release) */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pt_arena names; /* under lock; names and choices, for ever */
static pthread_once_t documented_once = PTHREAD_ONCE_INIT;
static struct pt_key_places *stored; /* under lock; NULL: nowhere */

/* FNV-1a */
static uint32_t hash_of(struct patter_str name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (unsigned char)name.data[i]) * 16777619u;
    }
    return hash;
}

/* The key's number, or 0 and the empty place in `ret_place`. */
static uint32_t find(struct patter_str name, uint32_t *ret_place)
{
    for (uint32_t place = hash_of(name) % SLOTS;; place = (place + 1) % SLOTS) {
        uint32_t key = atomic_load_explicit(&table[place], memory_order_acquire);
        if (key == 0 || pt_str_equal(pt_key_names[key], name)) {
            *ret_place = place;
            return key;
        }
    }
}

/* Under lock. Of a key that may leave: others are the caller's words, for all that is known, and
 * stand in no record. The count last: what it tells of is there. */
static void store(uint32_t key)
{
    struct patter_str name = pt_key_names[key];
    stored->places[key].len = (uint32_t)name.len;
    memcpy(stored->places[key].name, name.data, name.len);
    if (atomic_load_explicit(&stored->count, memory_order_relaxed) <= key) {
        atomic_store_explicit(&stored->count, key + 1, memory_order_release);
    }
}

/* Under lock. `name` is kept, not copied. */
static uint32_t add(struct patter_str name, uint32_t place)
{
    uint32_t key = atomic_load_explicit(&pt_key_count, memory_order_relaxed);
    pt_key_names[key] = name;
    atomic_store_explicit(&pt_key_count, key + 1, memory_order_release);
    atomic_store_explicit(&table[place], (uint16_t)key, memory_order_release);
    return key;
}

/* The rule before the verdict, which bots' threads look at first. */
static void set_rule(uint32_t key, const struct rule *rule)
{
    atomic_store_explicit(&keys[key].rule, rule, memory_order_release);
    atomic_store_explicit(&pt_key_verdicts[key], rule ? (uint8_t)(1 + rule->value_class) : 0,
                          memory_order_release);
}

static void begin_epoch(void)
{
    atomic_fetch_add_explicit(&pt_keys_epoch, 1, memory_order_release);
}

static void add_documented(void)
{
    uint32_t place;
    pt_fork_guard(&lock, PT_RANK_KEYS);
    for (uint32_t i = 1; i < DOCUMENTED_COUNT; i++) {
        struct patter_str name = patter_text(documented[i].name);
        find(name, &place);
        set_rule(add(name, place), &documented[i].rule);
    }
    begin_epoch();
}

uint32_t pt_key_find(struct patter_str name)
{
    uint32_t place;
    pthread_once(&documented_once, add_documented);
    return name.len <= PT_NAME_MAX ? find(name, &place) : 0;
}

uint32_t pt_key_intern(struct patter_str name)
{
    uint32_t place;
    if (name.len > PT_NAME_MAX) {
        return 0; /* before it is hashed: a caller may pass a whole transcript */
    }
    pthread_once(&documented_once, add_documented);
    uint32_t key = find(name, &place);
    if (key != 0 || !pt_class_is_key(name) ||
        atomic_load_explicit(&pt_key_count, memory_order_relaxed) == PT_KEYS_MAX) {
        return key;
    }

    pthread_mutex_lock(&lock);
    key = find(name, &place);
    if (key == 0 && atomic_load_explicit(&pt_key_count, memory_order_relaxed) < PT_KEYS_MAX) {
        struct patter_str copy = pt_arena_copy(&names, name);
        key = copy.data ? add(copy, place) : 0;
    }
    pthread_mutex_unlock(&lock);
    return key;
}

void pt_keys_write_to(struct pt_key_places *places)
{
    pthread_once(&documented_once, add_documented);
    pthread_mutex_lock(&lock);
    stored = places;
    uint32_t count = atomic_load_explicit(&pt_key_count, memory_order_relaxed);
    for (uint32_t i = 1; places && i < count; i++) {
        if (atomic_load_explicit(&keys[i].rule, memory_order_relaxed)) {
            store(i);
        }
    }
    pthread_mutex_unlock(&lock);
}

void pt_keys_forget_places(void)
{
    stored = NULL;
}

bool pt_key_verdict(uint32_t key, enum pt_class *ret_class, const char *const **ret_choices)
{
    const struct rule *rule =
        key < PT_KEYS_MAX ? atomic_load_explicit(&keys[key].rule, memory_order_acquire) : NULL;
    if (!rule) {
        return false;
    }
    *ret_class = rule->value_class;
    *ret_choices = rule->choices;
    return true;
}

static bool same_choices(const char *const *a, const char *const *b)
{
    if (!a || !b) {
        return a == b;
    }
    while (*a && *b && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return !*a && !*b;
}

/* Under lock. */
static const char *const *copy_choices(const char *const *choices)
{
    size_t count = 0;
    while (choices[count]) {
        count++;
    }
    const char **copy = pt_arena_alloc(&names, (count + 1) * sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = pt_arena_copy(&names, patter_text(choices[i])).data;
        if (!copy[i]) {
            return NULL;
        }
    }
    return copy;
}

/* Under lock. NULL when memory is short. */
static const struct rule *new_rule(const struct pt_key_permission *permission,
                                   const struct rule *next)
{
    const char *const *choices = permission->choices ? copy_choices(permission->choices) : NULL;
    struct rule *rule = pt_arena_alloc(&names, sizeof(*rule));
    if (!rule || (permission->choices && !choices)) {
        return NULL;
    }
    *rule = (struct rule){ permission->value_class, choices, next };
    return rule;
}

/* Equal ones are kept once: a configuration that goes back and forth takes no more memory. NULL
 * when memory is short. */
static const struct rule *rule_for(const struct pt_key_permission *permission)
{
    struct key *key = &keys[permission->key];
    pthread_mutex_lock(&lock);
    const struct rule *rule = key->known;
    while (rule && (rule->value_class != permission->value_class ||
                    !same_choices(rule->choices, permission->choices))) {
        rule = rule->next;
    }
    if (!rule) {
        rule = new_rule(permission, key->known);
        key->known = rule ? rule : key->known;
    }
    pthread_mutex_unlock(&lock);
    return rule;
}

bool pt_keys_permit(const struct pt_key_permission *permissions, size_t count)
{
    const struct rule *rules[PT_KEYS_MAX] = { NULL };
    pthread_once(&documented_once, add_documented);
    for (uint32_t i = 1; i < DOCUMENTED_COUNT; i++) {
        rules[i] = &documented[i].rule;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t key = permissions[i].key;
        rules[key] = rule_for(&permissions[i]);
        if (!rules[key]) {
            return false;
        }
    }
    uint32_t known = atomic_load_explicit(&pt_key_count, memory_order_acquire);
    pthread_mutex_lock(&lock);
    for (uint32_t i = 1; stored && i < known; i++) { /* before the first record has such a key */
        if (rules[i]) {
            store(i);
        }
    }
    pthread_mutex_unlock(&lock);
    for (uint32_t i = 1; i < known; i++) {
        set_rule(i, rules[i]);
        atomic_store_explicit(&keys[i].told, false, memory_order_relaxed);
    }
    for (size_t i = 0; i < TOLD_MAX; i++) {
        atomic_store_explicit(&told_names[i], 0, memory_order_relaxed);
    }
    begin_epoch();
    return true;
}

bool pt_key_tell_stranger(struct patter_str name)
{
    uint32_t mark = name.len <= PT_NAME_MAX ? hash_of(name) | 1 : 0;
    for (uint32_t i = 0; mark != 0 && i < TOLD_PROBES; i++) {
        _Atomic uint32_t *place = &told_names[(mark / 2 + i) % TOLD_MAX];
        uint32_t there = atomic_load_explicit(place, memory_order_relaxed);
        if (there == mark || (there == 0 && !pt_class_is_loggable_key(name))) {
            return false;
        }
        if (there == 0 && atomic_compare_exchange_strong(place, &there, mark)) {
            return true;
        }
        if (there == mark) { /* another thread came first */
            return false;
        }
    }
    return false;
}

bool pt_key_tell_once(uint32_t key)
{
    return pt_key_is_known(key) && !atomic_load_explicit(&keys[key].told, memory_order_relaxed) &&
           !atomic_exchange_explicit(&keys[key].told, true, memory_order_relaxed) &&
           pt_class_is_loggable_key(pt_key_name(key));
}
