/* SPDX-License-Identifier: MIT */
#include "core/base/scan/word.h"

#include <string.h>

#include "core/base/scan/ascii.h"

enum { SENTENCE_WORDS = 5, SPOKEN_WORDS = 2, TYPE_WORDS = 8, WORD_MAX = 24 };

static bool is_vowel(char byte)
{
    byte = pt_to_lower(byte);
    return byte == 'a' || byte == 'e' || byte == 'i' || byte == 'o' || byte == 'u' || byte == 'y' ||
           (unsigned char)byte >= 0x80;
}

/* "getOrderStatus": 3. 1 for what is not written so, 0 for what has no vowel: a pod's suffix. */
static size_t count_parts(struct patter_str word)
{
    size_t parts = 0;
    size_t vowels = 0;
    bool is_camel = true;
    bool has_vowel = false;
    for (size_t i = 0; i < word.len; i++) {
        bool begins = i == 0 || (pt_is_upper(word.data[i]) && !pt_is_upper(word.data[i - 1]));
        bool is_single = i > 0 && (word.data[i - 1] == 'A' || word.data[i - 1] == 'I');
        if (begins || (pt_is_upper(word.data[i]) && is_single)) {
            is_camel = is_camel && (i == 0 || has_vowel);
            has_vowel = false;
            parts++;
        } else if (pt_is_upper(word.data[i])) {
            is_camel = false;
        }
        has_vowel = has_vowel || is_vowel(word.data[i]);
        vowels += is_vowel(word.data[i]);
    }
    if (vowels == 0) {
        return 0;
    }
    return is_camel && has_vowel ? parts : 1;
}

bool pt_word_is_spoken(struct patter_str word)
{
    static const char spoken[][8] = {
        "i",     "im",     "my",    "me",      "am",   "is",      "are",    "was",   "you",
        "your",  "he",     "she",   "we",      "our",  "his",     "her",    "they",  "their",
        "the",   "and",    "at",    "want",    "need", "hello",   "please", "sorry", "thanks",
        "ich",   "mein",   "meine", "mir",     "bin",  "ist",     "und",    "der",   "das",
        "bitte", "danke",  "je",    "mon",     "suis", "bonjour", "yo",     "mi",    "soy",
        "llamo", "quiero", "hola",  "gracias",
    };
    char folded[8] = { 0 };
    if (word.len == 0 || word.len >= sizeof(folded)) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        folded[i] = pt_to_lower(word.data[i]);
    }
    for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++) {
        if (memcmp(folded, spoken[i], sizeof(folded)) == 0) { /* one comparison of a machine word */
            return true;
        }
    }
    return false;
}

void pt_words_add(struct pt_words *words, struct patter_str word)
{
    size_t in_case = 0; /* letters since the case last changed to upper */
    for (size_t i = 0; i < word.len; i++) {
        if (!pt_is_letter(word.data[i])) {
            return;
        }
        in_case =
            pt_is_upper(word.data[i]) && i > 0 && !pt_is_upper(word.data[i - 1]) ? 1 : in_case + 1;
        words->is_squashed = words->is_squashed || in_case > WORD_MAX;
    }
    size_t parts = word.len == 1 ? 1 : count_parts(word);
    words->spoken += pt_word_is_spoken(word);
    words->count += parts;
    words->in_type += parts > 0;
}

static bool ends_with(struct patter_str text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

/* "java.util.concurrent.CompletionException", "IndexOutOfBoundsError" */
static bool is_error_type(struct patter_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!pt_is_alnum(text.data[i]) && text.data[i] != '.' && text.data[i] != '_') {
            return false;
        }
    }
    return ends_with(text, "Error") || ends_with(text, "Exception");
}

bool pt_words_are_sentence(const struct pt_words *words, struct patter_str text)
{
    bool is_speech = words->spoken >= SPOKEN_WORDS && words->count > SPOKEN_WORDS;
    if (words->is_squashed || is_speech) {
        return true;
    }
    return words->count >= SENTENCE_WORDS &&
           !(words->in_type < SENTENCE_WORDS && words->count <= TYPE_WORDS && is_error_type(text));
}
