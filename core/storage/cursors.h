/* SPDX-License-Identifier: MIT */
#ifndef PT_STORAGE_CURSORS_H
#define PT_STORAGE_CURSORS_H

/*
 * How far each exporter's backend has answered for a journal's records, in a mapped file of it. A
 * kill between any two stores leaves at worst a record that is sent twice, never one that is not.
 *
 * What is pending for an exporter: the batches in flight, and from `read` on all that it has not
 * answered for. Everything here is plain stores into mapped memory, under the pipeline's lock.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/ranges.h"

enum {
    PT_STORED_CURSORS = 32,
    PT_STORED_IN_FLIGHT = 64,
    PT_STORED_ANSWERED = 128,
    PT_STORED_NAME = 128,
    PT_ANSWERED_MAX = 1 + PT_STORED_IN_FLIGHT + PT_STORED_ANSWERED
};

struct pt_stored_range {
    _Atomic uint64_t first, end;
};

/* One exporter's. Zeroed is free. What it holds after a crash of the machine is not trusted. */
struct pt_stored_cursor {
    _Atomic uint64_t is_taken;     /* written after the name (release) */
    _Atomic uint64_t read;         /* position of the next record to hand out */
    _Atomic uint64_t read_inverse; /* the same, each bit the other way */
    _Atomic uint64_t begin;        /* nothing before was its: a reload brought it in then */
    _Atomic uint64_t end; /* nothing from there on is its: a reload ended it then; or UINT64_MAX */
    char name[PT_STORED_NAME]; /* the exporter's, NUL-terminated */
    struct pt_stored_range in_flight[PT_STORED_IN_FLIGHT];
    struct pt_stored_range answered[PT_STORED_ANSWERED]; /* what was answered for out of order, in
                                                            a run that has died */
};

/* The content of the file. */
struct pt_stored_cursors {
    uint64_t magic;
    struct pt_stored_cursor cursors[PT_STORED_CURSORS];
};

/* Maps the file `cursors` of the folder: a new one, or an old one, with `is_writable` false only
 * for looking; else its room is reserved first. NULL with errno. */
struct pt_stored_cursors *pt_stored_cursors_create(int dirfd);
struct pt_stored_cursors *pt_stored_cursors_open(int dirfd, bool is_writable);
void pt_stored_cursors_close(struct pt_stored_cursors *cursors);

/* The exporter's cursor; a new one, which has all of the journal before it, where there is none;
 * NULL when all are taken or the name is too long. */
struct pt_stored_cursor *pt_stored_cursors_claim(struct pt_stored_cursors *cursors,
                                                 const char *name);

/* Of a new one that came while others had the journal: nothing before is its. */
void pt_stored_cursor_enter(struct pt_stored_cursor *cursor, uint64_t position);

/* Of one that is ended at `end`: what it has still to get, from `first` on, is as one batch that is
 * handed out. */
void pt_stored_cursor_leave(struct pt_stored_cursor *cursor, uint64_t first, uint64_t end);

/* Forgets the exporter. */
void pt_stored_cursor_release(struct pt_stored_cursor *cursor);

/* Whether one more batch can be noted. */
bool pt_stored_cursor_has_place(const struct pt_stored_cursor *cursor);

/* A batch is handed out; nothing before its end will be, later on. */
void pt_stored_cursor_begin(struct pt_stored_cursor *cursor, uint64_t first, uint64_t end);

/* Of the batch that ends at `end`, all before `answered_to` is answered for; no later than `end`.
 */
void pt_stored_cursor_answer(struct pt_stored_cursor *cursor, uint64_t end, uint64_t answered_to);

/* What the exporter need not get: in order, disjoint, none empty; PT_ANSWERED_MAX at most. */
size_t pt_stored_cursor_answered(const struct pt_stored_cursor *cursor,
                                 struct pt_range ret_ranges[PT_ANSWERED_MAX], size_t max);

/* How many of the positions [first, end) it still has to get. */
uint64_t pt_stored_cursor_pending(const struct pt_stored_cursor *cursor, uint64_t first,
                                  uint64_t end);

/* The end of all that it has been handed out. */
uint64_t pt_stored_cursor_end(const struct pt_stored_cursor *cursor);

/*
 * When a journal is adopted that ends at `end`: what was in flight is to be handed out again, and
 * who of `names` gets what is settled. An exporter that is known goes on where it stood. What is
 * pending for those that are no longer named goes to those that take their place (a backend was
 * exchanged): to one that is new all of it, to one that a reload brought in what was there before.
 * One that is new gets nothing else, but all where the journal knows nobody. Those that are not
 * named are forgotten. Returns the count of `ret_ranges`, the positions that are settled: the rest
 * is pending for those that are gone, and nobody gets it in their stead. A kill in between does no
 * harm.
 */
size_t pt_stored_cursors_settle(struct pt_stored_cursors *cursors, const char *const *names,
                                size_t name_count, uint64_t end,
                                struct pt_range ret_ranges[PT_ANSWERED_MAX]);

#endif /* PT_STORAGE_CURSORS_H */
