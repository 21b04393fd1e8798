/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_AUDIO_H
#define VOICEBOT_AUDIO_H

/* Speech as samples: mono, 16 bit. Recordings come in, a WAV file per reply goes out. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_RATE = 16000, FRAME_MS = 20, FRAME_SAMPLES = LINE_RATE / 1000 * FRAME_MS };

struct audio {
    int16_t *samples; /* owned */
    size_t count;
    size_t capacity;
};

/* Reads a .wav file, or any other as headerless samples; both at LINE_RATE. Complains on stderr. */
bool audio_load(struct audio *ret_audio, const char *path);
bool audio_add(struct audio *audio, const int16_t *samples, size_t count);
bool audio_save_wav(const struct audio *audio, unsigned rate, const char *path);
void audio_clean(struct audio *audio);

#endif
