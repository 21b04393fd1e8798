/* SPDX-License-Identifier: MIT */
#include "plugins/otlp/encode.h"

#include <stdlib.h>

#include <zlib.h>

#include "plugins/otlp/gzip.h"
#include "tests/otlp/oracle.h"
#include "tests/otlp/random_batch.h"

#include <criterion/criterion.h>

static void expect_oracle(const struct patter_batch *batch, struct otlp_buffer *buffer,
                          uint64_t seed)
{
    size_t expected_len;
    unsigned char *expected = oracle_encode(batch, &expected_len);
    cr_assert(otlp_encode(batch, buffer));
    cr_assert_eq(buffer->len, expected_len, "seed %llu: %zu bytes, protobuf-c %zu",
                 (unsigned long long)seed, buffer->len, expected_len);
    for (size_t i = 0; i < expected_len; i++) {
        cr_assert_eq(buffer->data[i], expected[i], "seed %llu: byte %zu is %02x, protobuf-c's %02x",
                     (unsigned long long)seed, i, buffer->data[i], expected[i]);
    }
    free(expected);
}

Test(otlp_encode, equals_protobuf_c_on_random_batches)
{
    struct otlp_buffer buffer = { 0 };
    for (uint64_t seed = 0; seed < 800; seed++) {
        struct random_batch *random = random_batch_new(seed);
        expect_oracle(random_batch_get(random), &buffer, seed);
        random_batch_destroy(random);
    }
    otlp_buffer_clean(&buffer);
}

/* Every length of one text, so that each message around it passes its own edge. */
Test(otlp_encode, equals_protobuf_c_around_every_varint_edge)
{
    static char text[16600];
    memset(text, 'x', sizeof(text));
    struct otlp_buffer buffer = { 0 };
    for (size_t len = 0; len<sizeof(text); len += len> 200 && len < 16100 ? 50 : 1) {
        struct patter_value value = { PATTER_TEXT, { .text = { text, len } } };
        expect_oracle(plain_batch("app.text", value), &buffer, len);
    }
    otlp_buffer_clean(&buffer);
}

static bool contains(const struct otlp_buffer *buffer, const char *bytes, size_t len)
{
    return memmem(buffer->data, buffer->len, bytes, len) != NULL;
}

Test(otlp_encode, flags_are_fixed32_under_a_two_byte_tag)
{
    struct otlp_buffer buffer = { 0 };
    struct patter_value value = { PATTER_BOOL, { .boolean = 1 } };
    cr_assert(otlp_encode(plain_batch("app.flag", value), &buffer));
    cr_assert(contains(&buffer, "\x85\x01\x03\x01\x00\x00", 6));
    otlp_buffer_clean(&buffer);
}

Test(otlp_encode, bad_utf8_becomes_the_replacement_character)
{
    static const struct {
        const char *given, *sent;
    } cases[] = {
        { "caf\xE9!", "caf\xEF\xBF\xBD!" },                           /* Latin-1 */
        { "\xC0\xAF.", "\xEF\xBF\xBD\xEF\xBF\xBD." },                 /* overlong */
        { "\xED\xA0\x80.", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD." }, /* surrogate */
        { "\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "end\xE2\x82", "end\xEF\xBF\xBD\xEF\xBF\xBD" }, /* cut short */
        { "good \xE2\x82\xAC \xF0\x9F\x98\x80", "good \xE2\x82\xAC \xF0\x9F\x98\x80" },
    };
    struct otlp_buffer buffer = { 0 };
    struct otlp_buffer expected = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct patter_value given = { PATTER_TEXT, { .text = patter_text(cases[i].given) } };
        struct patter_value sent = { PATTER_TEXT, { .text = patter_text(cases[i].sent) } };
        cr_assert(otlp_encode(plain_batch("app.text", sent), &expected));
        cr_assert(otlp_encode(plain_batch("app.text", given), &buffer));
        cr_assert_eq(buffer.len, expected.len, "case %zu", i);
        cr_assert_arr_eq(buffer.data, expected.data, buffer.len, "case %zu", i);
    }
    otlp_buffer_clean(&buffer);
    otlp_buffer_clean(&expected);
}

Test(otlp_encode, gzip_gives_back_what_went_in)
{
    struct otlp_buffer plain = { 0 };
    struct otlp_buffer packed = { 0 };
    for (int level = 1; level <= 9; level++) {
        struct random_batch *random = random_batch_new((uint64_t)level);
        cr_assert(otlp_encode(random_batch_get(random), &plain));
        cr_assert(otlp_gzip(&plain, level, &packed));
        cr_assert_eq(packed.data[0], 0x1F);
        cr_assert_eq(packed.data[1], 0x8B);
        unsigned char *back = malloc(plain.len + 1);
        z_stream stream = { .next_in = packed.data,
                            .avail_in = (uInt)packed.len,
                            .next_out = back,
                            .avail_out = (uInt)plain.len + 1 };
        cr_assert_eq(inflateInit2(&stream, 15 + 16), Z_OK);
        cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
        cr_assert_eq(stream.total_out, plain.len);
        cr_assert_arr_eq(back, plain.data, plain.len);
        inflateEnd(&stream);
        free(back);
        random_batch_destroy(random);
    }
    otlp_buffer_clean(&plain);
    otlp_buffer_clean(&packed);
}
