/* SPDX-License-Identifier: MIT */
#include "endpointer.h"

#include <math.h>

enum {
    BEGIN_MS = 60,          /* of loud frames: shorter is a click */
    LONG_SILENCE_MS = 700,  /* after a word or two the caller may go on */
    SHORT_SILENCE_MS = 500, /* after a sentence */
    SENTENCE_WORDS = 4
};

static const double least_db = 50; /* of speech; 90 is full scale */
static const double above_floor_db = 14;
static const double floor_rise_db = 0.1; /* a frame: follows a line that grows noisier */

void endpointer_init(struct endpointer *endpointer)
{
    *endpointer = (struct endpointer){ .floor_db = least_db - above_floor_db };
}

static double loudness_db(const int16_t frame[FRAME_SAMPLES])
{
    double energy = 1;
    for (size_t i = 0; i < FRAME_SAMPLES; i++) {
        energy += (double)frame[i] * frame[i];
    }
    return 10 * log10(energy / FRAME_SAMPLES);
}

static bool is_loud(struct endpointer *endpointer, const int16_t frame[FRAME_SAMPLES])
{
    double db = loudness_db(frame);
    double floor_db = endpointer->floor_db + floor_rise_db;
    endpointer->floor_db = db < floor_db ? db : floor_db;
    return db >= fmax(least_db, endpointer->floor_db + above_floor_db);
}

enum endpoint endpointer_hear(struct endpointer *endpointer, const int16_t frame[FRAME_SAMPLES],
                              unsigned words)
{
    if (is_loud(endpointer, frame)) {
        endpointer->loud_frames++;
        endpointer->silent_frames = 0;
    } else {
        endpointer->loud_frames = 0;
        endpointer->silent_frames++;
    }

    if (!endpointer->in_turn && endpointer->loud_frames * FRAME_MS >= BEGIN_MS) {
        endpointer->in_turn = true;
        return ENDPOINT_BEGAN;
    }
    unsigned silence_ms = words < SENTENCE_WORDS ? LONG_SILENCE_MS : SHORT_SILENCE_MS;
    if (endpointer->in_turn && endpointer->silent_frames * FRAME_MS >= silence_ms) {
        endpointer->in_turn = false;
        return ENDPOINT_ENDED;
    }
    return ENDPOINT_NONE;
}
