/* SPDX-License-Identifier: MIT */
/*
 * Two threads make calls as fast as they can, each with a ledger of every span: a line on standard
 * output, as ledger.jq makes it of what a collector wrote.
 * Usage: steady-ledger SPANS     of both threads together
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bot.h"

enum { THREADS = 2, TURNS = 10, CALL_SPANS = 1 + 5 * TURNS, BURST_CALLS = 20 };

enum stage { CALL, STT, LLM, TTS, TOOL, CUSTOM };

struct entry {
    struct patter_ids ids;
    char parent_id[17];
    enum stage stage;
    int64_t number;
    double ratio;
};

struct book {
    pthread_t thread;
    uint64_t number;
    uint64_t call_count;
    struct entry *entries;
    size_t count;
};

static struct patter_key custom_key;

/* Exact in decimal and in binary, so that both sides write them alike. */
static double ratio_of(uint64_t i)
{
    return (double)(i % 129) / 128;
}

static void note(struct book *book, struct patter_call call, struct patter_span span,
                 const struct entry *root, struct entry entry)
{
    struct entry *to = &book->entries[book->count++];
    *to = entry;
    patter_span_ids(call, span, &to->ids);
    snprintf(to->parent_id, sizeof(to->parent_id), "%s", root ? root->ids.span_id : "");
}

static void turn(struct book *book, struct patter_call call, const struct entry *root, uint64_t i)
{
    int64_t number = (int64_t)i;
    struct patter_span stt = patter_stt_begin(call);
    note(book, call, stt, root,
         (struct entry){ .stage = STT, .number = number, .ratio = ratio_of(i) });
    patter_stt_end(stt, number, ratio_of(i));

    struct patter_span llm = patter_llm_begin(call, number, number + 1);
    note(book, call, llm, root,
         (struct entry){ .stage = LLM, .number = number, .ratio = ratio_of(i) });
    patter_llm_end(llm, ratio_of(i));

    struct patter_span tts = patter_tts_begin(call, number);
    note(book, call, tts, root, (struct entry){ .stage = TTS, .number = number });
    patter_span_end(tts);

    struct patter_span tool = patter_tool_begin(call, "lookup_order", i % 2 ? "mcp" : "webhook");
    note(book, call, tool, root, (struct entry){ .stage = TOOL, .number = number });
    patter_span_end(tool);

    struct patter_span custom = patter_span_begin(call, "app.custom");
    note(book, call, custom, root, (struct entry){ .stage = CUSTOM, .number = number });
    patter_span_set_int_key(custom, custom_key, number);
    patter_span_set_bool(custom, "app.flag", i % 3 == 0);
    patter_span_set_int_key(custom, custom_key, -number); /* replaces */
    patter_span_end(custom);
}

static void *run(void *book_)
{
    struct book *book = book_;
    for (uint64_t n = 0; n < book->call_count; n++) {
        char id[32];
        snprintf(id, sizeof(id), "book%" PRIu64 "-call%" PRIu64, book->number, n);
        struct patter_call_options options = { .struct_size = sizeof(options),
                                               .id = patter_text(id),
                                               .direction = patter_text("inbound") };
        struct patter_call call = patter_call_begin(&options);
        struct entry *root = &book->entries[book->count];
        note(book, call, patter_call_root(call), NULL, (struct entry){ .stage = CALL });
        for (uint64_t i = 0; i < TURNS; i++) {
            turn(book, call, root, n * TURNS + i);
        }
        patter_call_end(call);
        if (n % BURST_CALLS == 0) {
            bot_wait_for_room();
        }
    }
    return NULL;
}

/* Attributes in the order of their names, "." for "getpatter.". */
static void print_attributes(const struct entry *entry)
{
    if (entry->stage == CALL) {
        printf(" .call.direction=inbound");
    }
    printf(" .call.id=%s", entry->ids.call_id);
    switch (entry->stage) {
    case CALL:
        break;
    case STT:
        printf(" .stt.confidence=%.17g .stt.text_len=%" PRId64, entry->ratio, entry->number);
        break;
    case LLM:
        printf(" .llm.history_size=%" PRId64 " .llm.iteration=%" PRId64 " .llm.ttft_ms=%.17g",
               entry->number + 1, entry->number, entry->ratio);
        break;
    case TTS:
        printf(" .tts.text_len=%" PRId64, entry->number);
        break;
    case TOOL:
        printf(" .tool.name=lookup_order .tool.transport=%s",
               entry->number % 2 ? "mcp" : "webhook");
        break;
    case CUSTOM:
        printf(" app.flag=%s app.number=%" PRId64, entry->number % 3 == 0 ? "true" : "false",
               -entry->number);
        break;
    }
}

static void print(const struct book *book)
{
    static const char *const names[] = { "getpatter.call", "getpatter.stt",  "getpatter.llm",
                                         "getpatter.tts",  "getpatter.tool", "app.custom" };
    for (size_t i = 0; i < book->count; i++) {
        const struct entry *entry = &book->entries[i];
        printf("%s %s %s %s", entry->ids.trace_id, entry->ids.span_id,
               entry->parent_id[0] ? entry->parent_id : "-", names[entry->stage]);
        print_attributes(entry);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    static struct book books[THREADS];
    bot_check(argc > 1, "usage: steady-ledger SPANS");
    uint64_t call_count = strtoull(argv[1], NULL, 10) / THREADS / CALL_SPANS + 1;
    bot_start();
    custom_key = patter_key_intern("app.number");
    for (uint64_t i = 0; i < THREADS; i++) {
        books[i].number = i;
        books[i].call_count = call_count;
        books[i].entries = calloc(call_count * CALL_SPANS, sizeof(struct entry));
        bot_check(books[i].entries != NULL, "no memory");
        bot_check(pthread_create(&books[i].thread, NULL, run, &books[i]) == 0, "no thread");
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(books[i].thread, NULL);
        print(&books[i]);
        free(books[i].entries);
    }
    bot_flush();
    return patter_shutdown_tracing() != PATTER_OK;
}
