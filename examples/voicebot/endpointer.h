/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_ENDPOINTER_H
#define VOICEBOT_ENDPOINTER_H

/* Decides by the loudness of frames when a caller's turn begins and ends. */

#include "audio.h"

struct endpointer {
    double floor_db; /* loudness of the line itself */
    bool in_turn;
    unsigned loud_frames;   /* in a row */
    unsigned silent_frames; /* in a row, since the last loud one */
};

enum endpoint { ENDPOINT_NONE, ENDPOINT_BEGAN, ENDPOINT_ENDED };

void endpointer_init(struct endpointer *endpointer);

/* `words` heard so far: after a few a shorter silence ends the turn. */
enum endpoint endpointer_hear(struct endpointer *endpointer, const int16_t frame[FRAME_SAMPLES],
                              unsigned words);

#endif
