/* SPDX-License-Identifier: MIT */
#include "ears.h"

#include <math.h>
#include <pocketsphinx.h>
#include <pthread.h>
#include <sphinxbase/err.h>
#include <stdio.h>
#include <stdlib.h>

#define MODEL "/usr/share/pocketsphinx/model/en-us/"

enum { CEPSTRA = 13, MAX_EARS = 64 };

struct ears {
    ps_decoder_t *decoder;
    mfcc_t mean[CEPSTRA]; /* what the model expects of a line it has not heard yet */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given_back = PTHREAD_COND_INITIALIZER;
static struct ears *idle[MAX_EARS]; /* under lock, as the counts */
static unsigned idle_count;
static unsigned may_load_count;

static void unload(struct ears *ears)
{
    if (ears && ears->decoder) {
        ps_free(ears->decoder);
    }
    free(ears);
}

static struct ears *load(void)
{
    struct ears *ears = calloc(1, sizeof(*ears));
    cmd_ln_t *config =
        cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", MODEL "en-us", "-lm", MODEL "en-us.lm.bin",
                    "-dict", MODEL "cmudict-en-us.dict", "-logfn", "/dev/null", NULL);
    if (!ears || !config) {
        goto failed;
    }
    ears->decoder = ps_init(config);
    if (!ears->decoder) {
        goto failed;
    }
    cmd_ln_free_r(config);
    cmn_live_get(ps_get_feat(ears->decoder)->cmn_struct, ears->mean);
    return ears;

failed:
    fprintf(stderr, "voicebot: no speech model in %s: is pocketsphinx-en-us installed?\n", MODEL);
    if (config) {
        cmd_ln_free_r(config);
    }
    unload(ears);
    return NULL;
}

bool ears_start(unsigned count)
{
    err_set_logfp(NULL);
    idle[0] = load();
    idle_count = idle[0] != NULL;
    may_load_count = (count < MAX_EARS ? count : MAX_EARS) - 1;
    return idle_count > 0;
}

void ears_stop(void)
{
    while (idle_count > 0) {
        unload(idle[--idle_count]);
    }
}

struct ears *ears_take(void)
{
    struct ears *ears = NULL;
    pthread_mutex_lock(&lock);
    while (idle_count == 0 && may_load_count == 0) {
        pthread_cond_wait(&given_back, &lock);
    }
    if (idle_count > 0) {
        ears = idle[--idle_count];
    } else {
        may_load_count--;
    }
    pthread_mutex_unlock(&lock);

    if (!ears) {
        ears = load();
    }
    if (!ears) {
        ears_give_back(NULL);
    } else {
        /* Each utterance is heard with fresh ears, whatever they heard before. */
        cmn_live_set(ps_get_feat(ears->decoder)->cmn_struct, ears->mean);
        ps_start_stream(ears->decoder);
        ps_start_utt(ears->decoder);
    }
    return ears;
}

void ears_give_back(struct ears *ears)
{
    pthread_mutex_lock(&lock);
    if (ears) {
        idle[idle_count++] = ears;
    } else {
        may_load_count++;
    }
    pthread_cond_signal(&given_back);
    pthread_mutex_unlock(&lock);
}

void ears_hear(struct ears *ears, const int16_t *samples, size_t count)
{
    ps_process_raw(ears->decoder, samples, count, FALSE, FALSE);
}

unsigned ears_word_count(const struct ears *ears)
{
    const char *text = ps_get_hyp(ears->decoder, NULL);
    unsigned count = text && *text;
    for (; text && *text; text++) {
        count += *text == ' ';
    }
    return count;
}

/* The mean probability of the words, in hundredths; 0 when there are none. */
static double confidence_of(ps_decoder_t *decoder)
{
    double sum = 0;
    unsigned count = 0;
    for (ps_seg_t *word = ps_seg_iter(decoder); word; word = ps_seg_next(word)) {
        if (ps_seg_word(word)[0] != '<') {
            sum += logmath_exp(ps_get_logmath(decoder), ps_seg_prob(word, NULL, NULL, NULL));
            count++;
        }
    }
    return count ? fmin(round(100 * sum / count) / 100, 1) : 0;
}

void ears_finish(struct ears *ears, struct transcript *ret_transcript)
{
    ps_end_utt(ears->decoder);
    const char *text = ps_get_hyp(ears->decoder, NULL);
    snprintf(ret_transcript->text, sizeof(ret_transcript->text), "%s", text ? text : "");
    ret_transcript->confidence = confidence_of(ears->decoder);
}
