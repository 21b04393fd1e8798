/* SPDX-License-Identifier: MIT */
#include "core/config/privacy.h"

#include "core/base/class.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/config/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { KEYS_MAX = 900, CHOICE_MAX = 128 };

/* What holds a caller's or a model's words by definition. One that ends in a dot stands for all
 * that follow. */
static const char *const refused_keys[] = {
    "exception.message",
    "exception.stacktrace",
    "gen_ai.completion",
    "gen_ai.completion.",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.prompt",
    "gen_ai.prompt.",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.tool.definitions",
    "db.query.text",
    "db.statement",
    "url.full",
    "url.query",
    "http.url",
    "http.target",
};

/* Documented keys whose names an operator may narrow to choices. */
static const char *const names_to_narrow[] = {
    "error.type",
    "getpatter.call.provider_mode",
    "getpatter.tool.name",
    "getpatter.tool.transport",
};

static const char *const class_words[] = { "count", "size",       "duration_ms", "ratio",
                                           "flag",  "identifier", "choice",      "name" };

static bool is_one_of(struct patter_str text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pt_str_is(text, words[i]) ||
            (words[i][strlen(words[i]) - 1] == '.' && pt_str_starts(text, words[i]))) {
            return true;
        }
    }
    return false;
}

bool pt_privacy_is_documented(struct patter_str key)
{
    return pt_str_starts(key, "getpatter.") || pt_str_is(key, "error.type") ||
           pt_str_is(key, "exception.type");
}

static void add_error(struct pt_reader *reader, struct pt_place place, const char *text)
{
    pt_problem_add(reader->problems, place, PATTER_LOG_ERROR, "%s", text);
}

static bool check_key(struct pt_reader *reader, const char *list, const struct pt_node *node)
{
    struct pt_text found = { 0 };
    bool ok = false;
    pt_value_show(node, &found);
    if (node->kind != PT_NODE_SCALAR || node->text.len == 0) {
        pt_problem_add(reader->problems, node->place, PATTER_LOG_ERROR,
                       "each item of `%s` must be the name of an attribute; found %s", list,
                       pt_text_get(&found));
    } else if (memchr(node->text.data, '*', node->text.len) ||
               memchr(node->text.data, '?', node->text.len)) {
        pt_problem_add(reader->problems, node->place, PATTER_LOG_ERROR,
                       "there are no wildcards in `%s`: found %s; name each key that may leave",
                       list, pt_text_get(&found));
    } else if (is_one_of(node->text, refused_keys, COUNT(refused_keys))) {
        pt_problem_add(reader->problems, node->place, PATTER_LOG_ERROR,
                       "%s holds free text, which never leaves; remove it", pt_text_get(&found));
    } else if (!pt_class_is_key(node->text)) {
        pt_problem_add(reader->problems, node->place, PATTER_LOG_ERROR,
                       "%s is no attribute's name; a name is a small letter and then up to 127 of "
                       "small letters, digits, `_`, `.` and `-`",
                       pt_text_get(&found));
    } else {
        ok = true;
    }
    pt_text_clean(&found);
    return ok;
}

static void append(struct pt_reader *reader, const struct pt_allowed_key *key)
{
    struct pt_settings *settings = reader->settings;
    for (size_t i = 0; i < settings->allowed_key_count; i++) {
        if (pt_str_equal(settings->allowed_keys[i].key, key->key)) {
            pt_problem_add(reader->problems, key->place, PATTER_LOG_ERROR,
                           "key `" PT_STR_FMT
                           "` is given twice, first in line %u; keep one of them",
                           PT_STR_ARG(key->key), settings->allowed_keys[i].place.line);
            return;
        }
    }
    if (settings->allowed_key_count == KEYS_MAX) {
        pt_problem_add(reader->problems, key->place, PATTER_LOG_ERROR,
                       "more than %d keys are allowed or hashed; a process knows 1024 in all",
                       KEYS_MAX);
        return;
    }
    struct pt_allowed_key *keys =
        pt_reader_grow(reader, settings->allowed_keys, settings->allowed_key_count, sizeof(*keys));
    if (keys) {
        keys[settings->allowed_key_count++] = *key;
        settings->allowed_keys = keys;
        pt_reader_add_effective(
            reader,
            key->value_class == PT_CLASS_HASHED ? "privacy.hashed_keys" : "privacy.allowed_keys",
            pt_reader_format(reader, PT_STR_FMT ": %s", PT_STR_ARG(key->key),
                             pt_class_name(key->choices ? PT_CLASS_CHOICE : key->value_class)),
            key->place);
    }
}

/* NULL after a fault, and where nothing is listed. */
static const char *const *read_choices(struct pt_reader *reader, const struct pt_node *node)
{
    if (pt_node_is_unset(node)) {
        return NULL;
    }
    if (node->kind != PT_NODE_LIST || node->count == 0) {
        add_error(reader, node->place,
                  "`choices` must be a list of the texts that may leave, as in [sales, support]");
        return NULL;
    }
    const char **choices =
        pt_arena_alloc(&reader->tree->arena, (node->count + 1) * sizeof(*choices));
    reader->no_memory = reader->no_memory || !choices;
    for (size_t i = 0; choices && i < node->count; i++) {
        const struct pt_node *item = node->items[i];
        if (item->kind != PT_NODE_SCALAR || item->text.len == 0 || item->text.len > CHOICE_MAX) {
            add_error(reader, item->place, "each choice must be a text of 1 to 128 bytes");
            return NULL;
        }
        choices[i] = item->text.data;
    }
    return choices;
}

static bool read_class(struct pt_reader *reader, const struct pt_node *node,
                       struct pt_allowed_key *key)
{
    if (pt_node_is_unset(node)) {
        key->value_class = key->choices ? PT_CLASS_CHOICE : PT_CLASS_ANY;
        return true;
    }
    if (node->kind != PT_NODE_SCALAR || !pt_class_parse(node->text, &key->value_class)) {
        const char *nearest = pt_nearest(node->text, class_words, COUNT(class_words));
        struct pt_text found = { 0 };
        pt_value_show(node, &found);
        pt_problem_add(reader->problems, node->place, PATTER_LOG_ERROR,
                       "`class` must be count, size, duration_ms, ratio, flag, choice, identifier "
                       "or name; found %s%s%s%s",
                       pt_text_get(&found), nearest ? ": did you mean " : "",
                       nearest ? nearest : "", nearest ? "?" : "");
        pt_text_clean(&found);
        return false;
    }
    return true;
}

/* A documented key leaves as it is; only a name may be narrowed. */
static bool check_documented(struct pt_reader *reader, struct pt_allowed_key *key, bool has_class)
{
    if (is_one_of(key->key, names_to_narrow, COUNT(names_to_narrow))) {
        if (!key->choices) {
            pt_problem_add(reader->problems, key->place, PATTER_LOG_WARNING,
                           "`" PT_STR_FMT "` leaves anyhow; list `choices` to narrow it, or remove "
                           "it",
                           PT_STR_ARG(key->key));
            return false;
        }
        key->value_class = PT_CLASS_NAME;
        return true;
    }
    if (!pt_privacy_is_documented(key->key)) {
        return true;
    }
    pt_problem_add(reader->problems, key->place,
                   has_class || key->choices ? PATTER_LOG_ERROR : PATTER_LOG_WARNING,
                   "keys of patter's own cannot be changed: what is documented leaves anyhow, and "
                   "nothing else begins with `getpatter.`; remove `" PT_STR_FMT "`",
                   PT_STR_ARG(key->key));
    return false;
}

static void read_allowed(struct pt_reader *reader, const struct pt_node *item)
{
    struct pt_allowed_key key = { .place = item->place };
    const struct pt_node *name = item;
    const struct pt_node *class_node = NULL;
    if (item->kind == PT_NODE_MAP) {
        static const struct patter_option options[] = {
            { .name = "key",
              .type = PATTER_TEXT,
              .flags = PATTER_OPTION_REQUIRED,
              .help = "the attribute's name" },
            { .name = "class", .type = PATTER_TEXT },
            { .name = "choices", .type = PATTER_TEXT_LIST },
        };
        static const struct pt_schema schema = { .name = "an item of `allowed_keys`",
                                                 .options = options,
                                                 .option_count = COUNT(options),
                                                 .option_size = sizeof(options[0]) };
        struct patter_value values[COUNT(options)];
        if (!pt_schema_read(&schema, item, reader->tree, values, reader->problems)) {
            return;
        }
        name = pt_node_get(item, "key");
        class_node = pt_node_get(item, "class");
        key.choices = read_choices(reader, pt_node_get(item, "choices"));
        if (!key.choices && !pt_node_is_unset(pt_node_get(item, "choices"))) {
            return;
        }
    }
    if (!check_key(reader, "allowed_keys", name) || !read_class(reader, class_node, &key)) {
        return;
    }
    key.key = name->text;
    if (key.value_class == PT_CLASS_CHOICE && !key.choices) {
        add_error(
            reader, key.place,
            "a key of class choice needs its `choices`, as in {key: app.queue, class: choice, "
            "choices: [sales, support]}");
    } else if (key.choices && key.value_class != PT_CLASS_CHOICE &&
               key.value_class != PT_CLASS_NAME && key.value_class != PT_CLASS_IDENTIFIER) {
        add_error(reader, class_node ? class_node->place : key.place,
                  "`choices` go with the classes choice, name and identifier alone");
    } else if (check_documented(reader, &key, !pt_node_is_unset(class_node))) {
        append(reader, &key);
    }
}

static void read_hashed(struct pt_reader *reader, const struct pt_node *item)
{
    struct pt_allowed_key key = { .value_class = PT_CLASS_HASHED, .place = item->place };
    if (!check_key(reader, "hashed_keys", item)) {
        return;
    }
    key.key = item->text;
    if (pt_privacy_is_documented(key.key)) {
        pt_problem_add(reader->problems, key.place, PATTER_LOG_ERROR,
                       "`" PT_STR_FMT "` is documented and leaves as it is; only keys of your own "
                       "can be hashed: remove it",
                       PT_STR_ARG(key.key));
        return;
    }
    append(reader, &key);
}

static void each_item(struct pt_reader *reader, const struct pt_node *list, const char *name,
                      void (*read)(struct pt_reader *reader, const struct pt_node *item))
{
    if (pt_node_is_unset(list)) {
        return;
    }
    if (list->kind != PT_NODE_LIST) {
        pt_problem_add(reader->problems, list->place, PATTER_LOG_ERROR,
                       "`%s` must be a list, as in [app.retry_count]; found %s", name,
                       pt_node_kind_name(list));
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        read(reader, list->items[i]);
    }
}

static void read_hash_key(struct pt_reader *reader, const struct pt_node *section,
                          const struct pt_node *hashed_keys)
{
    const struct pt_node *node = pt_node_get(section, "hash_key");
    if (!pt_node_is_unset(node) && node->kind == PT_NODE_SCALAR) {
        if (node->text.len < PT_HASH_KEY_MIN) {
            pt_problem_add(reader->problems, node->place, PATTER_LOG_ERROR,
                           "`hash_key` is shorter than %d bytes, so that its hashes could be "
                           "guessed; take the output of `openssl rand -hex 32`",
                           PT_HASH_KEY_MIN);
            return;
        }
        reader->settings->hash_key = node->text;
    } else if (pt_node_is_unset(node) && (node || !pt_node_is_unset(hashed_keys))) {
        pt_problem_add(reader->problems, node ? node->place : hashed_keys->place,
                       PATTER_LOG_WARNING,
                       "there is no `hash_key`: a random one is taken, and the hashes of two "
                       "processes do not match; set one of at least %d bytes",
                       PT_HASH_KEY_MIN);
    }
}

void pt_privacy_read(struct pt_reader *reader)
{
    static const char *const others[] = { "allowed_keys", "hashed_keys", NULL };
    static const struct patter_option options[] = {
        { .name = "hash_key", .type = PATTER_TEXT, .flags = PATTER_OPTION_SECRET },
    };
    static const struct pt_schema schema = { .name = "privacy",
                                             .options = options,
                                             .option_count = COUNT(options),
                                             .option_size = sizeof(options[0]),
                                             .others = others };
    struct patter_value values[COUNT(options)];
    const struct pt_node *section = pt_node_get(reader->root, "privacy");
    const struct pt_node *hashed_keys = pt_node_get(section, "hashed_keys");
    pt_reader_read(reader, &schema, section, "privacy.", values);
    each_item(reader, pt_node_get(section, "allowed_keys"), "allowed_keys", read_allowed);
    each_item(reader, hashed_keys, "hashed_keys", read_hashed);
    read_hash_key(reader, section, hashed_keys);
}
