/* SPDX-License-Identifier: MIT */
#ifndef PATTER_ATTRIBUTES_H
#define PATTER_ATTRIBUTES_H

/* The attributes of an open span. Part of <patter/patter.h>. */

#include <patter/patter.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What the inline functions below stand on; for bindings. A zero handle is allowed: nothing is set,
 * nothing counted. `value` NULL: dropped and counted as one outside its key's class. [any]
 */
PATTER_API void patter_span_set_(struct patter_span span, struct patter_key key,
                                 const struct patter_value *value);
PATTER_API void patter_span_set_int_(struct patter_span span, struct patter_key key, int64_t value);
PATTER_API void patter_span_set_double_(struct patter_span span, struct patter_key key,
                                        double value);
PATTER_API void patter_span_set_text_(struct patter_span span, struct patter_key key,
                                      struct patter_str value);

/** The key of that name, for the setters by name; NULL is none. Zero, which is denied, for one that
 *  was not interned and may not leave: not to be kept, since a patter_reload may allow it. [any] */
PATTER_API struct patter_key patter_key_find_(const char *name);

/*
 * A repeated key replaces. A key that is not documented and not allowed in patter.yaml,
 * or a value outside its key's class, is dropped and counted: a `key` that is NULL and an empty
 * text, too. The forms by name look it up and make nothing of one that is not known; the _key forms
 * take an interned key and save that. [any]
 */
static inline void patter_span_set_int_key(struct patter_span span, struct patter_key key,
                                           int64_t value)
{
    if (span.handle) {
        patter_span_set_int_(span, key, value);
    }
}

static inline void patter_span_set_double_key(struct patter_span span, struct patter_key key,
                                              double value)
{
    if (span.handle) {
        patter_span_set_double_(span, key, value);
    }
}

static inline void patter_span_set_bool_key(struct patter_span span, struct patter_key key,
                                            int value)
{
    struct patter_value flag;
    if (span.handle) {
        memset(&flag, 0, sizeof(flag));
        flag.type = PATTER_BOOL;
        flag.as.boolean = value != 0;
        patter_span_set_(span, key, &flag);
    }
}

static inline void patter_span_set_text_key(struct patter_span span, struct patter_key key,
                                            struct patter_str value)
{
    if (span.handle) {
        patter_span_set_text_(span, key, value);
    }
}

static inline void patter_span_set_int(struct patter_span span, const char *key, int64_t value)
{
    if (span.handle) {
        patter_span_set_int_(span, patter_key_find_(key), value);
    }
}

static inline void patter_span_set_double(struct patter_span span, const char *key, double value)
{
    if (span.handle) {
        patter_span_set_double_(span, patter_key_find_(key), value);
    }
}

static inline void patter_span_set_bool(struct patter_span span, const char *key, int value)
{
    if (span.handle) {
        patter_span_set_bool_key(span, patter_key_find_(key), value);
    }
}

static inline void patter_span_set_text(struct patter_span span, const char *key,
                                        struct patter_str value)
{
    if (span.handle) {
        patter_span_set_text_(span, patter_key_find_(key), value);
    }
}

#ifdef __cplusplus
}
#endif

#endif /* PATTER_ATTRIBUTES_H */
