/* SPDX-License-Identifier: MIT */
#ifndef PRIVACY_INPUTS_H
#define PRIVACY_INPUTS_H

/* Things that must never leave, and every door of the API that takes text. */

#include <stddef.h>

/* Every marked text, NULL-ended: words, numbers and addresses of people, also joined to one word
 * and encoded. */
extern const char *const canaries[];

/* Puts each of them into every input of the API, and harmless values beside them. Tracing is on,
 * with the keys app.any, app.id, app.name, app.choice (sales) allowed and app.hashed hashed. */
void canaries_put_everywhere(void);

/* Starts tracing with canaries as service name and resource. */
int canaries_init(const char *config_file);

/* The first canary that occurs in `bytes`, whatever its case; NULL when there is none. */
const char *canaries_find(const char *bytes, size_t len);

#endif /* PRIVACY_INPUTS_H */
