/* SPDX-License-Identifier: MIT */
#include "core/config/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/base/text.h"
#include "core/config/substitute.h"
#include "core/config/yaml_fault.h"
#include "core/config/yaml_map.h"

struct anchor {
    struct patter_str name;
    struct pt_node *node;
    size_t size; /* nodes, itself and those of its aliases included */
};

struct reader {
    yaml_parser_t parser;
    struct pt_tree *tree;
    struct pt_problems *problems;
    const char *source;
    const char *bytes;
    size_t len;
    struct anchor *anchors;
    size_t anchor_count;
    size_t node_count;
    bool no_memory;
};

static struct pt_node *read_node(struct reader *reader, yaml_event_t *event, unsigned depth);

static struct pt_place place_at(const struct reader *reader, const yaml_mark_t *mark)
{
    return (struct pt_place){ reader->source, (uint32_t)mark->line + 1,
                              (uint32_t)mark->column + 1 };
}

/* Always NULL, so that a caller may return it. */
static void *stop(struct reader *reader, bool no_memory)
{
    reader->tree->broken = true;
    reader->no_memory = reader->no_memory || no_memory;
    return NULL;
}

static void add_fault(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    struct pt_yaml_fault fault = {
        .problem = parser->problem ? parser->problem : "an unknown fault",
        .place = place_at(reader, &parser->problem_mark),
        .opened = place_at(reader, parser->context ? &parser->context_mark : &parser->problem_mark),
        .is_byte = parser->error == YAML_READER_ERROR,
        .offset = parser->problem_offset,
        .value = parser->problem_value,
    };
    pt_yaml_fault_add(&fault, reader->bytes, reader->len, reader->problems);
}

static bool next(struct reader *reader, yaml_event_t *ret_event)
{
    if (yaml_parser_parse(&reader->parser, ret_event)) {
        return true;
    }
    if (reader->parser.error != YAML_MEMORY_ERROR) {
        add_fault(reader);
    }
    stop(reader, reader->parser.error == YAML_MEMORY_ERROR);
    return false;
}

static bool count_nodes(struct reader *reader, size_t count, struct pt_place place)
{
    reader->node_count += count;
    if (reader->node_count <= PT_YAML_NODES) {
        return true;
    }
    pt_problem_add(reader->problems, place, PATTER_LOG_ERROR,
                   "more than %d values, counting those of an alias each time it is used; write "
                   "fewer, or fewer aliases",
                   PT_YAML_NODES);
    stop(reader, false);
    return false;
}

static struct patter_str copy_text(struct reader *reader, const yaml_char_t *text, size_t len)
{
    return pt_arena_copy(&reader->tree->arena, (struct patter_str){ (const char *)text, len });
}

/* What reads the tree takes texts up to their first NUL. */
static struct patter_str copy_scalar(struct reader *reader, const yaml_event_t *event,
                                     struct pt_place place)
{
    const yaml_char_t *text = event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (memchr(text, '\0', len)) {
        pt_problem_add(reader->problems, place, PATTER_LOG_ERROR,
                       "a text holds a NUL character (\\0, \\x00); remove it");
        len = strlen((const char *)text);
    }
    return copy_text(reader, text, len);
}

static bool is_null_word(struct patter_str text)
{
    return text.len == 0 || pt_str_is(text, "~") || pt_str_is(text, "null") ||
           pt_str_is(text, "Null") || pt_str_is(text, "NULL");
}

static void check_tag(struct reader *reader, const yaml_char_t *tag, struct pt_place place)
{
    if (tag && strcmp((const char *)tag, "!") != 0 &&
        strncmp((const char *)tag, "tag:yaml.org,2002:", 18) != 0) {
        pt_problem_add(reader->problems, place, PATTER_LOG_ERROR,
                       "tags mean nothing here; remove it, or put the value in quotes");
    }
}

static struct pt_node *read_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct pt_place place = place_at(reader, &event->start_mark);
    struct pt_node *node = pt_node_new(reader->tree, PT_NODE_SCALAR, place);
    if (!node) {
        return stop(reader, true);
    }
    node->quoted =
        event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
        (event->data.scalar.tag && strcmp((const char *)event->data.scalar.tag, YAML_STR_TAG) == 0);
    node->text = copy_scalar(reader, event, place);
    check_tag(reader, event->data.scalar.tag, place);
    if (!node->text.data || !pt_substitute(reader->tree, node, reader->problems)) {
        return stop(reader, true);
    }
    if (!node->quoted && is_null_word(node->text)) {
        node->kind = PT_NODE_NULL;
        node->text = patter_text("");
    }
    return node;
}

/* How many maps and lists are within each other there. */
static unsigned height_of(const struct pt_node *node)
{
    unsigned highest = 0;
    if (node->kind != PT_NODE_LIST && node->kind != PT_NODE_MAP) {
        return 0;
    }
    for (size_t i = 0; i < node->count; i++) {
        unsigned height =
            height_of(node->kind == PT_NODE_LIST ? node->items[i] : node->entries[i].value);
        highest = height > highest ? height : highest;
    }
    return highest + 1;
}

static bool check_depth(struct reader *reader, unsigned depth, struct pt_place place)
{
    if (depth <= PT_YAML_DEPTH) {
        return true;
    }
    pt_problem_add(reader->problems, place, PATTER_LOG_ERROR,
                   "more than %d maps and lists within each other; nothing here is that deep",
                   PT_YAML_DEPTH);
    stop(reader, false);
    return false;
}

static struct pt_node *read_alias(struct reader *reader, const yaml_event_t *event, unsigned depth)
{
    struct patter_str name = patter_text((const char *)event->data.alias.anchor);
    struct pt_place place = place_at(reader, &event->start_mark);
    for (size_t i = reader->anchor_count; i > 0; i--) {
        struct anchor *anchor = &reader->anchors[i - 1];
        if (pt_str_equal(anchor->name, name)) {
            return count_nodes(reader, anchor->size, place) &&
                           check_depth(reader, depth + height_of(anchor->node), place)
                       ? anchor->node
                       : NULL;
        }
    }
    pt_problem_add(reader->problems, place, PATTER_LOG_ERROR,
                   "alias *" PT_STR_FMT " has no anchor before it; write &" PT_STR_FMT
                   " at the value that is meant, or put the value in quotes",
                   PT_STR_ARG(name), PT_STR_ARG(name));
    struct pt_node *node = pt_node_new(reader->tree, PT_NODE_NULL, place);
    return node ? node : stop(reader, true);
}

static bool add_anchor(struct reader *reader, struct patter_str name, struct pt_node *node,
                       size_t size)
{
    struct anchor *anchors =
        pt_tree_grow(reader->tree, reader->anchors, reader->anchor_count, sizeof(*anchors));
    if (!anchors) {
        stop(reader, true);
        return false;
    }
    reader->anchors = anchors;
    anchors[reader->anchor_count++] = (struct anchor){ name, node, size };
    return true;
}

static struct pt_node *read_list(struct reader *reader, const yaml_event_t *event, unsigned depth)
{
    struct pt_node *list =
        pt_node_new(reader->tree, PT_NODE_LIST, place_at(reader, &event->start_mark));
    yaml_event_t item;
    check_tag(reader, event->data.sequence_start.tag, place_at(reader, &event->start_mark));
    while (list && next(reader, &item)) {
        bool ended = item.type == YAML_SEQUENCE_END_EVENT;
        struct pt_node *node = ended ? NULL : read_node(reader, &item, depth);
        yaml_event_delete(&item);
        if (!node) {
            return list; /* the end, or a fault: then what is there so far */
        }
        struct pt_node **items =
            pt_tree_grow(reader->tree, list->items, list->count, sizeof(*items));
        if (!items) {
            return stop(reader, true);
        }
        list->items = items;
        items[list->count++] = node;
        if (reader->tree->broken) {
            return list;
        }
    }
    return list ? list : stop(reader, true);
}

static bool read_key(struct reader *reader, const yaml_event_t *event, struct pt_entry *ret_entry,
                     bool *ret_is_merge)
{
    *ret_entry = (struct pt_entry){ .key_place = place_at(reader, &event->start_mark) };
    if (event->type != YAML_SCALAR_EVENT) {
        pt_problem_add(reader->problems, ret_entry->key_place, PATTER_LOG_ERROR,
                       "a key must be a plain word; what begins with { [ or * goes in quotes, and "
                       "a template must be filled in first");
        stop(reader, false);
        return false;
    }
    ret_entry->key = copy_scalar(reader, event, ret_entry->key_place);
    if (!ret_entry->key.data) {
        stop(reader, true);
        return false;
    }
    *ret_is_merge =
        event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && pt_str_is(ret_entry->key, "<<");
    return true;
}

static struct pt_node *read_map(struct reader *reader, const yaml_event_t *start, unsigned depth)
{
    struct pt_node *map =
        pt_node_new(reader->tree, PT_NODE_MAP, place_at(reader, &start->start_mark));
    const struct pt_node *merged = NULL;
    yaml_event_t event;
    check_tag(reader, start->data.mapping_start.tag, place_at(reader, &start->start_mark));
    while (map && next(reader, &event)) {
        struct pt_entry entry;
        bool is_merge = false;
        bool more =
            event.type != YAML_MAPPING_END_EVENT && read_key(reader, &event, &entry, &is_merge);
        yaml_event_delete(&event);
        if (!more || !next(reader, &event)) {
            break;
        }
        entry.value = read_node(reader, &event, depth);
        yaml_event_delete(&event);
        if (entry.value && is_merge && merged) {
            pt_problem_add(reader->problems, entry.key_place, PATTER_LOG_ERROR,
                           "`<<` is given twice; write `<<: [*one, *two]`");
        } else if (entry.value && is_merge) {
            merged = entry.value;
        } else if (entry.value && !pt_yaml_map_add(reader->tree, map, &entry, reader->problems)) {
            stop(reader, true);
        }
        if (reader->tree->broken) {
            break;
        }
    }
    if (map && merged && !pt_yaml_map_merge(reader->tree, map, merged, reader->problems)) {
        stop(reader, true);
    }
    return map ? map : stop(reader, true);
}

/* NULL at the end of what can be read. */
static struct pt_node *read_node(struct reader *reader, yaml_event_t *event, unsigned depth)
{
    const yaml_char_t *anchor = NULL;
    size_t before = reader->node_count;
    struct pt_node *node;
    struct pt_place place = place_at(reader, &event->start_mark);
    if (!check_depth(reader, depth, place)) {
        return NULL;
    }
    if (event->type == YAML_ALIAS_EVENT) {
        return read_alias(reader, event, depth);
    }
    if (!count_nodes(reader, 1, place)) {
        return NULL;
    }
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        node = read_scalar(reader, event);
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        node = read_list(reader, event, depth + 1);
    } else {
        anchor = event->data.mapping_start.anchor;
        node = read_map(reader, event, depth + 1);
    }
    if (node && anchor) {
        struct patter_str name = copy_text(reader, anchor, strlen((const char *)anchor));
        if (!name.data || !add_anchor(reader, name, node, reader->node_count - before)) {
            return stop(reader, true);
        }
    }
    return node;
}

static void read_stream(struct reader *reader)
{
    yaml_event_t event;
    unsigned documents = 0;
    yaml_event_type_t type = YAML_NO_EVENT;
    while (type != YAML_STREAM_END_EVENT && !reader->tree->broken && next(reader, &event)) {
        type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && ++documents > 1) {
            pt_problem_add(reader->problems, place_at(reader, &event.start_mark), PATTER_LOG_ERROR,
                           "a second document begins here; a file is one document: remove this "
                           "`---` and what follows");
            stop(reader, false);
        } else if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT ||
                   type == YAML_MAPPING_START_EVENT || type == YAML_ALIAS_EVENT) {
            struct pt_node *root = read_node(reader, &event, 0);
            reader->tree->root = root ? root : reader->tree->root;
        }
        yaml_event_delete(&event);
    }
}

struct pt_tree *pt_yaml_parse(const char *source, const char *bytes, size_t len,
                              struct pt_problems *problems)
{
    struct reader reader = {
        .tree = pt_tree_new(), .problems = problems, .bytes = bytes, .len = len
    };
    if (!reader.tree) {
        return NULL;
    }
    reader.source = pt_arena_copy(&reader.tree->arena, patter_text(source)).data;
    if (!reader.source || !yaml_parser_initialize(&reader.parser)) {
        pt_tree_destroy(reader.tree);
        return NULL;
    }
    reader.tree->root->place = (struct pt_place){ reader.source, 1, 1 };
    if (len > PT_YAML_BYTES) {
        pt_problem_add(problems, (struct pt_place){ reader.source, 0, 0 }, PATTER_LOG_ERROR,
                       "the file is longer than 1 MiB, the most that is read; is it the right "
                       "file?");
        reader.tree->broken = true;
    } else {
        yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, len);
        read_stream(&reader);
    }
    yaml_parser_delete(&reader.parser);
    if (reader.no_memory) {
        pt_tree_destroy(reader.tree);
        return NULL;
    }
    return reader.tree;
}
