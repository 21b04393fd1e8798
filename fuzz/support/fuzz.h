/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_SUPPORT_FUZZ_H
#define FUZZ_SUPPORT_FUZZ_H

/* What the targets share: an input taken apart, properties that must hold, exact memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <patter/types.h>

/* libFuzzer's two doors. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run as a finding. */
#define EXPECT(property)                                                                           \
    do {                                                                                           \
        if (!(property)) {                                                                         \
            fuzz_fail(__FILE__, __LINE__, #property);                                              \
        }                                                                                          \
    } while (0)
void fuzz_fail(const char *file, int line, const char *property) __attribute__((noreturn));

/* What is left of an input. */
struct fuzz_input {
    const uint8_t *at;
    size_t len;
};

/* Little-endian; zeros where the input has ended. */
uint8_t fuzz_u8(struct fuzz_input *input);
uint16_t fuzz_u16(struct fuzz_input *input);
uint32_t fuzz_u32(struct fuzz_input *input);
uint64_t fuzz_u64(struct fuzz_input *input);
/* A byte with the length comes first; at most `max` bytes, and what there is. */
struct patter_str fuzz_text(struct fuzz_input *input, size_t max);
struct patter_str fuzz_rest(struct fuzz_input *input);
/* Up to the next `end`, which is taken too. */
struct patter_str fuzz_until(struct fuzz_input *input, char end);

/* Memory of exactly that size, so that a step outside is seen; valid until fuzz_release(). */
void *fuzz_alloc(size_t size);
struct patter_str fuzz_copy(struct patter_str text);
/* NUL-terminated, up to the first NUL of `text`. */
const char *fuzz_c_text(struct patter_str text);
void fuzz_release(void);

/* The path of a file in memory with that content, until the next one. */
const char *fuzz_file(const void *bytes, size_t len);

/* A folder of this process alone, removed at its end. */
int fuzz_folder(void);

/* Questions of properties; none shares code with what is tested. */
bool fuzz_is_utf8(struct patter_str text);
bool fuzz_is_printable(const char *text); /* ASCII, one line */
/* Whether `secret` stands in it. */
bool fuzz_tells(const char *text, const char *secret);
bool fuzz_input_tells(const uint8_t *data, size_t size, const char *secret);
bool fuzz_holds(struct patter_str text, struct patter_str part);
/* A reason is a counter's name: [a-z0-9_]{1,31}. */
bool fuzz_is_token(const char *text);

#endif /* FUZZ_SUPPORT_FUZZ_H */
