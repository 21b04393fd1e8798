/* SPDX-License-Identifier: MIT */
#ifndef VOICEBOT_MIND_H
#define VOICEBOT_MIND_H

/*
 * The dialogue engine, in the place of a language model and used like one: it is asked with the
 * messages of the conversation, and either streams an answer word by word or wants a tool called
 * first. It finds the caller's wish by rules; its words come at a model's pace, sped up as the
 * telephone line is.
 */

#include <stdbool.h>
#include <stddef.h>

#include "tools.h"

enum { MIND_MESSAGES = 64, MIND_TEXT = 512 };

enum mind_role { MIND_CALLER, MIND_BOT, MIND_TOOL };

struct mind_message {
    enum mind_role role;
    char text[MIND_TEXT];      /* the caller's or the bot's words */
    struct tool_call call;     /* MIND_TOOL: what was called */
    struct tool_answer answer; /* and what it said */
};

struct mind {
    struct mind_message messages[MIND_MESSAGES]; /* the latest ones */
    size_t message_count;
    char answer[MIND_TEXT]; /* being streamed */
    size_t streamed_len;
    struct tool_call wanted;
};

enum mind_event {
    MIND_WORD, /* the next word of the answer, with the space that follows it */
    MIND_WANTS_TOOL,
    MIND_DONE
};

void mind_init(struct mind *mind);
void mind_hear(struct mind *mind, enum mind_role role, const char *text);
void mind_hear_tool(struct mind *mind, const struct tool_call *call,
                    const struct tool_answer *answer);

/* Sends the messages. */
void mind_ask(struct mind *mind);

/* Waits for the next word. `ret_word` is valid until the next call. */
enum mind_event mind_next(struct mind *mind, const char **ret_word, size_t *ret_len);

#endif
