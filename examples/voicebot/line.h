/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_LINE_H
#define VOICEBOT_LINE_H

/*
 * The telephone line, with a caller at its other end who plays recordings. Both directions share
 * one clock, counted in frames, so that a call may run as fast as it can be recognised while every
 * silence and every interruption is as long as it is in the audio.
 *
 * The caller waits until the bot is silent, but speaks the last recording over the bot.
 */

#include "audio.h"

struct line {
    const struct audio *recordings; /* borrowed */
    size_t recording_count;
    size_t next;     /* the recording to be spoken next, or being spoken */
    size_t position; /* samples of it that are spoken */
    bool caller_speaks;
    bool answered;       /* the bot has spoken since the caller last did */
    unsigned bot_frames; /* how long the bot has spoken, and been silent, without a break */
    unsigned quiet_frames;
};

void line_init(struct line *line, const struct audio *recordings, size_t count);

/* The next 20 ms of the caller, while the bot speaks or does not. False: the caller hung up. */
bool line_hear(struct line *line, bool bot_speaks, int16_t ret_frame[FRAME_SAMPLES]);

#endif
