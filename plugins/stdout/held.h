/* SPDX-License-Identifier: MIT */
#ifndef STDOUT_HELD_H
#define STDOUT_HELD_H

/* The calls that are under way, kept until they can be drawn whole. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <patter/exporter.h>

struct out_event {
    uint64_t time_unix_ns;
    const char *name;
    const char *words; /* as struct out_span's */
};

/* A span in one block of memory, its attributes already in words. */
struct out_span {
    struct out_span *next; /* of the call, in order of arrival */
    size_t size;           /* of the block */
    uint8_t span_id[8];
    uint8_t parent_id[8];
    uint64_t begin_unix_ns;
    uint64_t end_unix_ns;
    bool is_root;
    bool failed;
    bool shown; /* a row of the running call was printed for it */
    size_t event_count;
    struct out_event *events;
    const char *name;  /* short, NUL-terminated */
    const char *error; /* error.type; empty: none */
    const char *words; /* attributes and links, each ended by a newline */
};

enum out_call_state {
    OUT_CALL_RUNNING = 0,
    OUT_CALL_ENDED, /* its root span is here */
    OUT_CALL_LATE   /* its waterfall was printed earlier */
};

struct out_call {
    struct out_call *next; /* in order of appearance */
    uint8_t trace_id[16];
    char *id;
    char *service;
    enum out_call_state state;
    bool is_cut;     /* an earlier part was printed and forgotten */
    bool is_touched; /* spans have come in the batch at hand */
    unsigned turn;   /* of the last row printed; 0: before the caller's first words */
    bool is_heard;   /* this turn has its stt */
    bool is_replied; /* and something that came of it */
    size_t size;     /* bytes held */
    size_t span_count;
    struct out_span *first;
    struct out_span *last;
};

enum { OUT_PAST_CALLS = 64 };

/* Zeroed, with max_memory set, is empty and valid. */
struct out_held {
    size_t max_memory; /* bytes */
    size_t size;
    struct out_call *calls; /* oldest first */
    struct out_call *last_found;
    struct {
        uint8_t trace_id[16];
        bool is_used;
        bool is_cut; /* forgotten before its end */
    } past[OUT_PAST_CALLS];
    unsigned next_past;
};

/* Keeps `span` with its call, which it opens when needed, and returns the call; NULL when memory is
 * short. */
struct out_call *out_held_add(struct out_held *held, const struct patter_batch *batch,
                              const struct patter_span_view *span);

/* True while more is held than max_memory allows. */
bool out_held_is_over(const struct out_held *held);

/* Frees `call`; its trace is remembered for a while, so that what comes late is known as late. */
void out_held_forget(struct out_held *held, struct out_call *call);

void out_held_clean(struct out_held *held);

#endif /* STDOUT_HELD_H */
