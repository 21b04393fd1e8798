/* SPDX-License-Identifier: MIT */

/* send() answers what no send() may: each wrong answer in turn. */

#include <patter/exporter.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plugins/plain.h"

enum { LONG_LEN = 100000, ANSWERS = 8 };

struct garbage {
    unsigned next;
    char *text; /* LONG_LEN characters */
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    (void)values;
    struct garbage *self = calloc(1, sizeof(*self));
    char *text = malloc(LONG_LEN + 1);
    if (!self || !text) {
        free(self);
        free(text);
        host->fail(error, "memory is short");
        return PATTER_NO_MEMORY;
    }
    memset(text, 'x', LONG_LEN);
    text[LONG_LEN] = '\0';
    self->text = text;
    *ret_self = self;
    return PATTER_OK;
}

static patter_status send_batch(void *data, const struct patter_batch *batch,
                                struct patter_result *result)
{
    struct garbage *self = data;
    switch (self->next++ % ANSWERS) {
    case 0: /* the first is what the operator gets to see */
        result->reason = "Not a token\n\033[31m%s%n";
        result->detail = "%s%s%s%n\n\033[31m";
        result->struct_size = 0;
        return PATTER_FAILED;
    case 1:
        return INT32_MIN;
    case 2: /* statuses of other functions */
        return self->next % 16 < ANSWERS ? PATTER_DISABLED : PATTER_ALREADY;
    case 3: /* more than there were */
        result->rejected = UINT32_MAX;
        return PATTER_OK;
    case 4: /* no reason */
        result->reason = NULL;
        return PATTER_FAILED;
    case 5: /* a reason that is no token, and far too long */
        result->reason = self->text;
        result->detail = self->text;
        return PATTER_FAILED;
    case 6: /* no status at all */
        return 12345;
    default: /* a batch of one cannot be halved */
        return batch->span_count == 1 ? PATTER_TOO_LARGE : PATTER_OK;
    }
}

static void destroy(void *data)
{
    struct garbage *self = data;
    free(self->text);
    free(self);
}

static const struct patter_exporter garbage = {
    PLAIN_FIELDS,     .name = "garbage",  .help = "Nowhere; its answers mean nothing.",
    .create = create, .send = send_batch, .destroy = destroy,
};

PATTER_EXPORTER(garbage);
