/* The adapter to libyaml: its events in, our read-only tree out. */
#include "tl/yaml.h"

#include "tl/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define KEYS_PER_MAP_MAX 4096u
#define CHUNK_BYTES      65536u

/* The tree's memory: chunks that are freed together. */
struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    _Alignas(16) uint8_t bytes[];
};

static void *take(struct chunk **chunks, size_t len)
{
    struct chunk *chunk = *chunks;

    len = (len + 15u) & ~(size_t)15u;
    if (chunk == NULL || chunk->size - chunk->used < len) {
        const size_t size = len > CHUNK_BYTES ? len : CHUNK_BYTES;
        chunk = malloc(sizeof *chunk + size);
        if (chunk == NULL)
            return NULL;
        chunk->next = *chunks;
        chunk->used = 0;
        chunk->size = size;
        *chunks = chunk;
    }
    chunk->used += len;
    return chunk->bytes + chunk->used - len;
}

void tl_yaml_free(struct tl_yaml *doc)
{
    struct chunk *chunk = doc->memory;

    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    *doc = (struct tl_yaml){NULL, NULL, NULL};
}

/* ---- building ---- */

/* An open list or map, and, in a map, the key whose value comes next. */
struct frame {
    struct tl_yaml_node *node;
    struct tl_yaml_node *last;
    bool has_key;
    struct tl_bytes key;
    uint32_t key_line;
    uint32_t key_column;
};

struct builder {
    struct tl_yaml *doc;
    struct chunk *chunks;
    struct frame stack[TL_YAML_DEPTH_MAX];
    size_t depth;
    size_t nodes;
    struct tl_why *why;
};

static enum tl_status fail_at(const struct builder *b, yaml_mark_t mark, enum tl_status status,
                              const char *what)
{
    return tl_why_set(b->why, status, "%s:%zu:%zu: %s", b->doc->name, mark.line + 1,
                      mark.column + 1, what);
}

static bool copy_text(struct builder *b, const yaml_event_t *event, struct tl_bytes *out)
{
    const size_t len = event->data.scalar.length;
    char *text = take(&b->chunks, len + 1);

    if (text == NULL)
        return false;
    memcpy(text, event->data.scalar.value, len);
    text[len] = '\0';
    *out = tl_bytes(text, len);
    return true;
}

static enum tl_status add_key(struct builder *b, struct frame *frame, const yaml_event_t *event)
{
    const struct tl_yaml_node *child;

    if (event->type != YAML_SCALAR_EVENT)
        return fail_at(b, event->start_mark, TL_ERR_ENCODING, "a key must be a plain word");
    if (!copy_text(b, event, &frame->key))
        return fail_at(b, event->start_mark, TL_ERR_NO_MEMORY, "out of memory");
    for (child = frame->node->first; child != NULL; child = child->next) {
        if (tl_bytes_eq(child->key, frame->key))
            return tl_why_set(b->why, TL_ERR_ENCODING,
                              "%s:%zu:%zu: key \"%s\" is there twice, first on line %u; keep one",
                              b->doc->name, event->start_mark.line + 1,
                              event->start_mark.column + 1, (const char *)frame->key.ptr,
                              child->key_line);
    }
    if (frame->node->count >= KEYS_PER_MAP_MAX)
        return fail_at(b, event->start_mark, TL_ERR_LIMIT, "too many keys in one map");
    frame->key_line = (uint32_t)event->start_mark.line + 1;
    frame->key_column = (uint32_t)event->start_mark.column + 1;
    frame->has_key = true;
    return TL_OK;
}

static void link_child(struct frame *frame, struct tl_yaml_node *node)
{
    if (frame->last == NULL)
        frame->node->first = node;
    else
        frame->last->next = node;
    frame->last = node;
    frame->node->count++;
    if (frame->node->kind == TL_YAML_MAP) {
        node->key = frame->key;
        node->key_line = frame->key_line;
        node->key_column = frame->key_column;
        frame->has_key = false;
    }
}

static enum tl_status open_frame(struct builder *b, struct tl_yaml_node *node, yaml_mark_t mark)
{
    if (b->depth == TL_YAML_DEPTH_MAX)
        return fail_at(b, mark, TL_ERR_LIMIT, "nested too deeply");
    b->stack[b->depth++] = (struct frame){.node = node};
    return TL_OK;
}

static enum tl_status add_node(struct builder *b, const yaml_event_t *event, enum tl_yaml_kind kind)
{
    struct tl_yaml_node *node;

    if (++b->nodes > TL_YAML_NODES_MAX)
        return fail_at(b, event->start_mark, TL_ERR_LIMIT, "too many values");
    node = take(&b->chunks, sizeof *node);
    if (node == NULL)
        return fail_at(b, event->start_mark, TL_ERR_NO_MEMORY, "out of memory");
    *node = (struct tl_yaml_node){.kind = kind,
                                  .line = (uint32_t)event->start_mark.line + 1,
                                  .column = (uint32_t)event->start_mark.column + 1};
    if (kind == TL_YAML_SCALAR) {
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        if (!copy_text(b, event, &node->text))
            return fail_at(b, event->start_mark, TL_ERR_NO_MEMORY, "out of memory");
    }
    if (b->depth > 0)
        link_child(&b->stack[b->depth - 1], node);
    else
        b->doc->root = node;
    return kind == TL_YAML_SCALAR ? TL_OK : open_frame(b, node, event->start_mark);
}

/* A value, or the key of one. */
static enum tl_status on_value(struct builder *b, const yaml_event_t *event, enum tl_yaml_kind kind,
                               const void *anchor, const void *tag)
{
    struct frame *top = b->depth == 0 ? NULL : &b->stack[b->depth - 1];

    if (anchor != NULL)
        return fail_at(b, event->start_mark, TL_ERR_ENCODING,
                       "anchors (&name) are not read here; write the value out");
    if (tag != NULL)
        return fail_at(b, event->start_mark, TL_ERR_ENCODING,
                       "tags (!name) are not read here; write the value alone");
    if (top != NULL && top->node->kind == TL_YAML_MAP && !top->has_key)
        return add_key(b, top, event);
    return add_node(b, event, kind);
}

static enum tl_status on_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_value(b, event, TL_YAML_SCALAR, event->data.scalar.anchor,
                        event->data.scalar.tag);
    case YAML_SEQUENCE_START_EVENT:
        return on_value(b, event, TL_YAML_LIST, event->data.sequence_start.anchor,
                        event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return on_value(b, event, TL_YAML_MAP, event->data.mapping_start.anchor,
                        event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return TL_OK;
    case YAML_ALIAS_EVENT:
        return fail_at(b, event->start_mark, TL_ERR_ENCODING,
                       "aliases (*name) are not read here; write the value out");
    case YAML_DOCUMENT_START_EVENT:
        return b->doc->root == NULL ? TL_OK
                                    : fail_at(b, event->start_mark, TL_ERR_ENCODING,
                                              "a second document begins here; a file holds one");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return TL_OK;
    }
    return TL_OK;
}

static enum tl_status parse_events(struct builder *b, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        enum tl_status status;
        bool end;
        if (!yaml_parser_parse(parser, &event))
            return fail_at(b, parser->problem_mark,
                           parser->error == YAML_MEMORY_ERROR ? TL_ERR_NO_MEMORY : TL_ERR_ENCODING,
                           parser->problem == NULL ? "not YAML" : parser->problem);
        end = event.type == YAML_STREAM_END_EVENT;
        status = on_event(b, &event);
        yaml_event_delete(&event);
        if (status != TL_OK || end)
            return status;
    }
}

static enum tl_status build(struct builder *b, struct tl_bytes text)
{
    yaml_parser_t parser;
    enum tl_status status;

    if (!yaml_parser_initialize(&parser))
        return tl_why_set(b->why, TL_ERR_NO_MEMORY, "%s: out of memory", b->doc->name);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.ptr, text.len);
    status = parse_events(b, &parser);
    yaml_parser_delete(&parser);
    if (status == TL_OK && b->doc->root == NULL)
        return tl_why_set(b->why, TL_ERR_ENCODING, "%s:1:1: nothing is in this file", b->doc->name);
    return status;
}

enum tl_status tl_yaml_parse(struct tl_yaml *doc, const char *name, struct tl_bytes text,
                             struct tl_why *why)
{
    struct builder b = {.doc = doc, .why = why};
    enum tl_status status;
    char *copy;

    *doc = (struct tl_yaml){NULL, NULL, NULL};
    if (text.len > TL_YAML_BYTES_MAX)
        return tl_why_set(why, TL_ERR_LIMIT, "%s: longer than the %u bytes allowed", name,
                          TL_YAML_BYTES_MAX);
    copy = take(&b.chunks, strlen(name) + 1);
    if (copy == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "%s: out of memory", name);
    memcpy(copy, name, strlen(name) + 1);
    doc->name = copy;
    status = build(&b, text);
    doc->memory = b.chunks;
    if (status != TL_OK)
        tl_yaml_free(doc);
    return status;
}

enum tl_status tl_yaml_load(struct tl_yaml *doc, const char *path, struct tl_why *why)
{
    struct tl_file_bytes file;
    enum tl_status status;

    *doc = (struct tl_yaml){NULL, NULL, NULL};
    status = tl_file_read(path, TL_YAML_BYTES_MAX, &file, why);
    if (status != TL_OK)
        return status;
    status = tl_yaml_parse(doc, path, tl_bytes(file.text, file.len), why);
    tl_file_bytes_free(&file);
    return status;
}
