/* SPDX-License-Identifier: MIT */

/* An exporter that never comes back from one of its functions. */

#include <patter/exporter.h>

#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { IN_CREATE, IN_FLUSH, IN_DESTROY };

static const char *const places[] = { "create", "flush", "destroy", "nowhere", NULL };

static const struct patter_option options[] = {
    { .name = "in", .type = PATTER_TEXT, .choices = places, .help = "Where it stays." },
};

/* `self` is the place, in `places`. */
static void stay(const void *self, int where)
{
    while (self == &places[where]) {
        pause();
    }
}

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    (void)host;
    (void)error;
    int place = IN_CREATE;
    while (strncmp(places[place], values[0].as.text.data, values[0].as.text.len) != 0) {
        place++;
    }
    stay(&places[place], IN_CREATE);
    *ret_self = (void *)(uintptr_t)&places[place];
    return PATTER_OK;
}

static patter_status take_all(void *self, const struct patter_batch *batch,
                              struct patter_result *result)
{
    (void)self;
    (void)batch;
    (void)result;
    return PATTER_OK;
}

static patter_status flush(void *self, uint64_t deadline_ns)
{
    (void)deadline_ns;
    stay(self, IN_FLUSH);
    return PATTER_OK;
}

static void destroy(void *self)
{
    stay(self, IN_DESTROY);
}

static const struct patter_exporter stuck = {
    .struct_size = sizeof(stuck),
    .option_size = sizeof(struct patter_option),
    .name = "stuck",
    .version = "1.0.0",
    .help = "Stays where it is.",
    .options = options,
    .option_count = 1,
    .create = create,
    .send = take_all,
    .flush = flush,
    .destroy = destroy,
};

PATTER_EXPORTER(stuck);
