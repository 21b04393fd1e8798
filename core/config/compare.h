/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_COMPARE_H
#define PT_CONFIG_COMPARE_H

/* Whether a configuration that was read again says the same. */

#include "core/config/settings.h"

/* By every key of the section, and all that applies to it from elsewhere. The order of keys does
 * not count. */
bool pt_exporters_equal(const struct pt_exporter_settings *a, const struct pt_exporter_settings *b);

/* The resource and its detectors. */
bool pt_resources_equal(const struct pt_settings *a, const struct pt_settings *b);

/* Where what waits is kept, and its bounds. */
bool pt_storages_equal(const struct pt_storage *a, const struct pt_storage *b);

#endif /* PT_CONFIG_COMPARE_H */
