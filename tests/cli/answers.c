/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <patter/exporter.h>

/* Gives the answer that its options say. */

struct answers {
    patter_status status;
    uint32_t rejected;
    char reason[32];
    char detail[128];
};

static const char *const statuses[] = { "ok", "again", "too_large", "failed", NULL };
static const patter_status codes[] = { PATTER_OK, PATTER_AGAIN, PATTER_TOO_LARGE, PATTER_FAILED };

static const struct patter_option options[] = {
    { .name = "status",
      .type = PATTER_TEXT,
      .fallback = "ok",
      .choices = statuses,
      .help = "What send() returns." },
    { .name = "rejected", .type = PATTER_INT, .fallback = "0", .max = 9, .help = "Of an ok." },
    { .name = "reason", .type = PATTER_TEXT, .help = "The token." },
    { .name = "detail", .type = PATTER_TEXT, .help = "The sentence." },
    { .name = "token", .type = PATTER_TEXT, .flags = PATTER_OPTION_SECRET, .help = "A secret." },
    { .name = "headers",
      .type = PATTER_TEXT_MAP,
      .flags = PATTER_OPTION_SECRET,
      .help = "Secrets." },
    { .name = "url", .type = PATTER_TEXT, .help = "Any URL." },
    { .name = "wait",
      .type = PATTER_DURATION,
      .fallback = "90s",
      .min = 1000000,
      .max = 7200000000000,
      .help = "Any time." },
    { .name = "must", .type = PATTER_BOOL, .flags = PATTER_OPTION_REQUIRED, .help = "write true" },
    { .name = "quiet", .flags = PATTER_OPTION_PASSED, .help = "it is another's" },
    { .name = "loud", .flags = PATTER_OPTION_WARNED, .help = "there is none" },
    { .name = "shrill", .flags = PATTER_OPTION_WARNED, .help = "there is none" },
    { .name = "never", .flags = PATTER_OPTION_REFUSED, .help = "write must" },
};

static void take_text(char *to, size_t size, const struct patter_value *value)
{
    size_t len = value->type == PATTER_TEXT ? value->as.text.len : 0;
    len = len < size ? len : size - 1;
    memcpy(to, value->as.text.data ? value->as.text.data : "", len);
}

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    struct answers *answers = calloc(1, sizeof(*answers));
    (void)host;
    (void)error;
    if (!answers) {
        return PATTER_NO_MEMORY;
    }
    while (strncmp(statuses[answers->status], values[0].as.text.data, values[0].as.text.len) != 0) {
        answers->status++;
    }
    answers->status = codes[answers->status];
    answers->rejected = (uint32_t)values[1].as.integer;
    take_text(answers->reason, sizeof(answers->reason), &values[2]);
    take_text(answers->detail, sizeof(answers->detail), &values[3]);
    *ret_self = answers;
    return PATTER_OK;
}

static patter_status answer(void *self, const struct patter_batch *batch,
                            struct patter_result *result)
{
    const struct answers *answers = self;
    (void)batch;
    result->rejected = answers->rejected;
    result->reason = answers->reason[0] ? answers->reason : NULL;
    result->detail = answers->detail[0] ? answers->detail : NULL;
    return answers->status;
}

static const struct patter_exporter exporter = {
    .struct_size = sizeof(struct patter_exporter),
    .option_size = sizeof(struct patter_option),
    .name = "answers",
    .version = "2.5",
    .help = "Answers as it is told.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .create = create,
    .send = answer,
    .destroy = free,
};

PATTER_EXPORTER(exporter);
