/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/plugins/plain.h"

/* Writes down the id of every span it is sent, eight bytes each. */

enum { FILE_NAME, DELAY, OPTIONS };

static const struct patter_option options[] = {
    [FILE_NAME] = { .name = "file",
                    .type = PATTER_TEXT,
                    .flags = PATTER_OPTION_REQUIRED,
                    .help = "Where to" },
    [DELAY] = { .name = "delay", .type = PATTER_DURATION, .fallback = "0", .help = "Of a send" },
};

struct ledger {
    int fd;
    struct timespec delay;
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    int fd = open(values[FILE_NAME].as.text.data, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (!ledger || fd < 0) {
        host->fail_option(error, "file", "it cannot be opened");
        free(ledger);
        return PATTER_FAILED;
    }
    ledger->fd = fd;
    ledger->delay.tv_nsec = values[DELAY].as.duration_ns;
    *ret_self = ledger;
    return PATTER_OK;
}

static patter_status send_(void *self, const struct patter_batch *batch,
                           struct patter_result *result)
{
    struct ledger *ledger = self;
    nanosleep(&ledger->delay, NULL);
    for (size_t i = 0; i < batch->span_count; i++) {
        if (write(ledger->fd, batch->spans[i]->span_id, 8) != 8) {
            result->rejected++;
        }
    }
    return PATTER_OK;
}

static void destroy(void *self)
{
    struct ledger *ledger = self;
    close(ledger->fd);
    free(ledger);
}

static const struct patter_exporter exporter = {
    PLAIN_FIELDS,       .name = "ledger",        .help = "Writes down span ids",
    .options = options, .option_count = OPTIONS, .create = create,
    .send = send_,      .destroy = destroy,      .flags = PATTER_CONCURRENT,
};

PATTER_EXPORTER(exporter);
