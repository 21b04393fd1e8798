/* SPDX-License-Identifier: MIT */
#ifndef TESTS_STDOUT_SCRIPT_H
#define TESTS_STDOUT_SCRIPT_H

/* Batches written by hand: what a plugin would be given for the spans of a script. */

#include <patter/exporter.h>

enum { SCRIPT_SPANS = 64, SCRIPT_ATTRIBUTES = 8 };

struct script_span {
    struct patter_span_view view;
    struct patter_attribute attributes[SCRIPT_ATTRIBUTES];
    struct patter_event event;
    struct patter_attribute event_attribute;
    const struct patter_event *events[1];
};

struct script {
    struct script_span spans[SCRIPT_SPANS];
    const struct patter_span_view *views[SCRIPT_SPANS];
    struct patter_attribute resource;
    struct patter_batch batch;
};

/* Instants are milliseconds after the script's beginning, 2026-03-14 15:09:26 UTC. */
uint64_t script_instant(double ms);

/* An empty batch of the service front-desk-bot, to be written within a second. */
void script_init(struct script *script);

/* A span of call number `call`; `id` 1 is its root, `parent` 0: none. */
struct script_span *script_add(struct script *script, int call, int id, int parent,
                               const char *name, double begin_ms, double end_ms);
void script_set_int(struct script_span *span, const char *key, int64_t value);
void script_set_real(struct script_span *span, const char *key, double value);
void script_set_text(struct script_span *span, const char *key, const char *value);
void script_fail(struct script_span *span, const char *error_type);
void script_event(struct script_span *span, const char *name, double at_ms, const char *key,
                  const char *value);

/* One turn of a call that has every documented span, begun at `at_ms`; ids count up from
 * `first_id`. */
void script_turn(struct script *script, int call, int first_id, double at_ms);

#endif /* TESTS_STDOUT_SCRIPT_H */
