/* SPDX-License-Identifier: MIT */
#ifndef OTLP_SETTINGS_H
#define OTLP_SETTINGS_H

/* What the options shared by both OTLP plugins say, checked. */

#include "plugins/otlp/options.h"
#include "plugins/otlp/tls.h"

/* Zeroed is valid. */
struct otlp_settings {
    struct patter_text_pair *headers; /* the array is owned, its texts are the host's; printable */
    size_t header_count;
    int gzip_level;   /* 1..9; 0: no compression */
    char *user_agent; /* NUL-terminated, owned */
    struct otlp_tls tls;
    struct patter_str userinfo; /* of the endpoint, the host's; may be empty */
    struct patter_str query;    /* as userinfo, from its "?" */
};

/* Fills `*ret_settings`, which the caller cleans in any case. Every fault goes to `options`, which
 * tell whether there was one. */
void otlp_settings_read(struct otlp_options *options, struct otlp_settings *ret_settings);
void otlp_settings_clean(struct otlp_settings *settings);

/* Warns, where there are headers, or a userinfo or query in the endpoint, that they go to `place`
 * for everyone on the way to read. */
void otlp_settings_warn_in_the_clear(struct otlp_options *options,
                                     const struct otlp_settings *settings, const char *place);

/* Replaces by asterisks what stands in `text` of the values of headers, and of the endpoint's
 * userinfo and query, at its end also a value's head: a receiver may repeat them in its answer, and
 * the answer may be cut. */
void otlp_settings_redact(const struct otlp_settings *settings, char *text);

#endif /* OTLP_SETTINGS_H */
