/* SPDX-License-Identifier: MIT */
#include "core/plugin/table.h"

#include <ctype.h>
#include <stdbool.h>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/config/value.h"
#include "core/plugin/options.h"

enum { OPTIONS_MAX = 256 };

static const uint32_t without_effect =
    PATTER_OPTION_WARNED | PATTER_OPTION_PASSED | PATTER_OPTION_REFUSED;
static const uint32_t known_flags = PATTER_OPTION_SECRET | PATTER_OPTION_REQUIRED |
                                    PATTER_OPTION_WARNED | PATTER_OPTION_PASSED |
                                    PATTER_OPTION_REFUSED;

static bool is_word(struct patter_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!isalnum((unsigned char)text.data[i]) && !memchr("_-", text.data[i], 2)) {
            return false;
        }
    }
    return text.len > 0;
}

/* Words joined by dots. */
static bool is_option_name(const char *name)
{
    size_t len = strlen(name);
    if (len >= PT_ERROR_OPTION) {
        return false;
    }
    for (const char *word = name;; word++) {
        size_t word_len = strcspn(word, ".");
        if (!is_word((struct patter_str){ word, word_len })) {
            return false;
        }
        word += word_len;
        if (!*word) {
            return true;
        }
    }
}

static bool is_host_name(const char *name)
{
    struct patter_str first = { name, strcspn(name, ".") };
    for (size_t i = 0; pt_host_option_names[i]; i++) {
        if (pt_str_is(first, pt_host_option_names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_below(const char *name, const char *branch)
{
    size_t len = strlen(branch);
    return strncmp(name, branch, len) == 0 && name[len] == '.';
}

static const char *name_fault(const struct patter_exporter *exporter, size_t index)
{
    const char *name = pt_option_at(exporter, index)->name;
    if (!is_option_name(name)) {
        return "is no name; write up to 63 letters, digits, `_` and `-`, joined by dots";
    }
    if (is_host_name(name)) {
        return "is the host's own key; remove it from the table";
    }
    for (size_t i = 0; i < index; i++) {
        const char *other = pt_option_at(exporter, i)->name;
        if (strcmp(name, other) == 0) {
            return "is declared twice; remove one";
        }
        if (is_below(name, other) || is_below(other, name)) {
            return "is a value here and a map in another option; rename one";
        }
    }
    return NULL;
}

static bool is_bounded_type(patter_type type)
{
    return type == PATTER_INT || type == PATTER_DURATION || type == PATTER_SIZE;
}

static const char *field_fault(const struct patter_option *option)
{
    uint32_t inert = option->flags & without_effect;
    if (option->type < PATTER_UNSET || option->type > PATTER_TEXT_MAP) {
        return "has a type that v1 does not know";
    }
    if (option->flags & ~known_flags) {
        return "has flags that v1 does not know";
    }
    if (inert & (inert - 1)) {
        return "is more than one of WARNED, PASSED and REFUSED; keep one";
    }
    if (option->type == PATTER_UNSET && !inert) {
        return "has the type PATTER_UNSET, which goes with WARNED, PASSED or REFUSED alone; give "
               "it a type";
    }
    if ((option->flags & PATTER_OPTION_REQUIRED) && (inert || option->fallback)) {
        return "is REQUIRED and yet has a default or no effect; keep one";
    }
    if (inert && option->fallback) {
        return "has a default and no effect; remove the default";
    }
    if (option->min > option->max) {
        return "has a min above its max";
    }
    if ((option->min != 0 || option->max != 0) && !is_bounded_type(option->type)) {
        return "has bounds, which only an INT, a DURATION or a SIZE has";
    }
    if (option->choices && (option->type != PATTER_TEXT || !option->choices[0])) {
        return "has choices, which must be a list of at least one word, for a TEXT alone";
    }
    if (!option->help || option->help[0] == '\0') {
        return "has no help; say in one sentence what it does";
    }
    return NULL;
}

static const char *fallback_fault(const struct patter_option *option)
{
    struct patter_value value;
    struct pt_tree *tree = pt_tree_new();
    bool ok = tree && pt_value_read_default(option, tree, &value);
    pt_tree_destroy(tree);
    return ok ? NULL : "has a default that it would not take itself; mend one of them";
}

patter_status pt_table_check(const struct patter_exporter *exporter, struct patter_error *error)
{
    if (exporter->option_count > OPTIONS_MAX) {
        return pt_error_add(error, PATTER_INVALID, "option_count is %zu, at most %d are possible",
                            exporter->option_count, OPTIONS_MAX);
    }
    if (exporter->option_count > 0 && !exporter->options) {
        return pt_error_add(error, PATTER_INVALID, "option_count is %zu and options is NULL",
                            exporter->option_count);
    }
    for (size_t i = 0; i < exporter->option_count; i++) {
        const struct patter_option *option = pt_option_at(exporter, i);
        if (!option->name) {
            return pt_error_add(error, PATTER_INVALID, "option number %zu has no name", i);
        }
        const char *fault = name_fault(exporter, i);
        if (!fault) {
            fault = field_fault(option);
        }
        if (!fault) {
            fault = fallback_fault(option);
        }
        if (fault) {
            return pt_error_add(error, PATTER_INVALID, "option `%.80s` %s", option->name, fault);
        }
    }
    return PATTER_OK;
}
