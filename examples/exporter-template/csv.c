/* SPDX-License-Identifier: MIT */

/* An exporter in one file: a line of comma-separated values for each span. */

#include <patter/exporter.h>

#include <inttypes.h>
#include <stdio.h>

/* The keys of this plugin's section in patter.yaml; values[OPTION_FILE] answers
 * options[OPTION_FILE]. */
enum { OPTION_FILE, OPTION_COUNT };
static const struct patter_option options[OPTION_COUNT] = {
    [OPTION_FILE] = { .name = "file",
                      .type = PATTER_TEXT,
                      .flags = PATTER_OPTION_REQUIRED,
                      .help = "The file that lines are added to." },
};

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    FILE *file = fopen(values[OPTION_FILE].as.text.data, "ae");
    if (!file) {
        host->fail_option(error, "file", "cannot be opened for writing; check folder and rights");
        return PATTER_INVALID;
    }
    *ret_self = file; /* handed to each of the functions below */
    return PATTER_OK;
}

static patter_status send_batch(void *self, const struct patter_batch *batch,
                                struct patter_result *result)
{
    FILE *file = self;
    for (size_t i = 0; i < batch->span_count; i++) {
        const struct patter_span_view *span = batch->spans[i];
        /* No quotes needed: a call id and a name hold neither commas nor blanks. */
        fprintf(file, "%.*s,%.*s,%" PRIu64 ",%" PRIu64 "\n", (int)span->call_id.len,
                span->call_id.data, (int)span->name.len, span->name.data, span->begin_unix_ns,
                span->end_unix_ns - span->begin_unix_ns);
    }
    if (fflush(file) != 0) {
        clearerr(file);
        result->reason = "write_failed"; /* the name of a counter */
        result->detail = "the CSV file cannot be written; is the disk full?";
        return PATTER_FAILED; /* the spans are dropped; PATTER_AGAIN would offer them again */
    }
    return PATTER_OK;
}

static void destroy(void *self)
{
    fclose(self);
}

static const struct patter_exporter csv = {
    .struct_size = sizeof(struct patter_exporter),
    .option_size = sizeof(struct patter_option),
    .name = "csv", /* the file is patter-csv.so, the key in patter.yaml is csv */
    .version = "1.0.0",
    .help = "Adds a line to a file for each span: call id, name, begin and duration in ns.",
    .options = options,
    .option_count = OPTION_COUNT,
    .create = create,
    .send = send_batch,
    .destroy = destroy,
};

PATTER_EXPORTER(csv);
