/* SPDX-License-Identifier: MIT */
#ifndef PT_RECORD_KEY_H
#define PT_RECORD_KEY_H

/*
 * Interned attribute keys, each with the verdict on what it may carry. Names live as long as the
 * process; looking one up takes no lock.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/class.h"

enum { PT_KEYS_MAX = 1024, PT_KEY_NAME_MAX = 128 }; /* number 0 is no key */

/* The names by number, where another process can read them after this one's death. */
struct pt_key_places {
    _Atomic uint32_t count; /* of numbers, with 0; written under the table's lock (release) */
    uint32_t reserved;
    struct pt_key_place {
        uint32_t len;
        char name[PT_KEY_NAME_MAX];
    } places[PT_KEYS_MAX];
};

/* Interns `name`; 0 when it has not the form of a key or the table is full. Locks only for a new
 * one. The documented keys are there from the first call on. [any] */
uint32_t pt_key_intern(struct patter_str name);

/* The key of that name, where it was interned; 0: it was not. [any] */
uint32_t pt_key_find(struct patter_str name);

/* By number, NUL-terminated; each set before the count tells of it. */
extern struct patter_str pt_key_names[PT_KEYS_MAX];
extern _Atomic uint32_t pt_key_count;

static inline bool pt_key_is_known(uint32_t key)
{
    return key != 0 && key < atomic_load_explicit(&pt_key_count, memory_order_acquire);
}

/* The name; empty for a number that is none. [any] */
static inline struct patter_str pt_key_name(uint32_t key)
{
    return pt_key_is_known(key) ? pt_key_names[key] : patter_text("");
}

/* 0: denied, else 1 + enum pt_class. Written by [control]. */
extern _Atomic uint8_t pt_key_verdicts[PT_KEYS_MAX];
/* Changes whenever what a key may carry does. Written by [control]. */
extern _Atomic uint32_t pt_keys_epoch;

/* The class of what the key may carry; PT_CLASSES where nothing. [any] */
static inline enum pt_class pt_key_class(uint32_t key)
{
    uint8_t verdict =
        key < PT_KEYS_MAX ? atomic_load_explicit(&pt_key_verdicts[key], memory_order_acquire) : 0;
    return verdict ? (enum pt_class)(verdict - 1) : PT_CLASSES;
}

/* What the key may carry, class and choices of one time; false: it may not leave. [any] */
bool pt_key_verdict(uint32_t key, enum pt_class *ret_class, const char *const **ret_choices);

/* What a key may carry. */
struct pt_key_permission {
    uint32_t key; /* one that is known */
    enum pt_class value_class;
    const char *const *choices; /* NULL-ended, or NULL; copied */
};

/*
 * Lets just these keys leave, the last one of a key counting, and of the documented ones all others
 * as they are documented. Bots' threads may go on meanwhile: each key goes from its old verdict to
 * its new one in one step, and is at no time more open than one of them. False when memory is
 * short, and then nothing has changed. [control]
 */
bool pt_keys_permit(const struct pt_key_permission *permissions, size_t count);

/* Writes the names of all keys that may leave there, and of those that may from now on, before a
 * record has such a key; no other, since that may be a caller's words. NULL: no more. [control, the
 * pump] */
void pt_keys_write_to(struct pt_key_places *places);
/* In a forked child: no more, without a lock. [control] */
void pt_keys_forget_places(void);

/* True once for each denied key since the last pt_keys_permit, where it is one that may be named in
 * a log: whether to tell the operator of it. [any] */
bool pt_key_tell_once(uint32_t key);
/* The same of a name that has no number, for some 250 names at most. */
bool pt_key_tell_stranger(struct patter_str name);

#endif /* PT_RECORD_KEY_H */
