/* SPDX-License-Identifier: MIT */

/* An exporter that never comes back from one of its functions. */

#include <patter/exporter.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { IN_CREATE, IN_SEND, IN_FLUSH, IN_INTERRUPT, IN_DESTROY };

static const char *const places[] = { "create",  "send",    "flush", "interrupt",
                                      "destroy", "nowhere", NULL };

static const struct patter_option options[] = {
    { .name = "in", .type = PATTER_TEXT, .choices = places, .help = "Where it stays." },
    { .name = "mark", .type = PATTER_TEXT, .fallback = "", .help = "A file that destroy() makes." },
};

static char mark[256]; /* of the latest instance */

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
    snprintf(mark, sizeof(mark), "%.*s", (int)values[1].as.text.len, values[1].as.text.data);
    *ret_self = (void *)(uintptr_t)&places[place];
    return PATTER_OK;
}

static patter_status take_all(void *self, const struct patter_batch *batch,
                              struct patter_result *result)
{
    (void)batch;
    (void)result;
    stay(self, IN_SEND);
    return PATTER_OK;
}

static patter_status flush(void *self, uint64_t deadline_ns)
{
    (void)deadline_ns;
    stay(self, IN_FLUSH);
    return PATTER_OK;
}

static void interrupt(void *self)
{
    stay(self, IN_INTERRUPT);
}

static void destroy(void *self)
{
    stay(self, IN_DESTROY);
    if (mark[0]) {
        close(open(mark, O_CREAT | O_WRONLY, 0600));
    }
}

static const struct patter_exporter stuck = {
    .struct_size = sizeof(stuck),
    .option_size = sizeof(struct patter_option),
    .name = "stuck",
    .version = "1.0.0",
    .help = "Stays where it is.",
    .options = options,
    .option_count = 2,
    .create = create,
    .send = take_all,
    .interrupt = interrupt,
    .flush = flush,
    .destroy = destroy,
};

PATTER_EXPORTER(stuck);
