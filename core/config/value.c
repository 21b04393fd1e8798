/* SPDX-License-Identifier: MIT */
#include "core/config/value.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/scalar.h"

enum { SHOWN_MAX = 40 };

/* What is being read, for the sentences. */
struct wanted {
    const struct patter_option *option;
    const char *name;
    const struct pt_node *node;
    int32_t level;
    struct pt_problems *problems;
};

static const char *expected_words(patter_type type)
{
    switch (type) {
    case PATTER_BOOL:
        return "true or false";
    case PATTER_INT:
        return "a whole number";
    case PATTER_DOUBLE:
        return "a number";
    case PATTER_DURATION:
        return "a duration such as 500ms, 10s or 1m30s";
    case PATTER_SIZE:
        return "a size such as 512KiB or 3MiB";
    case PATTER_TEXT_LIST:
        return "a list of texts";
    case PATTER_TEXT_MAP:
        return "a map of names to texts";
    default:
        return "a text";
    }
}

void pt_value_show(const struct pt_node *node, struct pt_text *out)
{
    if (node->kind != PT_NODE_SCALAR) {
        pt_text_add(out, "%s", pt_node_kind_name(node));
        return;
    }
    if (node->substituted) {
        pt_text_add(out, "another text in the variable");
        return;
    }
    size_t len = node->text.len;
    if (len > 0 && memchr(node->text.data, '@', len)) { /* mostly after a password */
        pt_text_add(out, "a text with an `@`");
        return;
    }
    if (len > SHOWN_MAX) {
        len = SHOWN_MAX;
        while (len > 0 && ((unsigned char)node->text.data[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    pt_text_add(out, "`");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)node->text.data[i];
        pt_text_add(out, "%c", c < 0x20 || c == 0x7f ? '?' : c);
    }
    pt_text_add(out, len < node->text.len ? "...`" : "`");
}

static void add_found(const struct wanted *wanted, struct pt_text *out)
{
    if ((wanted->option->flags & PATTER_OPTION_SECRET) && wanted->node->kind == PT_NODE_SCALAR) {
        pt_text_add(out, "another text");
    } else {
        pt_value_show(wanted->node, out);
    }
}

/* Always false, so that a caller may return it. */
static bool refuse_type(const struct wanted *wanted)
{
    struct pt_text found = { 0 };
    add_found(wanted, &found);
    pt_problem_add(wanted->problems, wanted->node->place, wanted->level,
                   "`%s` must be %s; found %s%s", wanted->name,
                   expected_words(wanted->option->type), pt_text_get(&found),
                   wanted->node->quoted && wanted->option->type <= PATTER_DOUBLE
                       ? " in quotes: write it without them"
                       : "");
    pt_text_clean(&found);
    return false;
}

static void add_number(const struct wanted *wanted, int64_t number, struct pt_text *out)
{
    switch (wanted->option->type) {
    case PATTER_DURATION:
        pt_scalar_write_duration(out, number);
        break;
    case PATTER_SIZE:
        pt_scalar_write_size(out, number);
        break;
    default:
        pt_text_add(out, "%" PRId64, number);
    }
}

static bool check_range(const struct wanted *wanted, int64_t number)
{
    const struct patter_option *option = wanted->option;
    struct pt_text text = { 0 };
    if ((option->min == 0 && option->max == 0) ||
        (number >= option->min && number <= option->max)) {
        return true;
    }
    bool is_open = option->max == INT64_MAX;
    pt_text_add(&text, "`%s` must be %s ", wanted->name, is_open ? "at least" : "between");
    add_number(wanted, option->min, &text);
    if (!is_open) {
        pt_text_add(&text, " and ");
        add_number(wanted, option->max, &text);
    }
    pt_text_add(&text, "; found ");
    add_found(wanted, &text);
    pt_problem_add(wanted->problems, wanted->node->place, wanted->level, "%s", pt_text_get(&text));
    pt_text_clean(&text);
    return false;
}

static bool check_choice(const struct wanted *wanted)
{
    const char *const *choices = wanted->option->choices;
    struct pt_text text = { 0 };
    size_t count = 0;
    if (!choices) {
        return true;
    }
    pt_text_add(&text, "`%s` must be ", wanted->name);
    for (; choices[count]; count++) {
        if (pt_str_is(wanted->node->text, choices[count])) {
            pt_text_clean(&text);
            return true;
        }
        pt_text_add(&text, "%s%s",
                    count == 0           ? ""
                    : choices[count + 1] ? ", "
                                         : " or ",
                    choices[count]);
    }
    pt_text_add(&text, "; found ");
    add_found(wanted, &text);
    const char *nearest = pt_nearest(wanted->node->text, choices, count);
    if (nearest) {
        pt_text_add(&text, ": did you mean %s?", nearest);
    }
    pt_problem_add(wanted->problems, wanted->node->place, wanted->level, "%s", pt_text_get(&text));
    pt_text_clean(&text);
    return false;
}

/* C libraries would read a text with a NUL in it as a shorter one. */
static bool check_text(const struct wanted *wanted)
{
    struct patter_str text = wanted->node->text;
    if (text.len == 0 || !memchr(text.data, '\0', text.len)) {
        return true;
    }
    pt_problem_add(wanted->problems, wanted->node->place, wanted->level,
                   "`%s` must be a text without a NUL character; remove the \\0", wanted->name);
    return false;
}

static bool read_scalar(const struct wanted *wanted, struct patter_value *value)
{
    struct patter_str text = wanted->node->text;
    bool flag = false;
    bool is_text = wanted->node->quoted && !wanted->node->substituted;
    switch (wanted->option->type) {
    case PATTER_BOOL:
        if (is_text || !pt_scalar_bool(text, &flag)) {
            return refuse_type(wanted);
        }
        value->as.boolean = flag;
        return true;
    case PATTER_INT:
        return !is_text && pt_scalar_int(text, &value->as.integer)
                   ? check_range(wanted, value->as.integer)
                   : refuse_type(wanted);
    case PATTER_DOUBLE:
        return (!is_text && pt_scalar_double(text, &value->as.real)) || refuse_type(wanted);
    case PATTER_DURATION:
        return pt_scalar_duration(text, &value->as.duration_ns)
                   ? check_range(wanted, value->as.duration_ns)
                   : refuse_type(wanted);
    case PATTER_SIZE:
        return pt_scalar_size(text, &value->as.size_bytes)
                   ? check_range(wanted, value->as.size_bytes)
                   : refuse_type(wanted);
    default:
        value->as.text = text;
        return check_text(wanted) && check_choice(wanted);
    }
}

/* A list of scalars; one scalar alone counts as a list of one. */
static bool read_list(const struct wanted *wanted, struct pt_tree *tree, struct patter_value *value)
{
    const struct pt_node *node = wanted->node;
    size_t count = node->kind == PT_NODE_LIST ? node->count : 1;
    struct patter_str *items = pt_arena_alloc(&tree->arena, (count + 1) * sizeof(*items));
    size_t used = 0;
    if (!items || node->kind == PT_NODE_MAP) {
        return refuse_type(wanted);
    }
    for (size_t i = 0; i < count; i++) {
        struct wanted item = *wanted;
        item.node = node->kind == PT_NODE_LIST ? node->items[i] : node;
        if (pt_node_is_unset(item.node)) {
            continue;
        }
        if (item.node->kind != PT_NODE_SCALAR) {
            return refuse_type(&item);
        }
        if (!check_text(&item)) {
            return false;
        }
        items[used++] = item.node->text;
    }
    value->as.list = (struct patter_text_list){ items, used };
    return true;
}

static bool check_pair(const struct wanted *wanted, const struct pt_node *value,
                       struct patter_str key, const struct patter_text_pair *items, size_t count)
{
    struct wanted text = *wanted;
    text.node = value;
    if (value->kind != PT_NODE_SCALAR && value->kind != PT_NODE_NULL) {
        pt_problem_add(wanted->problems, value->place, wanted->level,
                       "`" PT_STR_FMT "` in `%s` must be a text; found %s",
                       PT_STR_ARG(pt_key_show(key)), wanted->name, pt_node_kind_name(value));
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (pt_str_equal(items[i].key, key)) {
            pt_problem_add(wanted->problems, value->place, wanted->level,
                           "`" PT_STR_FMT "` is given twice in `%s`; keep one of them",
                           PT_STR_ARG(pt_key_show(key)), wanted->name);
            return false;
        }
    }
    return check_text(&text);
}

/* One pair: of a map, or `{name: n, value: v}` of a list. An unset value leaves the pair out. */
static bool read_pair(const struct wanted *wanted, size_t index, struct patter_text_pair *items,
                      size_t *count)
{
    const struct pt_node *node = wanted->node;
    const struct pt_node *value;
    struct patter_str key;
    if (node->kind == PT_NODE_MAP) {
        key = node->entries[index].key;
        value = node->entries[index].value;
    } else {
        const struct pt_node *item = node->items[index];
        const struct pt_node *name = pt_node_get(item, "name");
        value = pt_node_get(item, "value");
        if (!name || name->kind != PT_NODE_SCALAR || !value || item->count != 2) {
            pt_problem_add(wanted->problems, item->place, wanted->level,
                           "each item of `%s` must be {name: ..., value: ...}; a map of names to "
                           "texts does as well",
                           wanted->name);
            return false;
        }
        key = name->text;
    }
    if (!check_pair(wanted, value, key, items, *count)) {
        return false;
    }
    if (!pt_node_is_unset(value)) {
        items[(*count)++] = (struct patter_text_pair){ key, value->text };
    }
    return true;
}

static bool read_map(const struct wanted *wanted, struct pt_tree *tree, struct patter_value *value)
{
    const struct pt_node *node = wanted->node;
    bool ok = true;
    struct patter_text_map map = { NULL, 0 };
    struct patter_text_pair *items =
        pt_arena_alloc(&tree->arena, (node->count + 1) * sizeof(*items));
    if (!items || (node->kind != PT_NODE_MAP && node->kind != PT_NODE_LIST)) {
        return refuse_type(wanted);
    }
    for (size_t i = 0; i < node->count; i++) {
        ok = read_pair(wanted, i, items, &map.count) && ok;
    }
    map.items = items;
    value->as.map = map;
    return ok;
}

bool pt_value_read(const struct patter_option *option, const char *name, const struct pt_node *node,
                   struct pt_tree *tree, int32_t level, struct pt_problems *problems,
                   struct patter_value *ret_value)
{
    struct wanted wanted = { option, name, node, level, problems };
    struct patter_value value = { .type = option->type };
    bool ok;
    if (option->type == PATTER_TEXT_LIST) {
        ok = read_list(&wanted, tree, &value);
    } else if (option->type == PATTER_TEXT_MAP) {
        ok = read_map(&wanted, tree, &value);
    } else {
        ok = node->kind == PT_NODE_SCALAR ? read_scalar(&wanted, &value) : refuse_type(&wanted);
    }
    if (ok) {
        *ret_value = value;
    }
    return ok;
}

bool pt_value_read_default(const struct patter_option *option, struct pt_tree *tree,
                           struct patter_value *ret_value)
{
    struct pt_problems problems = { 0 };
    struct pt_node node = { .kind = PT_NODE_SCALAR, .text = patter_text(option->fallback) };
    *ret_value = (struct patter_value){ .type = PATTER_UNSET };
    if (!option->fallback) {
        return true;
    }
    bool ok =
        pt_value_read(option, option->name, &node, tree, PATTER_LOG_ERROR, &problems, ret_value);
    pt_problems_clean(&problems);
    return ok;
}
