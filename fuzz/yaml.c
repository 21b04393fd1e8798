/* SPDX-License-Identifier: MIT */
/* Any bytes as YAML: a tree that is what its header says, or a problem; never a variable's value in
 * a problem. */
#include "core/config/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/support/fuzz.h"

static const char secret[] = "S3cr3t/Value+42";

static void expect_place(struct pt_place place, uint32_t lines)
{
    EXPECT(strcmp(place.source, "f") == 0);
    EXPECT(place.line >= 1 && place.line <= lines && place.column >= 1);
}

static void expect_text(struct patter_str text)
{
    EXPECT(text.data && text.data[text.len] == '\0');
    EXPECT(strlen(text.data) == text.len);
}

static void expect_unique(const struct pt_node *map)
{
    for (size_t i = 0; i < map->count; i++) {
        for (size_t j = 0; j < i && map->count < 100; j++) {
            EXPECT(strcmp(map->entries[i].key.data, map->entries[j].key.data) != 0);
        }
        EXPECT(pt_node_get(map, map->entries[i].key.data) == map->entries[i].value);
    }
}

/* Returns how many nodes there are. */
static size_t expect_node(const struct pt_node *node, uint32_t lines, unsigned depth)
{
    size_t count = 1;
    EXPECT(node && depth <= PT_YAML_DEPTH);
    expect_place(node->place, lines);
    switch (node->kind) {
    case PT_NODE_NULL:
        break;
    case PT_NODE_SCALAR:
        expect_text(node->text);
        break;
    case PT_NODE_LIST:
        for (size_t i = 0; i < node->count; i++) {
            count += expect_node(node->items[i], lines, depth + 1);
        }
        break;
    case PT_NODE_MAP:
        for (size_t i = 0; i < node->count; i++) {
            expect_text(node->entries[i].key);
            expect_place(node->entries[i].key_place, lines);
            count += expect_node(node->entries[i].value, lines, depth + 1);
        }
        expect_unique(node);
        break;
    default:
        EXPECT(!"a kind that is none");
    }
    return count;
}

static void expect_problems(const struct pt_problems *problems)
{
    size_t errors = 0;
    for (size_t i = 0; i < problems->count; i++) {
        const char *text = problems->items[i].text;
        errors += problems->items[i].level == PATTER_LOG_ERROR;
        EXPECT(text[0] != '\0' && strpbrk(text, "\r\n") == NULL);
        EXPECT(!fuzz_tells(text, secret));
    }
    EXPECT(problems->error_count >= errors);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    setenv("SECRET", secret, 1);
    setenv("EMPTY", "", 1);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pt_problems problems = { 0 };
    struct pt_tree *tree = pt_yaml_parse("f", (const char *)data, size, &problems);
    uint32_t lines = 2;
    for (size_t i = 0; i < size; i++) {
        lines += memchr("\n\r\x85\xa8\xa9()", data[i], 7) != NULL; /* YAML's, in any UTF */
    }
    EXPECT(tree);
    EXPECT(!tree->broken || problems.error_count > 0);
    size_t nodes = expect_node(tree->root, lines, 0);
    EXPECT(tree->broken || nodes <= PT_YAML_NODES + 1); /* one with a fault is not read further */
    expect_problems(&problems);
    pt_tree_destroy(tree);
    pt_problems_clean(&problems);
    return 0;
}
