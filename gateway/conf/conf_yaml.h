/*
 * conf_yaml - a YAML document as a tree of nodes that know their places. The only file that speaks to libyaml.
 *
 * What makes a file ambiguous or hard to review is refused: anchors, aliases, tags, several documents, a key written
 * twice, control characters in values.
 *
 * Thread: any. Memory: the caller's arena. Errors: added to struct config_errors. Limits: CONF_YAML_*_MAX.
 */
#ifndef GATEWAY_CONF_CONF_YAML_H
#define GATEWAY_CONF_CONF_YAML_H

#include "gateway/conf/config_arena.h"
#include "gateway/conf/config_errors.h"

enum {
    CONF_YAML_DEPTH_MAX = 16,
    CONF_YAML_NODES_MAX = 1 << 20, /* keys and values: some 100 bytes of memory each, while a file is read */
};

enum conf_yaml_kind {
    CONF_YAML_VALUE, /* a scalar */
    CONF_YAML_LIST,
    CONF_YAML_MAPPING,
    CONF_YAML_REFUSED, /* an error tells why: whoever meets it says nothing more */
};

struct conf_yaml_node {
    enum conf_yaml_kind kind;
    struct config_mark mark;
    struct slice text;                   /* of a value */
    bool is_nothing;                     /* a value that was not written: `listen:` */
    const struct conf_yaml_node *key;    /* of a child of a mapping: a value */
    struct conf_yaml_node *first, *next; /* the children, in the order of the file */
    size_t count;                        /* of children */
};

/* The root, or NULL when the text is no YAML, empty, or more than one document: errors says so. */
const struct conf_yaml_node *conf_yaml_parse(struct slice text, struct config_arena *arena,
                                             struct config_errors *errors);

/* The child under this key, or NULL. A mapping only. */
const struct conf_yaml_node *conf_yaml_get(const struct conf_yaml_node *mapping, const char *key);

/* Whether node is of this kind and not nothing; when it is not, an error says that what must be one. */
bool conf_yaml_expect(const struct conf_yaml_node *node, enum conf_yaml_kind kind, const char *what,
                      struct config_errors *errors);

#endif
