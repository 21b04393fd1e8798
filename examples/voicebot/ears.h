/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_EARS_H
#define VOICEBOT_EARS_H

/* Speech to text by pocketsphinx. A recogniser is large, so all calls share a few of them. */

#include "audio.h"

struct ears;

struct transcript {
    char text[512];    /* a caller's words: never for a log or a trace */
    double confidence; /* 0..1 */
};

/* Allows `count` recognisers, which are loaded when first needed. */
bool ears_start(unsigned count);
void ears_stop(void);

/* A recogniser for one utterance; waits until one is free. NULL: the model cannot be loaded. */
struct ears *ears_take(void);
void ears_give_back(struct ears *ears);

void ears_hear(struct ears *ears, const int16_t *samples, size_t count);
unsigned ears_word_count(const struct ears *ears); /* understood so far */
void ears_finish(struct ears *ears, struct transcript *ret_transcript);

#endif
