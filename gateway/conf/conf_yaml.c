#include "gateway/conf/conf_yaml.h"

#include <stdlib.h>
#include <yaml.h>

struct builder {
    yaml_parser_t parser;
    struct slice text;
    struct config_arena *arena;
    struct config_errors *errors;
    size_t node_count;
};

static struct config_mark mark_from(yaml_mark_t m)
{
    return (struct config_mark){(unsigned)m.line + 1, (unsigned)m.column + 1};
}

/* libyaml's reader knows only offsets: count lines and characters up to there. */
static struct config_mark mark_of_offset(struct slice text, size_t offset)
{
    struct config_mark m = {1, 1};

    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            m = (struct config_mark){m.line + 1, 1};
        } else if ((text.ptr[i] & 0xc0) != 0x80) {
            m.column++;
        }
    }
    return m;
}

/* The byte at a place, NUL when the text has none there. */
static uint8_t byte_at(struct slice text, struct config_mark at)
{
    struct config_mark m = {1, 0};

    for (size_t i = 0; i < text.len && m.line <= at.line; i++) {
        m.column += (text.ptr[i] & 0xc0) != 0x80;
        if (m.line == at.line && m.column == at.column) {
            return text.ptr[i];
        }
        if (text.ptr[i] == '\n') {
            m = (struct config_mark){m.line + 1, 0};
        }
    }
    return '\0';
}

static void report_scanner(struct builder *b)
{
    const struct config_mark at = mark_from(b->parser.problem_mark);
    const char *context = b->parser.context != NULL ? b->parser.context : "";

    if (byte_at(b->text, at) == '\t') {
        config_errors_add(b->errors, at, "a tab: YAML is indented with spaces");
    } else if (strstr(context, "scanning an alias") != NULL) {
        config_errors_add(b->errors, mark_from(b->parser.context_mark),
                          "a value that begins with * needs quotes: \"*.example.com\"");
    } else {
        config_errors_add(b->errors, at, "not YAML: %s%s%s", b->parser.problem, *context != '\0' ? " " : "", context);
    }
}

static void report_parser(struct builder *b)
{
    switch (b->parser.error) {
    case YAML_READER_ERROR:
        config_errors_add(b->errors, mark_of_offset(b->text, b->parser.problem_offset), "not text in UTF-8: %s",
                          b->parser.problem);
        break;
    case YAML_SCANNER_ERROR:
    case YAML_PARSER_ERROR:
        report_scanner(b);
        break;
    case YAML_NO_ERROR:
    case YAML_MEMORY_ERROR:
    case YAML_COMPOSER_ERROR:
    case YAML_WRITER_ERROR:
    case YAML_EMITTER_ERROR:
    default:
        config_errors_add(b->errors, CONFIG_MARK_FILE, "out of memory while reading");
    }
}

static bool next_event(struct builder *b, yaml_event_t *event)
{
    if (yaml_parser_parse(&b->parser, event)) {
        return true;
    }
    report_parser(b);
    return false;
}

static void refuse_anchor_and_tag(struct builder *b, struct config_mark at, const yaml_char_t *anchor,
                                  const yaml_char_t *tag)
{
    if (anchor != NULL) {
        config_errors_add(b->errors, at,
                          "YAML anchors (&%s) are not supported; a value that begins with & needs quotes",
                          (const char *)anchor);
    }
    if (tag != NULL) {
        config_errors_add(b->errors, at, "YAML tags (%s) are not supported; a value that begins with ! needs quotes",
                          (const char *)tag);
    }
}

static struct conf_yaml_node *new_node(struct builder *b, enum conf_yaml_kind kind, yaml_mark_t mark)
{
    struct conf_yaml_node *node = config_arena_alloc(b->arena, sizeof *node);

    node->kind = kind;
    node->mark = mark_from(mark);
    return node;
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static struct conf_yaml_node *read_value(struct builder *b, const yaml_event_t *event)
{
    struct conf_yaml_node *node = new_node(b, CONF_YAML_VALUE, event->start_mark);
    const struct slice text = {event->data.scalar.value, event->data.scalar.length};

    refuse_anchor_and_tag(b, node->mark, event->data.scalar.anchor, event->data.scalar.tag);
    if (has_control(text)) {
        config_errors_add(b->errors, node->mark, "a value must be one line without control characters");
        node->kind = CONF_YAML_REFUSED;
        return node;
    }
    node->text = (struct slice){(const uint8_t *)config_arena_text(b->arena, text), text.len};
    node->is_nothing = text.len == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return node;
}

static struct conf_yaml_node *read_alias(struct builder *b, const yaml_event_t *event)
{
    struct conf_yaml_node *node = new_node(b, CONF_YAML_REFUSED, event->start_mark);

    config_errors_add(b->errors, node->mark,
                      "YAML aliases (*%s) are not supported; a value that begins with * needs quotes",
                      (const char *)event->data.alias.anchor);
    return node;
}

static struct conf_yaml_node *read_node(struct builder *b, yaml_event_t *event, unsigned depth);

static void append(struct conf_yaml_node *parent, struct conf_yaml_node **last, struct conf_yaml_node *child)
{
    if (*last == NULL) {
        parent->first = child;
    } else {
        (*last)->next = child;
    }
    *last = child;
    parent->count++;
}

/* The next node of a list or mapping; NULL with *at_end at its end, NULL without it when the text is no YAML. */
static struct conf_yaml_node *read_child(struct builder *b, yaml_event_type_t end, unsigned depth, bool *at_end)
{
    yaml_event_t event;

    if (!next_event(b, &event)) {
        return NULL;
    }
    *at_end = event.type == end;
    if (*at_end) {
        yaml_event_delete(&event);
        return NULL;
    }
    if (++b->node_count > CONF_YAML_NODES_MAX) {
        config_errors_add(b->errors, mark_from(event.start_mark), "more than %d keys and values", CONF_YAML_NODES_MAX);
        yaml_event_delete(&event);
        return NULL;
    }
    return read_node(b, &event, depth);
}

static bool read_list(struct builder *b, struct conf_yaml_node *list, unsigned depth)
{
    struct conf_yaml_node *last = NULL;
    bool at_end = false;

    for (;;) {
        struct conf_yaml_node *child = read_child(b, YAML_SEQUENCE_END_EVENT, depth, &at_end);
        if (child == NULL) {
            return at_end;
        }
        append(list, &last, child);
    }
}

struct sorted_key {
    struct slice text;
    struct config_mark mark;
};

/* By text, and the same text by place. */
static int compare_keys(const void *x, const void *y)
{
    const struct slice a = ((const struct sorted_key *)x)->text, b = ((const struct sorted_key *)y)->text;
    const struct config_mark m = ((const struct sorted_key *)x)->mark, n = ((const struct sorted_key *)y)->mark;
    const size_t len = a.len < b.len ? a.len : b.len;
    const int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;

    if (order != 0 || a.len != b.len) {
        return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
    }
    return m.line != n.line ? (m.line > n.line) - (m.line < n.line) : (m.column > n.column) - (m.column < n.column);
}

/* Sorted, so that a file of a million keys is read in good time too. */
static void refuse_duplicates(struct builder *b, const struct conf_yaml_node *mapping)
{
    struct sorted_key *sorted = config_arena_array(b->arena, mapping->count, sizeof *sorted);
    size_t count = 0;

    for (const struct conf_yaml_node *n = mapping->first; n != NULL; n = n->next) {
        sorted[count++] = (struct sorted_key){n->key->text, n->key->mark};
    }
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (slice_equals(sorted[i].text, sorted[i - 1].text)) {
            config_errors_add(b->errors, sorted[i].mark, "\"%.*s\" is written twice; the other is in line %u",
                              CONFIG_QUOTE(sorted[i].text), sorted[i - 1].mark.line);
        }
    }
}

static bool read_mapping(struct builder *b, struct conf_yaml_node *mapping, unsigned depth)
{
    struct conf_yaml_node *last = NULL;
    bool at_end = false;

    for (;;) {
        struct conf_yaml_node *key = read_child(b, YAML_MAPPING_END_EVENT, depth, &at_end);
        if (key == NULL) {
            break;
        }
        struct conf_yaml_node *child = read_child(b, YAML_NO_EVENT, depth, &(bool){false});
        if (child == NULL) {
            return false;
        }
        if (conf_yaml_expect(key, CONF_YAML_VALUE, "a key", b->errors)) {
            child->key = key;
            append(mapping, &last, child);
        }
    }
    refuse_duplicates(b, mapping);
    return at_end;
}

static struct conf_yaml_node *read_collection(struct builder *b, const yaml_event_t *event, unsigned depth)
{
    const bool is_list = event->type == YAML_SEQUENCE_START_EVENT;
    struct conf_yaml_node *node = new_node(b, is_list ? CONF_YAML_LIST : CONF_YAML_MAPPING, event->start_mark);

    if (is_list) {
        refuse_anchor_and_tag(b, node->mark, event->data.sequence_start.anchor, event->data.sequence_start.tag);
    } else {
        refuse_anchor_and_tag(b, node->mark, event->data.mapping_start.anchor, event->data.mapping_start.tag);
    }
    if (depth == CONF_YAML_DEPTH_MAX) {
        config_errors_add(b->errors, node->mark, "nested deeper than %d levels", CONF_YAML_DEPTH_MAX);
        return NULL;
    }
    const bool is_read = is_list ? read_list(b, node, depth + 1) : read_mapping(b, node, depth + 1);
    return is_read ? node : NULL;
}

/* Takes the event over. NULL: an error tells why reading ends. */
static struct conf_yaml_node *read_node(struct builder *b, yaml_event_t *event, unsigned depth)
{
    struct conf_yaml_node *node = NULL;

    if (event->type == YAML_SCALAR_EVENT) {
        node = read_value(b, event);
    } else if (event->type == YAML_ALIAS_EVENT) {
        node = read_alias(b, event);
    } else {
        node = read_collection(b, event, depth);
    }
    yaml_event_delete(event);
    return node;
}

/* Takes the next event, which must be of this type; another one is left in *event, to be deleted by the caller. */
static bool skip_event(struct builder *b, yaml_event_type_t type, yaml_event_t *event)
{
    if (!next_event(b, event)) {
        return false;
    }
    const bool is_it = event->type == type;
    if (is_it) {
        yaml_event_delete(event);
    }
    return is_it;
}

static const struct conf_yaml_node *read_document(struct builder *b)
{
    yaml_event_t event = {0};

    if (!skip_event(b, YAML_STREAM_START_EVENT, &event)) {
        return NULL;
    }
    if (!skip_event(b, YAML_DOCUMENT_START_EVENT, &event)) {
        if (event.type == YAML_STREAM_END_EVENT) {
            config_errors_add(b->errors, CONFIG_MARK_FILE, "the file is empty; it needs at least listen and routes");
        }
        return NULL;
    }
    if (!next_event(b, &event)) {
        return NULL;
    }
    const struct conf_yaml_node *root = read_node(b, &event, 0);
    if (root == NULL || !skip_event(b, YAML_DOCUMENT_END_EVENT, &event)) {
        return NULL;
    }
    if (!skip_event(b, YAML_STREAM_END_EVENT, &event)) {
        if (event.type == YAML_DOCUMENT_START_EVENT) {
            config_errors_add(b->errors, mark_from(event.start_mark),
                              "a second YAML document; one file is one document");
            yaml_event_delete(&event);
        }
        return NULL;
    }
    return root;
}

const struct conf_yaml_node *conf_yaml_parse(struct slice text, struct config_arena *arena,
                                             struct config_errors *errors)
{
    struct builder b = {.text = text, .arena = arena, .errors = errors};

    if (!yaml_parser_initialize(&b.parser)) {
        config_errors_add(errors, CONFIG_MARK_FILE, "out of memory while reading");
        return NULL;
    }
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, text.ptr != NULL ? text.ptr : (const uint8_t *)"", text.len);
    const struct conf_yaml_node *root = read_document(&b);
    yaml_parser_delete(&b.parser);
    return root;
}

const struct conf_yaml_node *conf_yaml_get(const struct conf_yaml_node *mapping, const char *key)
{
    ASSERT(mapping->kind == CONF_YAML_MAPPING);
    for (const struct conf_yaml_node *n = mapping->first; n != NULL; n = n->next) {
        if (slice_equals(n->key->text, slice_from_string(key))) {
            return n;
        }
    }
    return NULL;
}

static const char *kind_text(enum conf_yaml_kind kind)
{
    switch (kind) {
    case CONF_YAML_VALUE:
        return "a single value";
    case CONF_YAML_LIST:
        return "a list";
    case CONF_YAML_MAPPING:
        return "a mapping (key: value)";
    case CONF_YAML_REFUSED:
    default:
        return "refused";
    }
}

bool conf_yaml_expect(const struct conf_yaml_node *node, enum conf_yaml_kind kind, const char *what,
                      struct config_errors *errors)
{
    if (node->kind == kind && !node->is_nothing) {
        return true;
    }
    if (node->kind != CONF_YAML_REFUSED) {
        config_errors_add(errors, node->mark, "%s must be %s, not %s", what, kind_text(kind),
                          node->is_nothing ? "nothing" : kind_text(node->kind));
    }
    return false;
}
