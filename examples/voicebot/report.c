/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SPAN_KINDS = PATTER_SPAN_BARGEIN + 1, WORDS_WIDTH = 44 };

static const char *const span_names[SPAN_KINDS] = {
    [PATTER_SPAN_CALL] = "getpatter.call",         [PATTER_SPAN_STT] = "getpatter.stt",
    [PATTER_SPAN_ENDPOINT] = "getpatter.endpoint", [PATTER_SPAN_LLM] = "getpatter.llm",
    [PATTER_SPAN_TTS] = "getpatter.tts",           [PATTER_SPAN_TOOL] = "getpatter.tool",
    [PATTER_SPAN_BARGEIN] = "getpatter.bargein"
};

/* {"getpatter.stt.text_len":21} reads text_len=21. */
static void print_attributes(const char *json)
{
    static const char prefix[] = "getpatter.stt.";
    for (; *json; json++) {
        if (strncmp(json, prefix, sizeof(prefix) - 1) == 0) {
            json += sizeof(prefix) - 2;
        } else if (*json != '"') {
            putchar(*json == ':' ? '=' : *json == ',' ? ' ' : *json);
        }
    }
}

void report_words(const struct ledger *ledgers, size_t call_count)
{
    printf("%-*s  %s\n", WORDS_WIDTH, "what the caller said (this terminal only)", "what left");
    for (size_t i = 0; i < call_count; i++) {
        for (size_t k = 0; k < ledgers[i].count; k++) {
            const struct ledger_entry *entry = &ledgers[i].entries[k];
            if (entry->span == PATTER_SPAN_STT) {
                printf("%-*s  ", WORDS_WIDTH, entry->words);
                print_attributes(entry->attributes);
                putchar('\n');
            }
        }
    }
}

static void print_calls(FILE *out, const struct ledger *ledgers, size_t call_count)
{
    for (size_t i = 0; i < call_count; i++) {
        fprintf(out, "%s{\"call_id\":\"%s\",\"trace_id\":\"%s\",\"spans\":[", i ? "," : "",
                ledgers[i].call_id, ledgers[i].trace_id);
        for (size_t k = 0; k < ledgers[i].count; k++) {
            const struct ledger_entry *entry = &ledgers[i].entries[k];
            fprintf(out, "%s\n{\"name\":\"%s\",\"attributes\":{%s}}", k ? "," : "",
                    span_names[entry->span], entry->attributes);
        }
        fprintf(out, "]}");
    }
}

static void print_ended(FILE *out, const struct ledger *ledgers, size_t call_count)
{
    unsigned ended[SPAN_KINDS] = { 0 };
    for (size_t i = 0; i < call_count; i++) {
        for (size_t k = 0; k < ledgers[i].count; k++) {
            ended[ledgers[i].entries[k].span]++;
        }
    }
    for (uint32_t span = PATTER_SPAN_CALL; span < SPAN_KINDS; span++) {
        fprintf(out, "%s\"%s\":%u", span > PATTER_SPAN_CALL ? "," : "", span_names[span],
                ended[span]);
    }
}

static void print_exporters(FILE *out)
{
    struct patter_exporter_stats stats = { .struct_size = sizeof(stats) };
    for (size_t i = 0; patter_get_exporter_stats(i, &stats) == PATTER_OK; i++) {
        fprintf(out, "%s{\"name\":\"%s\",\"exported\":%llu,\"dropped\":%llu,\"waiting\":%llu}",
                i ? "," : "", stats.name, (unsigned long long)stats.exported,
                (unsigned long long)stats.dropped, (unsigned long long)stats.waiting);
        stats = (struct patter_exporter_stats){ .struct_size = sizeof(stats) };
    }
}

bool report_json(const char *path, const struct ledger *ledgers, size_t call_count,
                 const struct desk_report *desk)
{
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *out = to_stdout ? stdout : fopen(path, "w");
    if (!out) {
        fprintf(stderr, "voicebot: %s: %s\n", path, strerror(errno));
        return false;
    }
    fprintf(out, "{\"calls\":[");
    print_calls(out, ledgers, call_count);
    fprintf(out, "],\n\"ended\":{");
    print_ended(out, ledgers, call_count);
    fprintf(out, "},\n\"desk_requests\":%u,\n\"desk_spans\":%u,\n\"exporters\":[",
            desk->request_count, desk->span_count);
    print_exporters(out);
    fprintf(out, "]}\n");
    bool ok = (to_stdout ? fflush(out) : fclose(out)) == 0;
    if (!ok) {
        fprintf(stderr, "voicebot: %s: %s\n", path, strerror(errno));
    }
    return ok;
}
