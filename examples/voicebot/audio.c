/* SPDX-License-Identifier: MIT */
#include "audio.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wav_format {
    uint16_t coding; /* 1: PCM */
    uint16_t channels;
    uint32_t rate;
    uint32_t bytes_per_second;
    uint16_t bytes_per_frame;
    uint16_t bits;
};

struct wav_header {
    char riff[4];
    uint32_t riff_len;
    char wave_fmt[8];
    uint32_t format_len;
    struct wav_format format;
    char data[4];
    uint32_t data_len;
};

_Static_assert(sizeof(struct wav_header) == 44, "a WAV header has 44 bytes");

/* Leaves `file` at the first sample. Returns what is wrong, or NULL. */
static const char *skip_wav_header(FILE *file)
{
    struct {
        char id[4];
        uint32_t len;
    } chunk;
    struct wav_format format = { 0 };

    if (fseek(file, 12, SEEK_SET) != 0) {
        return "too short for a WAV file";
    }
    while (fread(&chunk, sizeof(chunk), 1, file) == 1) {
        long rest = (long)le32toh(chunk.len);
        if (memcmp(chunk.id, "data", 4) == 0) {
            bool fits = le16toh(format.coding) == 1 && le16toh(format.channels) == 1 &&
                        le32toh(format.rate) == LINE_RATE && le16toh(format.bits) == 16;
            return fits ? NULL : "not 16 kHz, mono, 16 bit";
        }
        if (memcmp(chunk.id, "fmt ", 4) == 0 && rest >= (long)sizeof(format)) {
            if (fread(&format, sizeof(format), 1, file) != 1) {
                break;
            }
            rest -= (long)sizeof(format);
        }
        if (fseek(file, rest, SEEK_CUR) != 0) {
            break;
        }
    }
    return "no WAV file";
}

bool audio_load(struct audio *ret_audio, const char *path)
{
    struct audio audio = { 0 };
    int16_t block[4096];
    size_t count = 0;
    const char *suffix = strrchr(path, '.');
    const char *fault = NULL;

    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "voicebot: %s: %s\n", path, strerror(errno));
        return false;
    }
    if (suffix && strcmp(suffix, ".wav") == 0) {
        fault = skip_wav_header(file);
    }
    while (!fault && (count = fread(block, sizeof(*block), 4096, file)) > 0) {
        if (!audio_add(&audio, block, count)) {
            fault = "memory is short";
        }
    }
    fclose(file);
    if (!fault && audio.count == 0) {
        fault = "holds no sound";
    }
    if (fault) {
        fprintf(stderr, "voicebot: %s: %s\n", path, fault);
        audio_clean(&audio);
        return false;
    }
    *ret_audio = audio;
    return true;
}

bool audio_add(struct audio *audio, const int16_t *samples, size_t count)
{
    if (audio->count + count > audio->capacity) {
        size_t capacity = (audio->count + count) * 2;
        int16_t *grown = realloc(audio->samples, capacity * sizeof(*grown));
        if (!grown) {
            return false;
        }
        audio->samples = grown;
        audio->capacity = capacity;
    }
    memcpy(audio->samples + audio->count, samples, count * sizeof(*samples));
    audio->count += count;
    return true;
}

bool audio_save_wav(const struct audio *audio, unsigned rate, const char *path)
{
    uint32_t data_len = (uint32_t)(audio->count * sizeof(*audio->samples));
    struct wav_header header = {
        .riff = { 'R', 'I', 'F', 'F' },
        .riff_len = htole32((uint32_t)sizeof(header) - 8 + data_len),
        .wave_fmt = { 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ' },
        .format_len = htole32(sizeof(struct wav_format)),
        .format = { .coding = htole16(1),
                    .channels = htole16(1),
                    .rate = htole32(rate),
                    .bytes_per_second = htole32(rate * 2),
                    .bytes_per_frame = htole16(2),
                    .bits = htole16(16) },
        .data = { 'd', 'a', 't', 'a' },
        .data_len = htole32(data_len),
    };

    FILE *file = fopen(path, "wb");
    bool ok = file && fwrite(&header, sizeof(header), 1, file) == 1 &&
              fwrite(audio->samples, 1, data_len, file) == data_len;
    if (file && fclose(file) != 0) {
        ok = false;
    }
    if (!ok) {
        fprintf(stderr, "voicebot: %s: %s\n", path, strerror(errno));
    }
    return ok;
}

void audio_clean(struct audio *audio)
{
    free(audio->samples);
    *audio = (struct audio){ 0 };
}
