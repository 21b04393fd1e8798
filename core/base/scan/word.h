/* SPDX-License-Identifier: MIT */
#ifndef PT_BASE_SCAN_WORD_H
#define PT_BASE_SCAN_WORD_H

/* Words: an identifier has four of them at most, and they are not those of speech. */

#include <stdbool.h>

#include <patter/types.h>

/* What a text's words came to, piece by piece. Zeroed is the beginning. */
struct pt_words {
    size_t count;   /* purely alphabetic ones with a vowel, single letters, and camel-case parts */
    size_t in_type; /* the same, where a camel-case word counts once */
    size_t spoken;  /* words of speech */
    bool is_squashed;
};

/* "my", "is", "please": words of speech that are rare in names, in some languages. Any case. */
bool pt_word_is_spoken(struct patter_str word);

/* Adds the word from `begin` to `end`, letters and digits alone. */
void pt_words_add(struct pt_words *words, struct patter_str word);

/* True for five words or more, but not for the dotted name of an error's type; for three of
 * which two are of speech; for a word that is longer than words are. `text` is all of it. */
bool pt_words_are_sentence(const struct pt_words *words, struct patter_str text);

#endif /* PT_BASE_SCAN_WORD_H */
