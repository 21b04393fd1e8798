/* SPDX-License-Identifier: MIT */
#ifndef PT_CONFIG_SETTINGS_H
#define PT_CONFIG_SETTINGS_H

/* What patter.yaml, the code and the environment say together, typed and checked. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/class.h"
#include "core/base/problem.h"

struct pt_node;
struct pt_tree;
struct patter_init_options;

/* A resource attribute in its final form. */
struct pt_resource_entry {
    struct patter_str key;
    struct patter_value value;
    bool from_code; /* must pass the resource filter; what an operator wrote may leave */
    struct pt_place place;
};

struct pt_allowed_key {
    struct patter_str key; /* NUL-terminated */
    enum pt_class value_class;
    const char *const *choices; /* NULL-ended; NULL: none */
    struct pt_place place;
};

enum pt_sampler_kind { PT_SAMPLER_ALWAYS_ON, PT_SAMPLER_ALWAYS_OFF, PT_SAMPLER_RATIO };

struct pt_sampling {
    enum pt_sampler_kind root; /* for calls without a parent */
    double ratio;              /* 0..1, of PT_SAMPLER_RATIO */
    bool parent_based;         /* false: the root sampler decides, whatever the parent says */
};

struct pt_limits {
    uint32_t attribute_value_length; /* bytes */
    uint32_t attributes;             /* a span, an event, a link */
    uint32_t events;
    uint32_t links;
};

struct pt_batching {
    uint64_t schedule_delay_ns;
    uint32_t max_export_batch_size; /* spans */
    uint64_t max_bytes;             /* of records in a batch */
};

struct pt_retry {
    bool enabled;
    uint64_t initial_interval_ns;
    uint64_t max_interval_ns;
    uint64_t max_elapsed_time_ns; /* 0: for ever */
    double multiplier;
    double randomization_factor; /* 0..1 */
};

struct pt_storage {
    const char *directory; /* an absolute path; NULL: memory alone */
    uint64_t max_size;     /* bytes, of all that one process keeps there */
    uint64_t max_age_ns;   /* 0: no bound */
    uint64_t read_rate;    /* bytes a second, of what is read back; 0: no bound */
    struct pt_place place; /* of the directory */
};

struct pt_exporter_settings {
    struct patter_str name;        /* "otlp-grpc/tempo", as written; NUL-terminated */
    struct patter_str plugin;      /* "otlp-grpc", canonical; NUL-terminated */
    struct patter_str plugin_path; /* an absolute path from `plugin:`; empty: search */
    const struct pt_node *section; /* the whole section, host's keys included; may be a NULL node */
    struct pt_place place;         /* of the name */
    bool optional;
    uint64_t timeout_ns; /* for one attempt; default 10 s */
    struct pt_retry retry;
    uint32_t num_consumers;      /* default 4 */
    struct pt_batching batching; /* the exporter's own, where sending_queue.batch says so */
};

/* One line of `patter check`: a value in force and where it came from. */
struct pt_effective {
    const char *name;  /* "batch.schedule_delay" */
    const char *value; /* as text; "********" for a secret */
    struct pt_place place;
};

/* A file that was looked at. */
struct pt_candidate {
    const char *path;
    const char *verdict; /* "read", "does not exist", "passed over: an earlier one was read", ... */
};

/* Which content a file has; zeroed: it is not there. */
struct pt_file_version {
    uint64_t device, inode;
    int64_t size, modified_ns, changed_ns;
};

struct pt_settings {
    struct pt_tree *tree;           /* owns every pointer here */
    _Atomic uint32_t users;         /* of whom the last one to go frees it */
    const char *file;               /* the file read; NULL: none */
    struct pt_file_version version; /* of the file, when it was about to be read */
    bool is_blank;                  /* there is no file, or no key in it */
    const struct pt_candidate *candidates;
    size_t candidate_count;
    const struct pt_effective *effective;
    size_t effective_count;

    bool disabled; /* OTEL_SDK_DISABLED: tracing stays off */

    const struct pt_resource_entry *resource; /* keys unique; service.name is always there */
    size_t resource_count;
    bool detect_host; /* `resource_detectors:` asks for host.*, process.* */
    bool detect_process;
    const struct pt_allowed_key *allowed_keys; /* hashed_keys too, as PT_CLASS_HASHED */
    size_t allowed_key_count;
    struct patter_str hash_key; /* empty: random */
    struct pt_sampling sampling;
    struct pt_limits limits;
    struct pt_batching batching;
    uint64_t max_memory; /* bytes */
    struct pt_storage storage;
    const struct pt_exporter_settings *exporters;
    size_t exporter_count;
    const char *const *plugin_path; /* folders from `plugin_path:`; NULL-ended */
    int32_t log_level;              /* PATTER_LOG_* */
    bool watched;                   /* `reload: watch`: the file is read again when it changes */
};

/* The value of PATTER_OTEL_ENABLED ("" when unset), and whether it switches tracing on. */
const char *pt_switch_value(void);
bool pt_switch_is_on(void);

/*
 * Reads everything; `options` may be NULL. Every fault goes to `problems`. Returns NULL only when
 * memory is short; with errors among `problems` the result is for showing, not for use.
 * [control] The caller destroys it.
 */
struct pt_settings *pt_settings_read(const struct patter_init_options *options,
                                     struct pt_problems *problems);
void pt_settings_destroy(struct pt_settings *settings);
/* One user more: each calls pt_settings_destroy. [any] */
struct pt_settings *pt_settings_share(struct pt_settings *settings);

#endif /* PT_CONFIG_SETTINGS_H */
