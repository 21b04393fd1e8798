/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SCAN_WORD_H
#define PT_BASE_SCAN_WORD_H

/* Words in a row: an identifier has four of them at most, a sentence more. */

#include <stdbool.h>

#include <patter/types.h>

/* What a text's words came to, piece by piece. Zeroed is the beginning. */
struct pt_words {
    size_t count;   /* purely alphabetic ones with a vowel, single letters, and camel-case parts */
    size_t in_type; /* the same, where a camel-case word counts once */
    bool is_squashed;
};

/* Adds the word from `begin` to `end`, letters and digits alone. */
void pt_words_add(struct pt_words *words, struct patter_str word);

/* True for five words or more, but not for the dotted name of an error's type; also for a word
 * that is longer than words are. `text` is all of it. */
bool pt_words_are_sentence(const struct pt_words *words, struct patter_str text);

#endif /* PT_BASE_SCAN_WORD_H */
