/* SPDX-License-Identifier: MIT */
#ifndef OTLP_SECRETS_H
#define OTLP_SECRETS_H

/* Whether a receiver repeats in its answer what was sent to it in confidence. */

#include "plugins/otlp/settings.h"

/* What stands for words that may not be shown. */
#define OTLP_SECRETS_HIDDEN "(not shown: the words hold a secret)"

/*
 * `words` themselves, or OTLP_SECRETS_HIDDEN where they hold 8 characters in a row, or all, of a
 * header's value, of a user or password of the endpoint or a proxy, or of the endpoint's query: as
 * it is or as it is sent, in any case, with anything but letters and digits between, escaped, in
 * base64 or in hex. Of shorter secrets than 4 characters nothing is known. Also where memory is
 * short. [any]
 */
const char *otlp_secrets_hide(const struct otlp_settings *settings, const char *words);

#endif /* OTLP_SECRETS_H */
