/* SPDX-License-Identifier: MIT */
/* Any text as the endpoint of otlp-grpc: an address that gRPC takes as it was meant, or a fault. */
#include "plugins/otlp-grpc/target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz/support/fuzz.h"
#include "tests/support/plugin_host.h"

static const struct patter_option rows[] = { { .name = "endpoint", .type = PATTER_TEXT } };

static const char *const prefixes[] = { "dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:" };

static bool names_resolver(const char *text)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncasecmp(text, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void expect_target(const struct target *target, const char *text, bool insecure)
{
    const char *colon = strrchr(target->address, ':');
    bool says_http = strncasecmp(text, "http://", 7) == 0;
    bool says_https = strncasecmp(text, "https://", 8) == 0;
    EXPECT(target->address[0] != '\0' && target->description[0] != '\0');
    EXPECT(strlen(target->address) < TARGET_ADDRESS_MAX);
    EXPECT(strstr(target->description, target->address));
    EXPECT(target->has_scheme == (says_http || says_https));
    EXPECT(target->is_tls == (says_https || (!says_http && !insecure)));
    if (!names_resolver(target->address)) {
        char *end = NULL;
        unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
        EXPECT(port >= 1 && port <= 65535 && *end == '\0' && colon > target->address);
        EXPECT(fuzz_is_printable(target->address) && !strpbrk(target->address, " /@?#"));
        EXPECT(strstr(text, target->address));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    struct plugin_host host;
    struct target target;
    bool insecure = fuzz_u8(&input) & 1;
    const char *text = fuzz_c_text(fuzz_rest(&input));
    plugin_host_init(&host, rows, 1, 1);
    plugin_host_set_text(&host, "endpoint", text);
    struct otlp_options options = { .host = &host.host,
                                    .rows = rows,
                                    .count = 1,
                                    .values = host.values,
                                    .error = plugin_host_error(&host) };
    target_read(&options, insecure, &target);
    if (!options.failed) {
        expect_target(&target, text, insecure);
    } else {
        EXPECT(strncmp(host.said, "endpoint: ", 10) == 0);
    }
    plugin_host_clean(&host);
    fuzz_release();
    return 0;
}
