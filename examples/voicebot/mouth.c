/* SPDX-License-Identifier: MIT */
#include "mouth.h"

#include <espeak-ng/speak_lib.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_MS = 200 };

/* espeak-ng keeps its state in globals: one sentence at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int rate;

static int take_samples(short *samples, int count, espeak_EVENT *events)
{
    bool ok = !samples || audio_add(events->user_data, samples, (size_t)count);
    return ok ? 0 : 1;
}

bool mouth_start(void)
{
    rate = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, BLOCK_MS, NULL, espeakINITIALIZE_DONT_EXIT);
    if (rate <= 0 || espeak_SetVoiceByName("en-us") != EE_OK) {
        fprintf(stderr, "voicebot: espeak-ng has no voice: is espeak-ng-data installed?\n");
        return false;
    }
    espeak_SetSynthCallback(take_samples);
    return true;
}

void mouth_stop(void)
{
    espeak_Terminate();
}

unsigned mouth_rate(void)
{
    return (unsigned)rate;
}

bool mouth_say(const char *text, struct audio *audio)
{
    pthread_mutex_lock(&lock);
    espeak_ERROR fault =
        espeak_Synth(text, strlen(text) + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8, NULL, audio);
    pthread_mutex_unlock(&lock);
    return fault == EE_OK;
}
