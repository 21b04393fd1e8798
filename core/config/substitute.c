/* SPDX-License-Identifier: MIT */
#include "core/config/substitute.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

static size_t name_len(struct patter_str text)
{
    size_t len = 0;
    if (text.len > 0 && text.data[0] >= '0' && text.data[0] <= '9') {
        return 0;
    }
    while (len < text.len && text.data[len] != '\0' && strchr(name_chars, text.data[len])) {
        len++;
    }
    return len;
}

static const char *lookup(struct pt_tree *tree, struct patter_str name)
{
    struct patter_str copy = pt_arena_copy(&tree->arena, name);
    return copy.data ? getenv(copy.data) : NULL;
}

bool pt_substitute_used(const struct pt_tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->used_count; i++) {
        if (pt_str_is(tree->used[i], name)) {
            return true;
        }
    }
    return false;
}

static bool note_used(struct pt_tree *tree, struct patter_str name)
{
    struct patter_str *used = pt_tree_grow(tree, tree->used, tree->used_count, sizeof(*used));
    if (!used) {
        return false;
    }
    tree->used = used;
    used[tree->used_count++] = pt_arena_copy(&tree->arena, name);
    return true;
}

/* `$TOKEN` is taken as it stands, though it hardly ever is meant so. Only the name of a variable
 * that exists is shown: what follows the sign may be part of a password. */
static void hint_bare(struct pt_tree *tree, struct patter_str rest, struct pt_place place,
                      struct pt_problems *problems)
{
    struct patter_str name = { rest.data, name_len(rest) };
    bool looks_like_one = name.len >= 2;
    for (size_t i = 0; i < name.len; i++) {
        looks_like_one = looks_like_one && !(name.data[i] >= 'a' && name.data[i] <= 'z');
    }
    if (!looks_like_one) {
        return;
    }
    if (lookup(tree, name)) {
        pt_problem_add(problems, place, PATTER_LOG_WARNING,
                       "`$" PT_STR_FMT "` is taken as it stands; write ${" PT_STR_FMT
                       "} for the variable, or $$ for the sign",
                       PT_STR_ARG(name), PT_STR_ARG(name));
    } else {
        pt_problem_add(problems, place, PATTER_LOG_WARNING,
                       "a $ before a name is taken as it stands; write ${NAME} for a variable, or "
                       "$$ for the sign");
    }
}

/* One reference, `body` being what stands between the braces. */
static bool expand(struct pt_tree *tree, struct patter_str body, struct pt_place place,
                   struct pt_text *out, struct pt_problems *problems)
{
    struct patter_str name = pt_str_starts(body, "env:") ? pt_str_slice(body, 4, body.len) : body;
    struct patter_str fallback = { NULL, 0 };
    size_t len = name_len(name);
    bool has_fallback = pt_str_starts(pt_str_slice(name, len, name.len), ":-");
    if (len == 0 || (len < name.len && !has_fallback)) {
        pt_problem_add(problems, place, PATTER_LOG_ERROR,
                       "`${...}` holds no variable's name; write ${NAME}, ${env:NAME} or "
                       "${NAME:-default}, and $$ for a dollar sign");
        return true;
    }
    if (has_fallback) {
        fallback = pt_str_slice(name, len + 2, name.len);
        if (memmem(fallback.data, fallback.len, "${", 2)) {
            pt_problem_add(problems, place, PATTER_LOG_ERROR,
                           "a default after `:-` cannot hold another ${...}; write a plain text");
            return true;
        }
    }
    name.len = len;

    const char *value = lookup(tree, name);
    if (value && *value) {
        pt_text_add(out, "%s", value);
    } else if (has_fallback) {
        pt_text_add_str(out, fallback);
    } else {
        pt_problem_add(problems, place, PATTER_LOG_ERROR,
                       "environment variable " PT_STR_FMT " is %s; set it, or write ${" PT_STR_FMT
                       ":-} where it may be empty",
                       PT_STR_ARG(name), value ? "empty" : "not set", PT_STR_ARG(name));
    }
    return note_used(tree, name);
}

bool pt_substitute(struct pt_tree *tree, struct pt_node *node, struct pt_problems *problems)
{
    struct patter_str text = node->text;
    struct pt_text out = { 0 };
    bool ok = true;
    if (!memchr(text.data, '$', text.len)) {
        return true;
    }
    for (size_t at = 0; at < text.len && ok;) {
        struct patter_str rest = pt_str_slice(text, at, text.len);
        const char *end = NULL;
        if (pt_str_starts(rest, "$$")) {
            pt_text_add(&out, "$");
            at += 2;
        } else if (pt_str_starts(rest, "${")) {
            end = memchr(rest.data, '}', rest.len);
            size_t len = end ? (size_t)(end - rest.data) : rest.len;
            node->substituted = true;
            if (end) {
                ok = expand(tree, pt_str_slice(rest, 2, len), node->place, &out, problems);
            } else {
                pt_problem_add(problems, node->place, PATTER_LOG_ERROR,
                               "`${` has no closing `}`; write ${NAME}, or $$ for a dollar sign");
            }
            at += len + 1;
        } else {
            if (rest.data[0] == '$') {
                hint_bare(tree, pt_str_slice(rest, 1, rest.len), node->place, problems);
            }
            pt_text_add_str(&out, pt_str_slice(rest, 0, 1));
            at++;
        }
    }
    node->text = pt_arena_copy(&tree->arena, (struct patter_str){ out.data, out.len });
    ok = ok && !out.truncated && node->text.data;
    pt_text_clean(&out);
    return ok;
}
