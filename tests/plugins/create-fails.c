/* SPDX-License-Identifier: MIT */

/* create() fails, in each way in which it may. */

#include <patter/exporter.h>

#include "tests/plugins/plain.h"

static const char *const ways[] = { "silent", "text", "option", "both", "absent", NULL };

static const struct patter_option options[] = {
    { .name = "way",
      .type = PATTER_TEXT,
      .flags = PATTER_OPTION_REQUIRED,
      .choices = ways,
      .help = "How it fails." },
    { .name = "tls.ca_file", .type = PATTER_TEXT, .help = "What it may be about." },
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    (void)ret_self;
    switch (values[0].as.text.data[0]) {
    case 't':
        host->fail(error, "connection table is full");
        host->fail(error, "cannot begin");
        return PATTER_FAILED;
    case 'o':
        host->fail_option(error, "tls.ca_file", "no PEM in it; write one");
        return PATTER_INVALID;
    case 'b':
        host->fail_option(error, "way", "this one never works");
        host->fail_option(error, "tls.ca_file", "no PEM in it; write one");
        host->fail(error, NULL);
        host->fail(NULL, "to nobody");
        return PATTER_INVALID;
    case 'a':
        host->fail_option(error, "tls.key_file", "is not there");
        return PATTER_INVALID;
    default:
        return PATTER_AGAIN; /* which create() may not return */
    }
}

static const struct patter_exporter create_fails = {
    PLAIN_FIELDS,       .name = "create-fails",   .help = "Nowhere; it does not begin.",
    .options = options, .option_count = 2,        .create = create,
    .send = plain_send, .destroy = plain_destroy,
};

PATTER_EXPORTER(create_fails);
