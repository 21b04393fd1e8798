/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "ears.h"
#include "endpointer.h"
#include "mind.h"
#include "mouth.h"

enum { RECENT_FRAMES = 15, MOST_ROUNDS = 4, SENTENCE_SIZE = 256 };

/* What the bot says in one turn. */
struct reply {
    struct audio audio;
    char sentence[SENTENCE_SIZE]; /* being streamed by the mind */
    size_t sentence_len;
    size_t text_len; /* characters of the sentences spoken into `audio` */
    char text[MIND_TEXT];
};

struct call {
    const struct call_setup *setup;
    struct patter_call trace;
    struct ledger *ledger;
    struct line line;
    struct endpointer endpointer;
    int16_t recent[RECENT_FRAMES][FRAME_SAMPLES]; /* a turn is noticed after it began */
    size_t heard_frames;
    bool caller_began;
    struct mind mind;
    struct tools *tools;
    struct reply reply;
    unsigned reply_count;
};

/* A carrier's own id for the call, in Twilio's form. */
static void make_call_id(char ret_id[35])
{
    unsigned char random[16] = { 0 };
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        random[0] = (unsigned char)time(NULL);
    }
    snprintf(ret_id, 3, "CA");
    for (size_t i = 0; i < sizeof(random); i++) {
        snprintf(ret_id + 2 + 2 * i, 3, "%02x", random[i]);
    }
}

/* Hears one frame. False: the caller hung up. */
static bool hear_frame(struct call *call, bool bot_speaks, unsigned words, enum endpoint *ret_event)
{
    int16_t *frame = call->recent[call->heard_frames % RECENT_FRAMES];
    if (!line_hear(&call->line, bot_speaks, frame)) {
        return false;
    }
    call->heard_frames++;
    *ret_event = endpointer_hear(&call->endpointer, frame, words);
    return true;
}

static void hear_recent(const struct call *call, struct ears *ears)
{
    size_t first = call->heard_frames < RECENT_FRAMES ? 0 : call->heard_frames - RECENT_FRAMES;
    for (size_t i = first; i < call->heard_frames; i++) {
        ears_hear(ears, call->recent[i % RECENT_FRAMES], FRAME_SAMPLES);
    }
}

/* Waits until the caller begins to speak. False: the caller hung up. */
static bool wait_for_turn(struct call *call)
{
    enum endpoint event = call->caller_began ? ENDPOINT_BEGAN : ENDPOINT_NONE;
    while (event != ENDPOINT_BEGAN) {
        if (!hear_frame(call, false, 0, &event)) {
            return false;
        }
    }
    call->caller_began = false;
    return true;
}

/* Listens to the caller's turn until its end. False: the caller hung up, or nobody can hear. */
static bool listen(struct call *call, struct transcript *ret_transcript)
{
    if (!wait_for_turn(call)) {
        return false;
    }
    struct patter_span stt = patter_stt_begin(call->trace);
    struct patter_span endpoint = patter_endpoint_begin(call->trace);
    struct ears *ears = ears_take();
    enum endpoint event = ENDPOINT_NONE;
    if (!ears) {
        patter_span_set_error(stt, "no_recogniser");
        patter_span_end(endpoint);
        patter_span_end(stt);
        return false;
    }
    hear_recent(call, ears);
    while (event != ENDPOINT_ENDED && hear_frame(call, false, ears_word_count(ears), &event)) {
        ears_hear(ears, call->recent[(call->heard_frames - 1) % RECENT_FRAMES], FRAME_SAMPLES);
    }
    unsigned silence_ms = call->endpointer.silent_frames * FRAME_MS;
    patter_endpoint_end(endpoint, silence_ms);
    ledger_add(call->ledger, PATTER_SPAN_ENDPOINT, "\"getpatter.endpoint.silence_ms\":%u",
               silence_ms);

    ears_finish(ears, ret_transcript);
    ears_give_back(ears);
    size_t text_len = strlen(ret_transcript->text);
    patter_stt_end(stt, (int64_t)text_len, ret_transcript->confidence);
    ledger_add(call->ledger, PATTER_SPAN_STT,
               "\"getpatter.stt.text_len\":%zu,\"getpatter.stt.confidence\":%.2f", text_len,
               ret_transcript->confidence);
    ledger_add_words(call->ledger, ret_transcript->text);
    return true;
}

/* Speaks one sentence into the reply. */
static void say(struct call *call, const char *sentence)
{
    struct reply *reply = &call->reply;
    size_t len = strlen(sentence);
    struct patter_span tts = patter_tts_begin(call->trace, (int64_t)len);
    if (!mouth_say(sentence, &reply->audio)) {
        patter_span_set_error(tts, "no_voice");
    }
    patter_span_end(tts);
    ledger_add(call->ledger, PATTER_SPAN_TTS, "\"getpatter.tts.text_len\":%zu", len);
    reply->text_len += len;
}

/* A sentence is spoken as soon as the mind has streamed its last word. */
static void stream_word(struct call *call, const char *word, size_t len)
{
    struct reply *reply = &call->reply;
    if (len >= sizeof(reply->sentence) - reply->sentence_len) {
        return;
    }
    memcpy(reply->sentence + reply->sentence_len, word, len);
    reply->sentence_len += len;
    while (len > 0 && word[len - 1] == ' ') {
        len--;
    }
    if (len > 0 && strchr(".?!", word[len - 1])) {
        while (reply->sentence[reply->sentence_len - 1] == ' ') {
            reply->sentence_len--;
        }
        reply->sentence[reply->sentence_len] = '\0';
        say(call, reply->sentence);
        reply->sentence_len = 0;
    }
}

/* One request to the mind. True: it wants a tool first. */
static bool think(struct call *call, int64_t iteration)
{
    struct mind *mind = &call->mind;
    size_t history_size = mind->message_count;
    enum mind_event event = MIND_DONE;
    const char *word = NULL;
    size_t len = 0;
    bool is_first = true;

    struct patter_span llm = patter_llm_begin(call->trace, iteration, (int64_t)history_size);
    mind_ask(mind);
    while ((event = mind_next(mind, &word, &len)) != MIND_DONE) {
        if (is_first) {
            patter_llm_first_token(llm);
            is_first = false;
        }
        if (event == MIND_WANTS_TOOL) {
            break;
        }
        stream_word(call, word, len);
    }
    patter_span_end(llm);
    ledger_add(call->ledger, PATTER_SPAN_LLM,
               "\"getpatter.llm.iteration\":%lld,\"getpatter.llm.history_size\":%zu",
               (long long)iteration, history_size);
    return event == MIND_WANTS_TOOL;
}

static void use_tool(struct call *call)
{
    const struct tool_call wanted = call->mind.wanted;
    struct tool_answer answer = { 0 };

    struct patter_span tool = patter_tool_begin(call->trace, wanted.name, "webhook");
    const char *fault = tools_use(call->tools, call->trace, tool, &wanted, &answer);
    if (fault) {
        patter_span_set_error(tool, fault);
    }
    patter_span_end(tool);
    ledger_add(call->ledger, PATTER_SPAN_TOOL,
               "\"getpatter.tool.name\":\"%s\",\"getpatter.tool.transport\":\"webhook\"%s%s%s",
               wanted.name, fault ? ",\"error.type\":\"" : "", fault ? fault : "",
               fault ? "\"" : "");
    mind_hear_tool(&call->mind, &wanted, &answer);
}

/* The caller speaks over the reply, of which `played` samples were heard: stops. */
static void stop_speaking(struct call *call, size_t played)
{
    struct reply *reply = &call->reply;
    struct patter_span bargein = patter_bargein_begin(call->trace);
    size_t spoken_len = reply->text_len * played / reply->audio.count;
    size_t cancelled_len = reply->text_len - spoken_len;
    reply->audio.count = played;
    call->caller_began = true;
    patter_bargein_end(bargein, (int64_t)cancelled_len);
    ledger_add(call->ledger, PATTER_SPAN_BARGEIN, "\"getpatter.bargein.cancelled_text_len\":%zu",
               cancelled_len);
}

/* Plays the reply, listening all the while, and keeps what was heard of it as a WAV. */
static bool play(struct call *call)
{
    struct reply *reply = &call->reply;
    size_t frame_samples = mouth_rate() / 1000 * FRAME_MS;
    enum endpoint event = ENDPOINT_NONE;
    char path[4096];

    for (size_t played = 0; played < reply->audio.count; played += frame_samples) {
        hear_frame(call, true, 0, &event);
        if (event == ENDPOINT_BEGAN) {
            stop_speaking(call, played);
        }
    }
    snprintf(path, sizeof(path), "%s/call-%u-reply-%u.wav", call->setup->out,
             call->setup->call_number, call->reply_count++);
    bool ok = audio_save_wav(&reply->audio, mouth_rate(), path);
    audio_clean(&reply->audio);
    *reply = (struct reply){ 0 };
    return ok;
}

static bool answer(struct call *call, const struct transcript *transcript)
{
    mind_hear(&call->mind, MIND_CALLER, transcript->text);
    for (int64_t iteration = 0; think(call, iteration) && iteration < MOST_ROUNDS; iteration++) {
        use_tool(call);
    }
    mind_hear(&call->mind, MIND_BOT, call->mind.answer);
    return play(call);
}

static bool greet(struct call *call)
{
    static const char *const greeting[] = { "Courier desk, good morning.",
                                            "What can I do for you?" };
    for (size_t i = 0; i < 2; i++) {
        say(call, greeting[i]);
        mind_hear(&call->mind, MIND_BOT, greeting[i]);
    }
    return play(call);
}

static bool converse(struct call *call)
{
    struct transcript transcript;
    bool ok = greet(call);
    while (ok && listen(call, &transcript)) {
        ok = answer(call, &transcript);
    }
    return ok;
}

static struct patter_call begin_trace(struct ledger *ledger)
{
    struct patter_ids ids;
    make_call_id(ledger->call_id);
    struct patter_call_options options = { .struct_size = sizeof(options),
                                           .id = patter_text(ledger->call_id),
                                           .direction = patter_text("inbound"),
                                           .provider_mode = patter_text("pipeline") };
    struct patter_call trace = patter_call_begin(&options);
    if (patter_span_ids(trace, (struct patter_span){ 0 }, &ids) == PATTER_OK) {
        memcpy(ledger->trace_id, ids.trace_id, sizeof(ledger->trace_id));
    }
    return trace;
}

bool call_hold(const struct call_setup *setup, struct ledger *ret_ledger)
{
    bool ok = false;
    *ret_ledger = (struct ledger){ 0 };
    struct patter_call trace = begin_trace(ret_ledger);
    struct call *call = calloc(1, sizeof(*call));
    struct tools *tools = tools_new(setup->desk_port);
    if (call && tools) {
        call->setup = setup;
        call->trace = trace;
        call->ledger = ret_ledger;
        call->tools = tools;
        line_init(&call->line, setup->recordings, setup->recording_count);
        endpointer_init(&call->endpointer);
        mind_init(&call->mind);
        ok = converse(call);
    }
    tools_destroy(tools);
    free(call);
    patter_call_end(trace);
    ledger_add(ret_ledger, PATTER_SPAN_CALL,
               "\"getpatter.call.direction\":\"inbound\","
               "\"getpatter.call.provider_mode\":\"pipeline\"");
    return ok;
}
