/* SPDX-License-Identifier: MIT */
#include "core/config/otlp_environment.h"

#include <inttypes.h>

#include "core/base/text.h"
#include "core/config/environment.h"
#include "core/config/exporters.h"
#include "core/config/pairs.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each with its more specific twin, which wins. */
#define BOTH(name) "OTEL_EXPORTER_OTLP_TRACES_" name, "OTEL_EXPORTER_OTLP_" name

enum { EXPORTER, ENDPOINT, PROTOCOL = 3, HEADERS = 5, COMPRESSION = 7, TIMEOUT = 9, INSECURE = 11 };
enum { CERTIFICATE = 13, CLIENT_KEY = 15, CLIENT_CERTIFICATE = 17 };

const char *const pt_otlp_variables[] = { "OTEL_TRACES_EXPORTER",
                                          BOTH("ENDPOINT"),
                                          BOTH("PROTOCOL"),
                                          BOTH("HEADERS"),
                                          BOTH("COMPRESSION"),
                                          BOTH("TIMEOUT"),
                                          BOTH("INSECURE"),
                                          BOTH("CERTIFICATE"),
                                          BOTH("CLIENT_KEY"),
                                          BOTH("CLIENT_CERTIFICATE"),
                                          NULL };

static const int64_t day_ms = 24 * 3600 * 1000;

/* The section being made. */
struct section {
    struct pt_reader *reader;
    struct pt_node *map;
};

/* The name of the specific variable, or of the general one; NULL when neither is set. */
static const char *pick(int variable)
{
    for (int i = variable; i < variable + 2; i++) {
        if (pt_environment_get(pt_otlp_variables[i])) {
            return pt_otlp_variables[i];
        }
    }
    return NULL;
}

static void put(struct section *section, const char *path, const char *text, const char *source)
{
    if (!pt_node_put(section->reader->tree, section->map, path, patter_text(text), source)) {
        section->reader->no_memory = true;
    }
}

static void put_variable(struct section *section, const char *path, const char *text,
                         const char *variable)
{
    put(section, path, text, pt_reader_variable(section->reader, variable).source);
}

/* As it is written. */
static void put_text(struct section *section, const char *path, int variable)
{
    const char *name = pick(variable);
    if (name) {
        put_variable(section, path, pt_environment_get(name), name);
    }
}

static void put_compression(struct section *section)
{
    static const char *const words[] = { "gzip", "none" };
    const char *name = pick(COMPRESSION);
    const char *word =
        name ? pt_environment_word(section->reader, name, words, COUNT(words)) : NULL;
    if (word) {
        put_variable(section, "compression", word, name);
    }
}

static void put_duration(struct section *section, const char *path, const char *name)
{
    int64_t ms;
    if (name && pt_environment_int(section->reader, name, 0, day_ms, &ms)) {
        put_variable(section, path, pt_reader_format(section->reader, "%" PRId64 "ms", ms), name);
    }
}

static void put_headers(struct section *section)
{
    struct pt_reader *reader = section->reader;
    const char *name = pick(HEADERS);
    size_t count = 0;
    if (!name) {
        return;
    }
    struct pt_place place = pt_reader_variable(reader, name);
    struct pt_pair *pairs =
        pt_pairs_parse(reader->tree, patter_text(pt_environment_get(name)), &count);
    struct pt_entry entry = { patter_text("headers"), place,
                              pt_node_new(reader->tree, PT_NODE_MAP, place) };
    if (!pairs || !entry.value || !pt_node_append(reader->tree, section->map, &entry)) {
        reader->no_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].fault) {
            pt_problem_add(reader->problems, place, PATTER_LOG_WARNING,
                           "entry %zu is no header: %s; it is left out. Write name=value, joined "
                           "by commas",
                           i + 1, pairs[i].fault);
            continue;
        }
        struct pt_node *node =
            pt_node_put_key(reader->tree, entry.value, pairs[i].key, pairs[i].value, place.source);
        if (!node) {
            reader->no_memory = true;
            return;
        }
        node->substituted = true; /* mostly a token: never shown */
    }
}

static void put_endpoint(struct section *section, bool is_grpc)
{
    const char *name = pick(ENDPOINT);
    bool is_specific = name == pt_otlp_variables[ENDPOINT];
    if (!name) {
        put(section, "endpoint", is_grpc ? "http://localhost:4317" : "http://localhost:4318",
            "default");
        return;
    }
    put_variable(section, is_specific && !is_grpc ? "traces_endpoint" : "endpoint",
                 pt_environment_get(name), name);
}

static void put_rest(struct section *section, bool is_grpc)
{
    put_headers(section);
    put_compression(section);
    put_duration(section, "timeout", pick(TIMEOUT));
    put_text(section, "tls.ca_file", CERTIFICATE);
    put_text(section, "tls.key_file", CLIENT_KEY);
    put_text(section, "tls.cert_file", CLIENT_CERTIFICATE);
    const char *insecure = pick(INSECURE);
    if (is_grpc && insecure && pt_environment_is_true(section->reader, insecure)) {
        put_variable(section, "tls.insecure", "true", insecure);
    }
}

/* "grpc", "http/protobuf" or "http/json". */
static const char *read_protocol(struct pt_reader *reader)
{
    static const char *const words[] = { "http/protobuf", "http/json", "grpc" };
    const char *name = pick(PROTOCOL);
    const char *word = name ? pt_environment_word(reader, name, words, COUNT(words)) : NULL;
    return word ? word : words[0];
}

static void add_otlp(struct pt_reader *reader, struct pt_place place)
{
    struct section section = { reader, pt_node_new_map(reader->tree, place.source) };
    const char *protocol = read_protocol(reader);
    bool is_grpc = strcmp(protocol, "grpc") == 0;
    if (!section.map) {
        reader->no_memory = true;
        return;
    }
    put_endpoint(&section, is_grpc);
    put_rest(&section, is_grpc);
    if (strcmp(protocol, "http/json") == 0) {
        put_variable(&section, "encoding", "json", pick(PROTOCOL));
    }
    put_duration(&section, "retry_on_failure.max_elapsed_time",
                 pt_environment_get("OTEL_BSP_EXPORT_TIMEOUT") ? "OTEL_BSP_EXPORT_TIMEOUT" : NULL);
    pt_exporters_add(reader, patter_text(is_grpc ? "otlp-grpc" : "otlp-http"), place, section.map);
}

static void note_passed_over(struct pt_reader *reader, const char *variable)
{
    if (pt_environment_get(variable)) {
        pt_problem_add(reader->problems, pt_reader_variable(reader, variable), PATTER_LOG_INFO,
                       "it is passed over: the program gives the endpoint");
    }
}

/* Headers and keys in the environment belong to the endpoint there, if there is one: they do not go
 * to the code's. */
static void add_from_code(struct pt_reader *reader)
{
    static const char source[] = "patter_init_tracing";
    struct pt_place place = { source, 0, 0 };
    struct section section = { reader, pt_node_new_map(reader->tree, source) };
    bool has_own_endpoint = pick(ENDPOINT) != NULL;
    if (!section.map) {
        reader->no_memory = true;
        return;
    }
    put(&section, "endpoint", reader->options.otlp_endpoint, source);
    note_passed_over(reader, pt_otlp_variables[EXPORTER]);
    if (has_own_endpoint) {
        for (size_t i = ENDPOINT; pt_otlp_variables[i]; i++) {
            note_passed_over(reader, pt_otlp_variables[i]);
        }
    } else {
        const char *protocol = read_protocol(reader);
        put_rest(&section, false);
        if (strcmp(protocol, "http/json") == 0) {
            put_variable(&section, "encoding", "json", pick(PROTOCOL));
        } else if (strcmp(protocol, "grpc") == 0) {
            note_passed_over(reader, pick(PROTOCOL));
        }
    }
    pt_exporters_add(reader, patter_text("otlp-http"), place, section.map);
}

static void add_console(struct pt_reader *reader, struct pt_place place)
{
    const struct pt_node *nothing = pt_node_new(reader->tree, PT_NODE_NULL, place);
    if (nothing) {
        pt_exporters_add(reader, patter_text("stdout"), place, nothing);
    } else {
        reader->no_memory = true;
    }
}

static void warn_unknown(struct pt_reader *reader, struct patter_str word, struct pt_place place)
{
    static const char *const known[] = { "otlp", "console", "none" };
    const char *nearest = pt_nearest(word, known, COUNT(known));
    pt_problem_add(reader->problems, place, PATTER_LOG_WARNING,
                   "only otlp, console and none are known; another name is passed over%s%s%s",
                   nearest ? ": did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* A list of otlp, console and none; true when it asked for something. */
static bool add_listed(struct pt_reader *reader, struct patter_str list, struct pt_place place)
{
    bool otlp = false;
    bool console = false;
    bool none = false;
    while (list.len > 0) {
        const char *comma = memchr(list.data, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.data) : list.len;
        struct patter_str word = pt_str_trim(pt_str_slice(list, 0, len));
        if (pt_str_is_nocase(word, "otlp")) {
            otlp = true;
        } else if (pt_str_is_nocase(word, "console")) {
            console = true;
        } else if (pt_str_is_nocase(word, "none")) {
            none = true;
        } else if (word.len > 0) {
            warn_unknown(reader, word, place);
        }
        list = pt_str_slice(list, comma ? len + 1 : len, list.len);
    }
    if (otlp) {
        add_otlp(reader, place);
    }
    if (console) {
        add_console(reader, place);
    }
    return otlp || console || none;
}

void pt_otlp_environment_read(struct pt_reader *reader)
{
    const char *list = pt_environment_get(pt_otlp_variables[EXPORTER]);
    if (reader->options.otlp_endpoint && *reader->options.otlp_endpoint) {
        add_from_code(reader);
        return;
    }
    if (!list || !add_listed(reader, patter_text(list),
                             pt_reader_variable(reader, pt_otlp_variables[EXPORTER]))) {
        const char *endpoint = pick(ENDPOINT);
        add_otlp(reader, endpoint ? pt_reader_variable(reader, endpoint)
                                  : (struct pt_place){ "default", 0, 0 });
    }
}
