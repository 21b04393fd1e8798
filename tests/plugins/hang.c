/* SPDX-License-Identifier: MIT */

/* send() does not come back: until it is interrupted, or ever. */

#include <patter/exporter.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/plugins/plain.h"

static const char *const ends[] = { "interrupt", "never", NULL };

static const struct patter_option options[] = {
    { .name = "until",
      .type = PATTER_TEXT,
      .fallback = "interrupt",
      .choices = ends,
      .help = "What ends a send()." },
};

struct hang {
    bool is_for_ever;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_interrupted; /* under lock */
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    struct hang *self = calloc(1, sizeof(*self));
    if (!self) {
        host->fail(error, "memory is short");
        return PATTER_NO_MEMORY;
    }
    self->is_for_ever = values[0].as.text.data[0] == 'n';
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    *ret_self = self;
    return PATTER_OK;
}

static patter_status send_batch(void *data, const struct patter_batch *batch,
                                struct patter_result *result)
{
    struct hang *self = data;
    (void)batch;
    while (self->is_for_ever) {
        pause();
    }
    pthread_mutex_lock(&self->lock);
    while (!self->is_interrupted) {
        pthread_cond_wait(&self->changed, &self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    result->reason = "interrupted";
    return PATTER_AGAIN;
}

static void interrupt(void *data)
{
    struct hang *self = data;
    pthread_mutex_lock(&self->lock);
    self->is_interrupted = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static void destroy(void *data)
{
    struct hang *self = data;
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static const struct patter_exporter hang = {
    PLAIN_FIELDS,       .name = "hang",     .help = "Nowhere, for ever.",
    .options = options, .option_count = 1,  .create = create,
    .send = send_batch, .destroy = destroy, .interrupt = interrupt,
};

PATTER_EXPORTER(hang);
