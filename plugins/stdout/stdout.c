/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <patter/exporter.h>
#include <patter/version.h>

#include "plugins/otlp/json.h"
#include "plugins/stdout/line.h"
#include "plugins/stdout/sink.h"
#include "plugins/stdout/tree.h"

/* Spans as text on standard output: the exporter that needs no backend. */

enum out_format { FORMAT_TREE, FORMAT_JSON, FORMAT_LINE, FORMAT_COUNT };

struct out_exporter {
    enum out_format format;
    locale_t plain; /* the program's own may have a decimal comma */
    struct out_sink sink;
    struct out_tree tree;
    struct otlp_buffer json;
    char detail[128];
};

static const char *const formats[FORMAT_COUNT + 1] = { "tree", "json", "line", NULL };
static const char *const colors[] = { "auto", "always", "never", NULL };

static const uint64_t last_words_ns = 500000000; /* for what is held when the exporter goes */

enum { OPTION_FORMAT, OPTION_COLOR, OPTION_MAX_MEMORY };

static const struct patter_option options[] = {
    [OPTION_FORMAT] = { .name = "format",
                        .type = PATTER_TEXT,
                        .fallback = "tree",
                        .choices = formats,
                        .help =
                            "tree: each call as a waterfall; json: a line of OTLP/JSON for each "
                            "batch; line: a line for each span." },
    [OPTION_COLOR] = { .name = "color",
                       .type = PATTER_TEXT,
                       .fallback = "auto",
                       .choices = colors,
                       .help = "Of the tree; auto: on a terminal, unless NO_COLOR is set." },
    [OPTION_MAX_MEMORY] = { .name = "max_memory",
                            .type = PATTER_SIZE,
                            .fallback = "4MiB",
                            .min = 16 << 10,
                            .max = 1 << 30,
                            .help = "Of the tree: bytes for the calls under way; beyond it the "
                                    "oldest is printed as it stands." },
    { .name = "verbosity", .flags = PATTER_OPTION_WARNED, .help = "`format` says what is printed" },
    { .name = "sampling_initial", .flags = PATTER_OPTION_WARNED, .help = "every span is printed" },
    { .name = "sampling_thereafter",
      .flags = PATTER_OPTION_WARNED,
      .help = "every span is printed" },
    { .name = "use_internal_logger",
      .flags = PATTER_OPTION_WARNED,
      .help = "spans always go to standard output" },
    { .name = "output_paths",
      .flags = PATTER_OPTION_REFUSED,
      .help = "spans go to standard output alone; redirect that, and remove this key" },
};

static enum out_format format_of(struct patter_str name)
{
    int format = FORMAT_TREE;
    while (format < FORMAT_LINE && (name.len != strlen(formats[format]) ||
                                    memcmp(name.data, formats[format], name.len) != 0)) {
        format++;
    }
    return (enum out_format)format;
}

static void destroy_quietly(struct out_exporter *exporter)
{
    if (exporter->plain) {
        freelocale(exporter->plain);
    }
    out_tree_clean(&exporter->tree);
    out_sink_clean(&exporter->sink);
    otlp_buffer_clean(&exporter->json);
    free(exporter);
}

static patter_status create(const struct patter_host *host, const struct patter_value *values,
                            void **ret_self, struct patter_error *error)
{
    /* The next file that the program opens would get its number, and the spans. */
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
        host->fail(error, "standard output is closed: keep it open, send it to a file or to "
                          "/dev/null, or take this exporter out");
        return PATTER_FAILED;
    }
    struct out_exporter *exporter = calloc(1, sizeof(*exporter));
    if (exporter) {
        exporter->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    }
    if (!exporter || !exporter->plain) {
        free(exporter);
        host->fail(error, "memory is short");
        return PATTER_NO_MEMORY;
    }
    char color[8] = { 0 };
    struct patter_str chosen = values[OPTION_COLOR].as.text;
    memcpy(color, chosen.data, chosen.len < sizeof(color) ? chosen.len : sizeof(color) - 1);
    out_style_init(&exporter->tree.style, color, STDOUT_FILENO);
    exporter->format = format_of(values[OPTION_FORMAT].as.text);
    exporter->tree.held.max_memory = (size_t)values[OPTION_MAX_MEMORY].as.size_bytes;
    *ret_self = exporter;
    return PATTER_OK;
}

/* Adds the batch to the sink's text; the number of spans that memory was too short for. */
static uint32_t add_batch(struct out_exporter *exporter, const struct patter_batch *batch)
{
    struct out_text *text = &exporter->sink.text;
    uint32_t lost = 0;
    switch (exporter->format) {
    case FORMAT_JSON:
        if (!otlp_encode_json(batch, &exporter->json)) {
            return (uint32_t)batch->span_count;
        }
        out_text_put(text, (const char *)exporter->json.data, exporter->json.len);
        out_text_put(text, "\n", 1);
        break;
    case FORMAT_LINE:
        out_line_add(batch, text);
        break;
    default:
        out_style_measure(&exporter->tree.style, STDOUT_FILENO);
        lost = out_tree_add(&exporter->tree, batch, text);
        break;
    }
    return text->failed ? (uint32_t)batch->span_count : lost;
}

static patter_status is_gone(struct out_exporter *exporter, struct patter_result *result)
{
    char system[64];
    result->reason = "stdout_closed";
    snprintf(exporter->detail, sizeof(exporter->detail), "cannot write to standard output: %s",
             strerror_r(exporter->sink.error, system, sizeof(system)));
    result->detail = exporter->detail;
    return PATTER_FAILED;
}

static patter_status out_send(void *self, const struct patter_batch *batch,
                              struct patter_result *result)
{
    struct out_exporter *exporter = self;
    patter_status status = out_sink_write(&exporter->sink, batch->deadline_ns);
    if (status == PATTER_TIMEOUT) {
        result->reason = "stdout_blocked";
        result->detail = "standard output takes nothing more: its reader has stopped reading";
        return PATTER_AGAIN;
    }
    if (status != PATTER_OK) {
        return is_gone(exporter, result);
    }
    locale_t before = uselocale(exporter->plain);
    uint32_t lost = add_batch(exporter, batch);
    uselocale(before);
    exporter->sink.text.failed = false;
    if (lost > 0) {
        result->rejected = lost;
        result->reason = "no_memory";
    }
    /* What does not go out in time goes out first the next time: it is taken in either way. */
    status = out_sink_write(&exporter->sink, batch->deadline_ns);
    return status == PATTER_FAILED ? is_gone(exporter, result) : PATTER_OK;
}

static void out_destroy(void *self)
{
    struct out_exporter *exporter = self;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    locale_t before = uselocale(exporter->plain);
    out_style_measure(&exporter->tree.style, STDOUT_FILENO);
    out_tree_finish(&exporter->tree, &exporter->sink.text);
    uselocale(before);
    out_sink_write(&exporter->sink,
                   (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + last_words_ns);
    destroy_quietly(exporter);
}

static void out_interrupt(void *self)
{
    struct out_exporter *exporter = self;
    exporter->sink.is_interrupted = true;
}

static patter_status out_flush(void *self, uint64_t deadline_ns)
{
    struct out_exporter *exporter = self;
    return out_sink_write(&exporter->sink, deadline_ns) == PATTER_TIMEOUT ? PATTER_TIMEOUT
                                                                          : PATTER_OK;
}

static void out_describe(void *self, char *text, size_t size)
{
    const struct out_exporter *exporter = self;
    snprintf(text, size, "standard output (%s)", formats[exporter->format]);
}

/* What was held is the parent's to print. */
static void out_fork_child(void *self)
{
    struct out_exporter *exporter = self;
    out_tree_clean(&exporter->tree);
    exporter->sink.text.len = 0;
    exporter->sink.written = 0;
}

static const struct patter_exporter exporter_v1 = {
    .struct_size = sizeof(struct patter_exporter),
    .option_size = sizeof(struct patter_option),
    .name = "stdout",
    .version = PATTER_VERSION,
    .help = "Prints spans on standard output: calls as waterfalls, or lines for other programs.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .create = create,
    .send = out_send,
    .destroy = out_destroy,
    .interrupt = out_interrupt,
    .flush = out_flush,
    .describe = out_describe,
    .fork_child = out_fork_child,
};

PATTER_EXPORTER(exporter_v1);
