/* SPDX-License-Identifier: MIT */
#include "mind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIRST_WORD_US = 20000, WORD_US = 1000 };

static const char *const number_words[] = { "zero",    "one",       "two",      "three",
                                            "four",    "five",      "six",      "seven",
                                            "eight",   "nine",      "ten",      "eleven",
                                            "twelve",  "thirteen",  "fourteen", "fifteen",
                                            "sixteen", "seventeen", "eighteen", "nineteen" };
static const char *const tens_words[] = { "twenty", "thirty",  "forty",  "fifty",
                                          "sixty",  "seventy", "eighty", "ninety" };

void mind_init(struct mind *mind)
{
    *mind = (struct mind){ 0 };
}

static struct mind_message *add_message(struct mind *mind, enum mind_role role)
{
    if (mind->message_count == MIND_MESSAGES) {
        mind->message_count--;
        memmove(mind->messages, mind->messages + 1,
                mind->message_count * sizeof(mind->messages[0]));
    }
    struct mind_message *message = &mind->messages[mind->message_count++];
    *message = (struct mind_message){ .role = role };
    return message;
}

void mind_hear(struct mind *mind, enum mind_role role, const char *text)
{
    struct mind_message *message = add_message(mind, role);
    snprintf(message->text, sizeof(message->text), "%s", text);
}

void mind_hear_tool(struct mind *mind, const struct tool_call *call,
                    const struct tool_answer *answer)
{
    struct mind_message *message = add_message(mind, MIND_TOOL);
    message->call = *call;
    message->answer = *answer;
}

static int index_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* "thirty three four or six ninety two" reads 334692: numbers in a row are digits in a row. */
static void read_digits(const char *text, char *ret_digits, size_t size)
{
    char words[MIND_TEXT];
    char *rest = words;
    size_t len = 0;
    int tens = 0;

    snprintf(words, sizeof(words), "%s", text);
    ret_digits[0] = '\0';
    for (char *word = strtok_r(rest, " ", &rest); word; word = strtok_r(rest, " ", &rest)) {
        int number = index_of(word, number_words, 20);
        int ten = index_of(word, tens_words, 8);
        if (tens > 0 && (number < 1 || number > 9)) {
            len += (size_t)snprintf(ret_digits + len, size - len, "%d", tens);
            tens = 0;
        }
        if (ten >= 0) {
            tens = (ten + 2) * 10;
        } else if (number >= 0) {
            len += (size_t)snprintf(ret_digits + len, size - len, "%d", tens + number);
            tens = 0;
        }
        if (len > size - 4) {
            return;
        }
    }
    if (tens > 0) {
        snprintf(ret_digits + len, size - len, "%d", tens);
    }
}

static void answer_caller(struct mind *mind, const char *text)
{
    char digits[32];
    read_digits(text, digits, sizeof(digits));
    if (digits[0] && strstr(text, "meter")) {
        mind->wanted.name = "robot_move";
    } else if (strlen(digits) >= 2) {
        mind->wanted.name = "order_lookup";
    } else {
        snprintf(mind->answer, sizeof(mind->answer),
                 "I can do that once I know where. Please give me a distance in meters, or the "
                 "number of an order.");
        return;
    }
    snprintf(mind->wanted.argument, sizeof(mind->wanted.argument), "%s", digits);
}

static void answer_tool(struct mind *mind, const struct tool_call *call,
                        const struct tool_answer *said)
{
    const char *form = "I am sorry, that did not work. Is there anything else?";
    if (!said->found && strcmp(call->name, "order_lookup") == 0) {
        form = "I cannot find an order with that number. Please say it again, digit by digit.";
    } else if (said->found && strcmp(call->name, "robot_move") == 0) {
        snprintf(mind->answer, sizeof(mind->answer),
                 "The robot is moving %s meters forward. It will arrive in %d minutes.",
                 call->argument, said->minutes);
        return;
    } else if (said->found && strcmp(call->name, "courier_eta") == 0) {
        snprintf(mind->answer, sizeof(mind->answer),
                 "I found your order. Both parcels are on their way to you. The courier will ring "
                 "in %d minutes. Would you like a message when he is at the door?",
                 said->minutes);
        return;
    } else if (said->found && strcmp(said->status, "on_the_way") == 0) {
        mind->wanted = *call;
        mind->wanted.name = "courier_eta";
        return;
    } else if (said->found) {
        form = "Your order is being packed. It will leave today.";
    }
    snprintf(mind->answer, sizeof(mind->answer), "%s", form);
}

void mind_ask(struct mind *mind)
{
    const struct mind_message *last = &mind->messages[mind->message_count - 1];
    mind->answer[0] = '\0';
    mind->streamed_len = 0;
    mind->wanted = (struct tool_call){ 0 };
    if (last->role == MIND_TOOL) {
        answer_tool(mind, &last->call, &last->answer);
    } else {
        answer_caller(mind, last->text);
    }
}

static void think_us(long duration_us)
{
    nanosleep(&(struct timespec){ .tv_nsec = duration_us * 1000 }, NULL);
}

enum mind_event mind_next(struct mind *mind, const char **ret_word, size_t *ret_len)
{
    const char *word = mind->answer + mind->streamed_len;
    think_us(mind->streamed_len == 0 ? FIRST_WORD_US : WORD_US);
    if (mind->wanted.name) {
        return MIND_WANTS_TOOL;
    }
    if (!*word) {
        return MIND_DONE;
    }
    size_t len = strcspn(word, " ");
    len += word[len] == ' ';
    mind->streamed_len += len;
    *ret_word = word;
    *ret_len = len;
    return MIND_WORD;
}
