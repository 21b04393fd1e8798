/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <string.h>

enum {
    REACTION_MS = 300,  /* a caller's, once the bot is silent */
    PATIENCE_MS = 1200, /* before the caller interrupts */
    HANGS_UP_MS = 1000, /* with nothing left to say */
    GIVES_UP_MS = 3000  /* waiting for the bot */
};

void line_init(struct line *line, const struct audio *recordings, size_t count)
{
    *line = (struct line){ .recordings = recordings, .recording_count = count };
}

static bool caller_begins(const struct line *line)
{
    bool interrupts = line->recording_count > 1 && line->next == line->recording_count - 1;
    bool is_due = interrupts ? line->bot_frames * FRAME_MS >= PATIENCE_MS
                             : line->answered && line->quiet_frames * FRAME_MS >= REACTION_MS;
    return is_due || line->quiet_frames * FRAME_MS >= GIVES_UP_MS;
}

static void speak_frame(struct line *line, int16_t ret_frame[FRAME_SAMPLES])
{
    const struct audio *recording = &line->recordings[line->next];
    size_t count = recording->count - line->position;
    if (count > FRAME_SAMPLES) {
        count = FRAME_SAMPLES;
    }
    memcpy(ret_frame, recording->samples + line->position, count * sizeof(*ret_frame));
    line->position += count;
    if (line->position == recording->count) {
        line->caller_speaks = false;
        line->answered = false;
        line->position = 0;
        line->next++;
    }
}

bool line_hear(struct line *line, bool bot_speaks, int16_t ret_frame[FRAME_SAMPLES])
{
    line->answered = line->answered || bot_speaks;
    line->bot_frames = bot_speaks ? line->bot_frames + 1 : 0;
    line->quiet_frames = bot_speaks || line->caller_speaks ? 0 : line->quiet_frames + 1;
    memset(ret_frame, 0, FRAME_SAMPLES * sizeof(*ret_frame));

    if (!line->caller_speaks && line->next < line->recording_count) {
        line->caller_speaks = caller_begins(line);
    }
    if (line->caller_speaks) {
        speak_frame(line, ret_frame);
        return true;
    }
    return line->next < line->recording_count || line->quiet_frames * FRAME_MS < HANGS_UP_MS;
}
