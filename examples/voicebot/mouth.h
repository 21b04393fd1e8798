/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_MOUTH_H
#define VOICEBOT_MOUTH_H

/* Text to speech by espeak-ng. */

#include "audio.h"

bool mouth_start(void);
void mouth_stop(void);
unsigned mouth_rate(void); /* samples a second of what it says */

/* Adds `text`, spoken, to `audio`. Waits while another call's sentence is being spoken. */
bool mouth_say(const char *text, struct audio *audio);

#endif
