/* SPDX-License-Identifier: MIT */
#include "core/config/yaml.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/unit/config/support.h"

static const char *text_at(const struct pt_tree *tree, const char *path)
{
    const struct pt_node *node = pt_node_find(tree->root, path);
    return node && node->kind == PT_NODE_SCALAR ? node->text.data : NULL;
}

Test(yaml, places)
{
    struct pt_problems problems = { 0 };
    struct pt_tree *tree = parse("a:\n  b: one\n  c: [x, \"y\"]\n", &problems);
    const struct pt_node *a = pt_node_get(tree->root, "a");
    const struct pt_node *c = pt_node_get(a, "c");

    cr_expect_eq(problems.count, 0);
    cr_expect_eq(a->entries[0].key_place.line, 2);
    cr_expect_eq(a->entries[0].key_place.column, 3);
    cr_expect_eq(a->entries[0].value->place.column, 6);
    cr_expect_str_eq(a->place.source, "f");
    cr_expect_eq(c->kind, PT_NODE_LIST);
    cr_assert_eq(c->count, 2);
    cr_expect_not(c->items[0]->quoted);
    cr_expect(c->items[1]->quoted);
    cr_expect_eq(c->items[1]->place.line, 3);
    cr_expect_eq(c->items[1]->place.column, 10);
    pt_tree_destroy(tree);
}

Test(yaml, nothing_is_a_null_node)
{
    static const char *const texts[] = { "", "# only a comment\n", "---\n", "~", "\xef\xbb\xbf" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct pt_problems problems = { 0 };
        struct pt_tree *tree = parse(texts[i], &problems);
        cr_expect_eq(problems.count, 0);
        cr_expect_eq(tree->root->kind, PT_NODE_NULL);
        pt_tree_destroy(tree);
    }
}

Test(yaml, a_nul_in_a_text_is_a_fault)
{
    expect_parse("a: \"x\\0y\"\n\"k\\x00\": b\n",
                 "f:1:4: error: a text holds a NUL character (\\0, \\x00); remove it\n"
                 "f:2:1: error: a text holds a NUL character (\\0, \\x00); remove it\n");
}

Test(yaml, null_words_are_null_unless_quoted)
{
    struct pt_problems problems = { 0 };
    struct pt_tree *tree = parse("{a: null, b: ~, c: , d: 'null', e: !!str null}", &problems);
    cr_expect_eq(problems.count, 0);
    cr_expect_eq(pt_node_get(tree->root, "a")->kind, PT_NODE_NULL);
    cr_expect_eq(pt_node_get(tree->root, "b")->kind, PT_NODE_NULL);
    cr_expect_eq(pt_node_get(tree->root, "c")->kind, PT_NODE_NULL);
    cr_expect_str_eq(text_at(tree, "d"), "null");
    cr_expect_str_eq(text_at(tree, "e"), "null");
    pt_tree_destroy(tree);
}

Test(yaml, merge_keys_give_what_is_left_open)
{
    struct pt_problems problems = { 0 };
    struct pt_tree *tree = parse("one: &one {a: 1, b: 1}\n"
                                 "two: &two {b: 2, c: 2}\n"
                                 "all:\n"
                                 "  <<: [*one, *two]\n"
                                 "  a: own\n"
                                 "quoted: {'<<': text}\n",
                                 &problems);
    cr_expect_eq(problems.count, 0);
    cr_expect_str_eq(text_at(tree, "all.a"), "own");
    cr_expect_str_eq(text_at(tree, "all.b"), "1");
    cr_expect_str_eq(text_at(tree, "all.c"), "2");
    cr_expect_eq(pt_node_get(tree->root, "all")->count, 3);
    cr_expect_str_eq(text_at(tree, "quoted.<<"), "text");
    pt_tree_destroy(tree);
}

Test(yaml, wrong_merges)
{
    expect_parse("a: {<<: text}\n", "f:1:9: error: `<<` takes a map, as in `<<: *name`; found "
                                    "text\n");
    expect_parse("x: &x {k: v}\na: {<<: *x, <<: *x}\n",
                 "f:2:13: error: `<<` is given twice; write `<<: [*one, *two]`\n");
}

Test(yaml, variables)
{
    struct pt_problems problems = { 0 };
    setenv("PT_TEST_SET", "one: {two", 1);
    setenv("PT_TEST_EMPTY", "", 1);
    unsetenv("PT_TEST_UNSET");
    struct pt_tree *tree = parse("a: ${PT_TEST_SET}\n"
                                 "b: x-${env:PT_TEST_SET}-y\n"
                                 "c: ${PT_TEST_UNSET:-http://h:1/x}\n"
                                 "d: ${PT_TEST_EMPTY:-fallback}\n"
                                 "e: ${PT_TEST_UNSET:-}\n"
                                 "f: \"${PT_TEST_UNSET:-}\"\n"
                                 "g: 5$$ and $${PT_TEST_SET}\n"
                                 "h: ${PT_TEST_UNSET:-null}\n"
                                 "i: 100$\n",
                                 &problems);
    cr_expect_str_eq(text_at(tree, "a"), "one: {two", "a value injects no structure");
    cr_expect_str_eq(text_at(tree, "b"), "x-one: {two-y");
    cr_expect_str_eq(text_at(tree, "c"), "http://h:1/x");
    cr_expect_str_eq(text_at(tree, "d"), "fallback");
    cr_expect_eq(pt_node_get(tree->root, "e")->kind, PT_NODE_NULL);
    cr_expect_str_eq(text_at(tree, "f"), "");
    cr_expect_str_eq(text_at(tree, "g"), "5$ and ${PT_TEST_SET}");
    cr_expect_eq(pt_node_get(tree->root, "h")->kind, PT_NODE_NULL);
    cr_expect_str_eq(text_at(tree, "i"), "100$");
    cr_expect(pt_node_get(tree->root, "a")->substituted);
    cr_expect_not(pt_node_get(tree->root, "g")->substituted);
    expect_problems(&problems, "");
    pt_tree_destroy(tree);
}

Test(yaml, wrong_variables)
{
    setenv("PT_TEST_EMPTY", "", 1);
    setenv("PT_TEST_SET", "secret", 1);
    unsetenv("PT_TEST_UNSET");
    expect_parse("a: ${PT_TEST_UNSET}\n"
                 "b: ${env:PT_TEST_EMPTY}\n"
                 "c: ${PT_TEST_SET\n"
                 "d: ${file:/etc/passwd}\n"
                 "e: ${PT_TEST_UNSET:-${PT_TEST_SET}}\n"
                 "f: Bearer $PT_TEST_SET\n"
                 "g: pa$SWORD\n"
                 "h: cost$less $ 5\n"
                 "${PT_TEST_SET}: v\n",
                 "f:1:4: error: environment variable PT_TEST_UNSET is not set; set it, or write "
                 "${PT_TEST_UNSET:-} where it may be empty\n"
                 "f:2:4: error: environment variable PT_TEST_EMPTY is empty; set it, or write "
                 "${PT_TEST_EMPTY:-} where it may be empty\n"
                 "f:3:4: error: `${` has no closing `}`; write ${NAME}, or $$ for a dollar sign\n"
                 "f:4:4: error: `${...}` holds no variable's name; write ${NAME}, ${env:NAME} or "
                 "${NAME:-default}, and $$ for a dollar sign\n"
                 "f:5:4: error: a default after `:-` cannot hold another ${...}; write a plain "
                 "text\n"
                 "f:6:4: warning: `$PT_TEST_SET` is taken as it stands; write ${PT_TEST_SET} for "
                 "the variable, or $$ for the sign\n"
                 "f:7:4: warning: a $ before a name is taken as it stands; write ${NAME} for a "
                 "variable, or $$ for the sign\n"
                 "f:9:1: error: ${...} works in values, not in keys; write the key out\n");
}

Test(yaml, duplicate_keys_name_the_first)
{
    expect_parse("a: 1\nb: {x: 1, x: 2}\na: 3\n",
                 "f:2:11: error: key `x` is given twice, first in line 2; keep one of them\n"
                 "f:3:1: error: key `a` is given twice, first in line 1; keep one of them\n");
}

Test(yaml, tabs)
{
    static const char text[] = "a tab stands in the indentation; YAML indents with spaces: "
                               "replace each tab by spaces\n";
    struct pt_text expected = { 0 };
    pt_text_add(&expected, "f:2:1: error: %s", text);
    expect_parse("exporters:\n\tstdout:\n", expected.data);
    pt_text_clean(&expected);
    pt_text_add(&expected, "f:3:3: error: %s", text);
    expect_parse("exporters:\n  stdout:\n  \tformat: tree\n", expected.data);
    pt_text_clean(&expected);
    expect_parse("a:\tb\n", "");
}

Test(yaml, syntax)
{
    expect_parse("a: b: c\n", "f:1:5: error: a second `:` in one value, or a line further in than "
                              "its neighbours; put the value in quotes, or begin the line in the "
                              "column of its neighbours\n");
    expect_parse("a: 1\nword\nb: 2\n",
                 "f:2:1: error: a line without `:` where a key is expected; write `key: value`\n");
    expect_parse("a:\n   b: 1\n  c: 2\n",
                 "f:3:3: error: this does not continue the map around it; begin each key of a map "
                 "in the same column, and put a value that begins with a quote wholly in quotes "
                 "(it began in line 1)\n");
    expect_parse("a: {b: 1\nc: [2\n", "f:2:2: error: a `{` is not closed, or a `,` is missing; "
                                      "write {key: value, key: value} (it began in line 1)\n");
    expect_parse("a: \"open\n", "f:1:4: error: a quote is opened and never closed; close it\n");
    expect_parse("a: @x\n", "f:1:4: error: a value cannot begin with @; put it in quotes\n");
    expect_parse("\xc3\xa4: `x\n", "f:1:4: error: a value cannot begin with `; put it in quotes\n");
    expect_parse("a: *x\n", "f:1:4: error: alias *x has no anchor before it; write &x at the value "
                            "that is meant, or put the value in quotes\n");
    expect_parse("a: *\n", "f:1:5: error: a value that begins with `*` or `&` is read as an alias "
                           "or anchor; put it in quotes\n");
    expect_parse("a: \"\\q\"\n", "f:1:5: error: an escape that YAML does not know in a \"quoted\" "
                                 "text; write \\\\ for a backslash, or use 'single quotes\'\n");
    expect_parse("a: - b\n", "f:1:4: error: a list cannot begin here; write each `- value` on a "
                             "line of its own below the key\n");
    expect_parse("a: !env X\n",
                 "f:1:4: error: tags mean nothing here; remove it, or put the value in quotes\n");
    expect_parse("{{ .Values.x }}: 1\n",
                 "f:1:1: error: a key must be a plain word; what begins with { [ or * goes in "
                 "quotes, and a template must be filled in first\n");
    expect_parse("a: 1\n---\nb: 2\n", "f:2:1: error: a second document begins here; a file is one "
                                      "document: remove this `---` and what follows\n");
    expect_parse(
        "a: 1\n b: 2\n",
        "f:2:3: error: a second `:` in one value, or a line further in than its neighbours; put "
        "the value in quotes, or begin the line in the column of its neighbours\n");
    expect_parse("- a\nb: 1\n", "f:2:1: error: this does not continue the list around it; begin "
                                "each `-` of a list in the same column (it began in line 1)\n");
}

Test(yaml, what_is_no_text)
{
    expect_parse("a: \x01\n", "f:1:4: error: byte 0x01 is not part of a UTF-8 text; the file must "
                              "be YAML, as an editor saves it\n");
    expect_parse("a: \xff\n", "f:1:4: error: byte 0xff is not part of a UTF-8 text; the file must "
                              "be YAML, as an editor saves it\n");
    expect_parse("a: b\nc: \xc3(\n", "f:2:4: error: byte 0xc3 is not part of a UTF-8 text; the "
                                     "file must be YAML, as an editor saves it\n");
    /* Latin-1 */
    expect_parse("{a: caf\xe9}\n", "f:1:8: error: byte 0xe9 is not part of a UTF-8 text; the file "
                                   "must be YAML, as an editor saves it\n");
    expect_parse("a: \xe2\x82\n", "f:1:4: error: byte 0xe2 is not part of a UTF-8 text; the file "
                                  "must be YAML, as an editor saves it\n");
}

Test(yaml, aliases_that_explode)
{
    expect_parse("a: &a [x, x, x, x, x, x, x, x, x, x]\n"
                 "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                 "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                 "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                 "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n",
                 "f:4:36: error: more than 10000 values, counting those of an alias each time it "
                 "is used; write fewer, or fewer aliases\n");
    expect_parse("a: &a [*a]\n", "f:1:8: error: alias *a has no anchor before it; write &a at the "
                                 "value that is meant, or put the value in quotes\n");
}

Test(yaml, depth)
{
    struct pt_text text = { 0 };
    for (int i = 0; i < 200; i++) {
        pt_text_add(&text, "[");
    }
    expect_parse(text.data, "f:1:34: error: more than 32 maps and lists within each other; nothing "
                            "here is that deep\n");
    pt_text_clean(&text);
}

Test(yaml, ten_mebibytes)
{
    struct pt_problems problems = { 0 };
    size_t len = 10 << 20;
    char *bytes = malloc(len);
    memset(bytes, 'a', len);
    pt_tree_destroy(pt_yaml_parse("f", bytes, len, &problems));
    expect_problems(&problems, "f: error: the file is longer than 1 MiB, the most that is read; is "
                               "it the right file?\n");
    free(bytes);
}

Test(yaml, put_makes_maps_on_the_way)
{
    struct pt_tree *tree = pt_tree_new();
    struct pt_node *map = pt_node_new_map(tree, "variable X");
    const struct pt_node *node = pt_node_put(tree, map, "tls.ca_file", patter_text("a"), "X");
    cr_assert_not_null(node);
    pt_node_put(tree, map, "tls.ca_file", patter_text("b"), "X");
    pt_node_put(tree, map, "tls.key_file", patter_text("c"), "X");
    cr_expect_eq(map->count, 1);
    cr_expect_eq(pt_node_get(map, "tls")->count, 2);
    cr_expect_str_eq(pt_node_find(map, "tls.ca_file")->text.data, "b");
    cr_expect_null(pt_node_put(tree, map, "tls.ca_file.x", patter_text("c"), "X"));
    cr_expect_null(pt_node_put(tree, map, "tls", patter_text("c"), "X"));
    pt_tree_destroy(tree);
}
