/* SPDX-License-Identifier: MIT */
#ifndef OTLP_SETTINGS_H
#define OTLP_SETTINGS_H

/* What the options shared by both OTLP plugins say, checked. */

#include "plugins/otlp/options.h"
#include "plugins/otlp/tls.h"

enum { OTLP_PROXIES_MAX = 6 };

/* Zeroed is valid. */
struct otlp_settings {
    struct patter_text_pair *headers; /* the array is owned, its texts are the host's; printable */
    size_t header_count;
    int gzip_level;   /* 1..9; 0: no compression */
    char *user_agent; /* NUL-terminated, owned */
    struct otlp_tls tls;
    struct patter_str userinfo;      /* of the endpoint, the host's; may be empty */
    struct patter_str query;         /* as userinfo, from its "?" */
    struct patter_str proxy_url;     /* the host's; may hold a password */
    char *proxies[OTLP_PROXIES_MAX]; /* owned: the environment's that hold one; else NULL */
};

/* Fills `*ret_settings`, which the caller cleans in any case. Every fault goes to `options`, which
 * tell whether there was one. */
void otlp_settings_read(struct otlp_options *options, struct otlp_settings *ret_settings);
void otlp_settings_clean(struct otlp_settings *settings);

/* Warns, where there are headers, or a userinfo or query in the endpoint, that they go to `place`
 * for everyone on the way to read. */
void otlp_settings_warn_in_the_clear(struct otlp_options *options,
                                     const struct otlp_settings *settings, const char *place);

#endif /* OTLP_SETTINGS_H */
