/*
 * schema - the rows of schema.def as tables: what may be written where, and each setting's type, field, default,
 * bounds and manual. Loader, printer, manual and tests walk them.
 *
 * Thread: any (constant). Memory: none. Errors: added to struct config_errors. Limits: none.
 */
#ifndef GATEWAY_CONF_SCHEMA_H
#define GATEWAY_CONF_SCHEMA_H

#include "gateway/conf/conf_yaml.h"

enum { SCHEMA_TEXT_BYTES_MAX = 128 };

enum schema_place {
#define SCHEMA_PLACE(name, section, text, alone) SCHEMA_PLACE_##name,
#include "gateway/conf/schema.def"
    SCHEMA_PLACE_COUNT
};

enum schema_type {
    SCHEMA_TYPE_COUNT,
    SCHEMA_TYPE_SIZE,
    SCHEMA_TYPE_BYTES, /* a size, or a number of bytes */
    SCHEMA_TYPE_DURATION,
    SCHEMA_TYPE_SWITCH, /* on | off */
    SCHEMA_TYPE_CHOICE, /* one of words; the value is its index */
};

enum schema_scope {
    SCHEMA_SCOPE_GATEWAY, /* a field of struct config: top level only */
    SCHEMA_SCOPE_ROUTE,   /* a field of struct config_route_settings: top level for all routes, and per route */
};

struct schema_place_row {
    const char *section; /* its key, of a mapping of settings; else NULL */
    const char *text;    /* in errors: "a route" */
    const char *alone;   /* key of the setting that a value stands for where one is written instead of the mapping */
};

struct schema_key {
    enum schema_place place;
    const char *key, *form, *manual;
};

struct schema_setting {
    enum schema_place place;
    const char *key;
    enum schema_type type;
    enum schema_scope scope;
    size_t offset, bytes; /* of the field */
    uint64_t standard, min, max;
    const char *words; /* of CHOICE: its values, a blank between; of COUNT: the word for 0, or NULL */
    const char *manual;
};

extern const struct schema_place_row schema_places[SCHEMA_PLACE_COUNT];
extern const struct schema_key schema_keys[];
extern const size_t schema_key_count;
extern const struct schema_setting schema_settings[];
extern const size_t schema_setting_count;

/* Where settings are read into or printed from: of the whole file both, within a route gateway is NULL. */
struct schema_target {
    struct config *gateway;
    struct config_route_settings *route;
};

void schema_set_defaults(struct config *config);

/* Whether this place of this target may hold the setting. */
bool schema_has(struct schema_target target, const struct schema_setting *setting, enum schema_place place);

/* Reads all settings of a mapping (the file's root, or a route): those of its own, and its sections. */
void schema_read(struct schema_target target, const struct conf_yaml_node *mapping, struct config_errors *errors);

/* An error for each key that this place does not know, with what was meant. */
void schema_check_keys(struct schema_target target, enum schema_place place, const struct conf_yaml_node *mapping,
                       struct config_errors *errors);

uint64_t schema_get(struct schema_target target, const struct schema_setting *setting);

/* A value as the file would have it: "64KiB", "auto". Returns out. */
const char *schema_format(const struct schema_setting *setting, uint64_t value, char out[SCHEMA_TEXT_BYTES_MAX]);

/* What may be written: "a size from 1KiB to 64KiB", "one of: pass, edge". Returns out. */
const char *schema_expected(const struct schema_setting *setting, char out[SCHEMA_TEXT_BYTES_MAX]);

#endif
