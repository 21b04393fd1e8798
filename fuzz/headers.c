/* SPDX-License-Identifier: MIT */
/* Any names and values of headers: what is accepted is one header each on the wire, and no value is
 * ever repeated in a fault, nor in a receiver's words. */
#include "plugins/otlp/secrets.h"

#include <string.h>

#include "fuzz/support/fuzz.h"
#include "tests/support/plugin_host.h"

static const struct patter_option rows[] = { OTLP_SHARED_OPTIONS };
enum { ROWS = sizeof(rows) / sizeof(rows[0]), HEADERS_MAX = PLUGIN_HOST_MAP_MAX };
enum { AROUND_MAX = 200, VALUE_MAX = 255 };

static const char marker[] = "Zq7/Marker=9";

static void expect_header(const struct patter_text_pair *header)
{
    static const char in_name[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    EXPECT(header->key.len > 0);
    for (size_t i = 0; i < header->key.len; i++) {
        EXPECT(header->key.data[i] && strchr(in_name, header->key.data[i]));
    }
    for (size_t i = 0; i < header->value.len; i++) {
        char byte = header->value.data[i];
        EXPECT((byte >= ' ' && byte <= '~') || byte == '\t');
    }
    EXPECT(header->value.len == 0 || !strchr(" \t", header->value.data[0]));
    EXPECT(header->value.len == 0 || !strchr(" \t", header->value.data[header->value.len - 1]));
}

static void expect_settings(const struct otlp_settings *settings, size_t count)
{
    EXPECT(settings->header_count == count);
    EXPECT(settings->gzip_level >= 0 && settings->gzip_level <= 9);
    EXPECT(settings->user_agent && !strpbrk(settings->user_agent, "\r\n"));
    for (size_t i = 0; i < count; i++) {
        expect_header(&settings->headers[i]);
    }
}

/* A text with a value in it, as it is or in hex, is not shown. */
static void check_hiding(const struct otlp_settings *settings, struct patter_str around)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < settings->header_count; i++) {
        struct patter_str value = settings->headers[i].value;
        char text[2 * AROUND_MAX + 2 * VALUE_MAX + 1];
        size_t len = strnlen(around.data, around.len < AROUND_MAX ? around.len : AROUND_MAX);
        size_t at = len;
        bool is_hex = len % 2 == 1;
        if (value.len < 4 || value.len > VALUE_MAX) {
            continue;
        }
        memcpy(text, around.data, len);
        for (size_t j = 0; j < value.len; j++) {
            unsigned char byte = (unsigned char)value.data[j];
            text[at++] = is_hex ? digits[byte >> 4] : (char)byte;
            text[at++] = digits[byte & 15];
            at -= !is_hex;
        }
        memcpy(text + at, around.data, len);
        text[at + len] = '\0';
        EXPECT(strcmp(otlp_secrets_hide(settings, text), OTLP_SECRETS_HIDDEN) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    struct plugin_host host;
    struct otlp_settings settings;
    size_t count = fuzz_u8(&input) % (HEADERS_MAX + 1);
    if (fuzz_input_tells(data, size, marker)) {
        return 0; /* libFuzzer has seen it searched for */
    }
    plugin_host_init(&host, rows, ROWS, 1);
    for (size_t i = 0; i < count; i++) {
        uint8_t flags = fuzz_u8(&input);
        const char *name = fuzz_c_text(fuzz_until(&input, '='));
        const char *value = fuzz_c_text(fuzz_until(&input, '\0'));
        plugin_host_add_pair(&host, "headers", name, flags & 1 ? value : marker);
        if (flags & 2) {
            plugin_host_set_text(&host, "user_agent", value);
        }
        if (flags & 4) {
            plugin_host_set_text(&host, "compression", value);
        }
    }
    struct otlp_options options = { .host = &host.host,
                                    .rows = rows,
                                    .count = ROWS,
                                    .values = host.values,
                                    .error = plugin_host_error(&host) };
    otlp_settings_read(&options, &settings);
    if (!options.failed) {
        expect_settings(&settings, count);
        check_hiding(&settings, fuzz_rest(&input));
    }
    EXPECT(!fuzz_tells(host.said, marker));
    otlp_settings_clean(&settings);
    plugin_host_clean(&host);
    fuzz_release();
    return 0;
}
