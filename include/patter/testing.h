/* SPDX-License-Identifier: MIT */
#ifndef PATTER_TESTING_H
#define PATTER_TESTING_H

/*
 * For the tests of your own bot: an exporter inside the process that keeps the spans, exactly as
 * a plugin would have been given them.
 *
 *     setenv("PATTER_OTEL_ENABLED", "1", 1);
 *     struct patter_recorder *recorder = patter_recorder_new();
 *     struct patter_init_options options = { .struct_size = sizeof(options), .recorder = recorder
 * }; patter_init_tracing(&options);
 *     ...run the bot...
 *     patter_flush(1000);
 *     assert(patter_recorder_count(recorder) == 7);
 *     patter_shutdown_tracing();
 *     patter_recorder_destroy(recorder);
 */

#include <patter/exporter.h>
#include <patter/patter.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Owned by the caller; NULL when memory is short. [any] */
PATTER_API struct patter_recorder *patter_recorder_new(void);

/** After patter_shutdown_tracing only. NULL is allowed. [any] */
PATTER_API void patter_recorder_destroy(struct patter_recorder *recorder);

/** How many spans have arrived; none at NULL. [any] */
PATTER_API size_t patter_recorder_count(struct patter_recorder *recorder);

/** Span number `index`, in order of arrival; NULL when there is none such, as at NULL. Valid until
 *  patter_recorder_clear or _destroy. [any] */
PATTER_API const struct patter_span_view *patter_recorder_span(struct patter_recorder *recorder,
                                                               size_t index);

/** The attribute `key` of `span`; NULL when it has none, or where one of them is NULL. Valid as
 * long as `span`. [any] */
PATTER_API const struct patter_value *patter_recorder_attribute(const struct patter_span_view *span,
                                                                const char *key);

/** Forgets every span. NULL is allowed. [any] */
PATTER_API void patter_recorder_clear(struct patter_recorder *recorder);

#ifdef __cplusplus
}
#endif

#endif /* PATTER_TESTING_H */
