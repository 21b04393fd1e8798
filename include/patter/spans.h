/* SPDX-License-Identifier: MIT */
#ifndef PATTER_SPANS_H
#define PATTER_SPANS_H

/* The documented spans, each with its attributes. Part of <patter/patter.h>. */

#include <patter/patter.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The documented names and keys, as bindings know them. The numbers never change.
 * Numbers that are unknown: pass a negative one, and the attribute is left out.
 */
enum {
    PATTER_SPAN_CALL = 1,
    PATTER_SPAN_STT = 2,
    PATTER_SPAN_ENDPOINT = 3,
    PATTER_SPAN_LLM = 4,
    PATTER_SPAN_TTS = 5,
    PATTER_SPAN_TOOL = 6,
    PATTER_SPAN_BARGEIN = 7
};
enum {
    PATTER_KEY_CALL_ID = 1,
    PATTER_KEY_CALL_DIRECTION = 2,
    PATTER_KEY_CALL_PROVIDER_MODE = 3,
    PATTER_KEY_STT_TEXT_LEN = 4,
    PATTER_KEY_STT_CONFIDENCE = 5,
    PATTER_KEY_ENDPOINT_SILENCE_MS = 6,
    PATTER_KEY_LLM_ITERATION = 7,
    PATTER_KEY_LLM_HISTORY_SIZE = 8,
    PATTER_KEY_LLM_TTFT_MS = 9,
    PATTER_KEY_TTS_TEXT_LEN = 10,
    PATTER_KEY_TOOL_NAME = 11,
    PATTER_KEY_TOOL_TRANSPORT = 12,
    PATTER_KEY_BARGEIN_CANCELLED_TEXT_LEN = 13,
    PATTER_KEY_ERROR_TYPE = 14,
    PATTER_KEY_EXCEPTION_TYPE = 15
};

static inline struct patter_key patter_key_known(uint32_t id)
{
    struct patter_key key = { id };
    return key;
}

static inline struct patter_span patter_span_begin_known(struct patter_call call, uint32_t name)
{
    struct patter_span none = { 0 };
    return call.handle ? patter_span_begin_known_(call, name) : none;
}

/* What the inline functions below stand on; for bindings. A zero handle is allowed: nothing
 * happens, nothing is counted. [any] */
PATTER_API void patter_stt_end_(struct patter_span span, int64_t text_len, double confidence);
PATTER_API void patter_endpoint_end_(struct patter_span span, int64_t silence_ms);
PATTER_API struct patter_span patter_llm_begin_(struct patter_call call, int64_t iteration,
                                                int64_t history_size);
PATTER_API void patter_llm_end_(struct patter_span span, double ttft_ms);
PATTER_API struct patter_span patter_tts_begin_(struct patter_call call, int64_t text_len);
PATTER_API struct patter_span patter_tool_begin_(struct patter_call call, struct patter_str name,
                                                 struct patter_str transport);
PATTER_API void patter_bargein_end_(struct patter_span span, int64_t cancelled_text_len);

/** Opens getpatter.stt: one utterance being recognised. [any] */
static inline struct patter_span patter_stt_begin(struct patter_call call)
{
    return patter_span_begin_known(call, PATTER_SPAN_STT);
}

/** Ends it: characters of the final transcript, confidence 0..1. Never the transcript itself. [any]
 */
static inline void patter_stt_end(struct patter_span span, int64_t text_len, double confidence)
{
    if (span.handle) {
        patter_stt_end_(span, text_len, confidence);
    }
}

/** Opens getpatter.endpoint: waiting for the caller's turn to end. [any] */
static inline struct patter_span patter_endpoint_begin(struct patter_call call)
{
    return patter_span_begin_known(call, PATTER_SPAN_ENDPOINT);
}

/** Ends it: the silence that decided it, in ms. [any] */
static inline void patter_endpoint_end(struct patter_span span, int64_t silence_ms)
{
    if (span.handle) {
        patter_endpoint_end_(span, silence_ms);
    }
}

/** Opens getpatter.llm: one request to the language model; tool rounds count `iteration` up from 0,
 *  `history_size` is the number of messages sent. End it with patter_llm_end, or with
 *  patter_span_end after patter_llm_first_token. [any] */
static inline struct patter_span patter_llm_begin(struct patter_call call, int64_t iteration,
                                                  int64_t history_size)
{
    struct patter_span none = { 0 };
    return call.handle ? patter_llm_begin_(call, iteration, history_size) : none;
}

/** The model's first token is here: sets llm.ttft_ms to the time since the span began. [any] */
static inline void patter_llm_first_token(struct patter_span span)
{
    if (span.handle) {
        patter_span_first_token_(span);
    }
}

/** Ends it, with the time to the first token, in ms, measured elsewhere. [any] */
static inline void patter_llm_end(struct patter_span span, double ttft_ms)
{
    if (span.handle) {
        patter_llm_end_(span, ttft_ms);
    }
}

/** Opens getpatter.tts: one sentence of `text_len` characters being spoken. End it with
 *  patter_span_end. [any] */
static inline struct patter_span patter_tts_begin(struct patter_call call, int64_t text_len)
{
    struct patter_span none = { 0 };
    return call.handle ? patter_tts_begin_(call, text_len) : none;
}

/** Opens getpatter.tool: one invocation of the tool `name` over `transport` ("webhook", "mcp");
 * both are names, not texts; NULL: left out. End it with patter_span_end. [any] */
static inline struct patter_span patter_tool_begin(struct patter_call call, const char *name,
                                                   const char *transport)
{
    struct patter_span none = { 0 };
    return call.handle ? patter_tool_begin_(call, patter_text(name), patter_text(transport)) : none;
}

/** Opens getpatter.bargein: the caller has begun to speak over the bot. [any] */
static inline struct patter_span patter_bargein_begin(struct patter_call call)
{
    return patter_span_begin_known(call, PATTER_SPAN_BARGEIN);
}

/** Ends it: characters of the reply that were cut off. [any] */
static inline void patter_bargein_end(struct patter_span span, int64_t cancelled_text_len)
{
    if (span.handle) {
        patter_bargein_end_(span, cancelled_text_len);
    }
}

#ifdef __cplusplus
}
#endif

#endif /* PATTER_SPANS_H */
