/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_CLASS_H
#define PT_BASE_CLASS_H

/* The classes of values that may leave, and the question whether a value is of one. */

#include <stdbool.h>
#include <stddef.h>

#include <patter/types.h>

enum pt_class {
    PT_CLASS_ANY = 0,     /* a number, a flag or an identifier: an allowed key without a class */
    PT_CLASS_COUNT,       /* integer >= 0; "size" is another word for it */
    PT_CLASS_DURATION_MS, /* number >= 0, finite */
    PT_CLASS_RATIO,       /* number in 0..1 */
    PT_CLASS_FLAG,        /* boolean */
    PT_CLASS_CHOICE,      /* text, one of a list */
    PT_CLASS_IDENTIFIER,  /* text, 1..128 of [A-Za-z0-9._:/-], no scanner stops it */
    PT_CLASS_NAME,        /* text, [A-Za-z_][A-Za-z0-9_.-]{0,127}, no scanner stops it */
    PT_CLASS_HASHED,      /* text or integer, replaced by its keyed hash */
    PT_CLASSES
};

enum pt_verdict {
    PT_PASS = 0,
    PT_INVALID, /* outside the class */
    PT_SCANNED  /* of the class by its form, but a scanner stops it */
};

/* "duration_ms" -> PT_CLASS_DURATION_MS; false for a word that names none (ANY and HASHED have
 * none). */
bool pt_class_parse(struct patter_str word, enum pt_class *ret_class);
/* The word, or "number, flag or identifier" and "hashed". */
const char *pt_class_name(enum pt_class value_class);

/* `choices`: NULL-ended, also narrows IDENTIFIER and NAME when not NULL. No allocation. [any] */
enum pt_verdict pt_class_check(enum pt_class value_class, const char *const *choices,
                               const struct patter_value *value);
/* The same for a text without the struct around it. [any] */
enum pt_verdict pt_class_check_text(enum pt_class value_class, const char *const *choices,
                                    struct patter_str text);

/* True for `[a-z][a-z0-9_.-]{0,127}`: the form of an attribute key. */
bool pt_class_is_key(struct patter_str text);

/* True for a call's id that may leave as it is. No allocation. [any] */
bool pt_class_is_call_id(struct patter_str text);

/* True where a denied key may be named in a log: two to four words with a dot among them, 48
 * characters at most, none of them a word of speech, and no scanner stops it. */
bool pt_class_is_loggable_key(struct patter_str text);

#endif /* PT_BASE_CLASS_H */
