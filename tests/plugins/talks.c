/* SPDX-License-Identifier: MIT */

/* Logs what it was told, and more than anybody wants to read. */

#include <patter/exporter.h>

#include <inttypes.h>
#include <stdio.h>

#include "tests/plugins/plain.h"

static const struct patter_option options[] = {
    { .name = "colour", .type = PATTER_TEXT, .fallback = "red", .help = "Of what." },
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    char line[128];
    (void)ret_self;
    (void)error;
    snprintf(line, sizeof(line), "version %s, instance %s, %" PRIu32 " workers, colour %.*s",
             host->version, host->instance, host->worker_count, (int)values[0].as.text.len,
             values[0].as.text.data);
    host->log(host->data, PATTER_LOG_INFO, line);
    for (int i = 0; i < 100; i++) {
        host->log(host->data, PATTER_LOG_WARNING, "again\nand again");
    }
    host->log(host->data, 77, "of no known level");
    host->log(host->data, PATTER_LOG_ERROR, NULL);
    return PATTER_OK;
}

static const struct patter_exporter talks = {
    PLAIN_FIELDS,      .name = "talks",  .help = "To the log.", .options = options,
    .option_count = 1, .create = create, .send = plain_send,    .destroy = plain_destroy,
};

PATTER_EXPORTER(talks);
