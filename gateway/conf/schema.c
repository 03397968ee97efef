#include "gateway/conf/schema.h"

#include <stdio.h>

#include "gateway/conf/conf_suggest.h"
#include "gateway/conf/conf_units.h"

const struct schema_place_row schema_places[SCHEMA_PLACE_COUNT] = {
#define SCHEMA_PLACE(name, section, text, alone) [SCHEMA_PLACE_##name] = {section, text, alone},
#include "gateway/conf/schema.def"
};

const struct schema_key schema_keys[] = {
#define SCHEMA_KEY(place, key, form, manual) {SCHEMA_PLACE_##place, key, form, manual},
#include "gateway/conf/schema.def"
};
const size_t schema_key_count = ARRAY_LEN(schema_keys);

#define KIB(n)     (UINT64_C(n) << 10)
#define MIB(n)     (UINT64_C(n) << 20)
#define GIB(n)     (UINT64_C(n) << 30)
#define SECONDS(n) (UINT64_C(n) * 1000)
#define HOURS(n)   (UINT64_C(n) * 3600 * 1000)

#define FIELD(type, field) offsetof(struct type, field), sizeof(((struct type *)NULL)->field)
const struct schema_setting schema_settings[] = {
#define GATEWAY_SETTING(place, key, type, field, standard, min, max, words, manual) \
    {SCHEMA_PLACE_##place,                                                          \
     key,                                                                           \
     SCHEMA_TYPE_##type,                                                            \
     SCHEMA_SCOPE_GATEWAY,                                                          \
     FIELD(config, field),                                                          \
     standard,                                                                      \
     min,                                                                           \
     max,                                                                           \
     words,                                                                         \
     manual},
#define ROUTE_SETTING(place, key, type, field, standard, min, max, words, manual) \
    {SCHEMA_PLACE_##place,                                                        \
     key,                                                                         \
     SCHEMA_TYPE_##type,                                                          \
     SCHEMA_SCOPE_ROUTE,                                                          \
     FIELD(config_route_settings, field),                                         \
     standard,                                                                    \
     min,                                                                         \
     max,                                                                         \
     words,                                                                       \
     manual},
#include "gateway/conf/schema.def"
};
const size_t schema_setting_count = ARRAY_LEN(schema_settings);

static uint8_t *field_of(struct schema_target target, const struct schema_setting *setting)
{
    uint8_t *base = (uint8_t *)target.route;

    if (setting->scope == SCHEMA_SCOPE_GATEWAY) {
        base = (uint8_t *)target.gateway;
    }
    ASSERT(base != NULL);
    return base + setting->offset;
}

static void set(struct schema_target target, const struct schema_setting *setting, uint64_t value)
{
    const uint32_t value32 = (uint32_t)value;
    const bool value1 = value != 0;

    switch (setting->bytes) {
    case sizeof value:
        memcpy(field_of(target, setting), &value, sizeof value);
        break;
    case sizeof value32:
        memcpy(field_of(target, setting), &value32, sizeof value32);
        break;
    default:
        ASSERT(setting->bytes == sizeof value1);
        memcpy(field_of(target, setting), &value1, sizeof value1);
    }
}

uint64_t schema_get(struct schema_target target, const struct schema_setting *setting)
{
    uint64_t value = 0;
    uint32_t value32 = 0;

    switch (setting->bytes) {
    case sizeof value:
        memcpy(&value, field_of(target, setting), sizeof value);
        return value;
    case sizeof value32:
        memcpy(&value32, field_of(target, setting), sizeof value32);
        return value32;
    default:
        ASSERT(setting->bytes == sizeof(bool));
        return *field_of(target, setting);
    }
}

void schema_set_defaults(struct config *config)
{
    for (size_t i = 0; i < schema_setting_count; i++) {
        set((struct schema_target){config, &config->defaults}, &schema_settings[i], schema_settings[i].standard);
    }
}

/* The next of words into *word; false at their end. */
static bool next_word(const char **words, struct slice *word)
{
    if (*words == NULL || **words == '\0') {
        return false;
    }
    const size_t len = strcspn(*words, " ");
    *word = (struct slice){(const uint8_t *)*words, len};
    *words += len + ((*words)[len] == ' ');
    return true;
}

static const char *parse_choice(const char *words, struct slice text, uint64_t *value)
{
    struct slice word = {0};

    for (uint64_t i = 0; next_word(&words, &word); i++) {
        if (slice_equals_nocase(word, text)) {
            *value = i;
            return NULL;
        }
    }
    return "is not known here";
}

/* The value and NULL, or what is wrong with the text. */
static const char *parse(const struct schema_setting *setting, struct slice text, uint64_t *value)
{
    switch (setting->type) {
    case SCHEMA_TYPE_COUNT:
        return conf_units_parse_count(text, value);
    case SCHEMA_TYPE_SIZE:
        return conf_units_parse_size(text, value);
    case SCHEMA_TYPE_BYTES:
        return conf_units_parse_count(text, value) == NULL ? NULL : conf_units_parse_size(text, value);
    case SCHEMA_TYPE_DURATION:
        return conf_units_parse_duration(text, value);
    case SCHEMA_TYPE_SWITCH:
        return conf_units_parse_switch(text, value);
    case SCHEMA_TYPE_CHOICE:
    default:
        return parse_choice(setting->words, text, value);
    }
}

static bool has_bounds(const struct schema_setting *setting)
{
    return setting->type != SCHEMA_TYPE_SWITCH && setting->type != SCHEMA_TYPE_CHOICE;
}

static const char *check(const struct schema_setting *setting, struct slice text, uint64_t *value)
{
    uint64_t zero = 0;

    if (setting->type == SCHEMA_TYPE_COUNT && parse_choice(setting->words, text, value) == NULL) {
        return NULL; /* the first word stands for 0 */
    }
    if (setting->type == SCHEMA_TYPE_DURATION && slice_equals_nocase(text, SLICE_LITERAL("off"))) {
        return "is not possible: this wait always has an end";
    }
    if (setting->type == SCHEMA_TYPE_DURATION && conf_units_parse_count(text, &zero) == NULL && zero == 0) {
        return "could mean at once or never";
    }
    const char *problem = parse(setting, text, value);
    if (problem == NULL && has_bounds(setting) && (*value < setting->min || *value > setting->max)) {
        return *value < setting->min ? "is too small" : "is too large";
    }
    return problem;
}

const char *schema_format(const struct schema_setting *setting, uint64_t value, char out[SCHEMA_TEXT_BYTES_MAX])
{
    const char *words = setting->words;
    struct slice word = {0};

    switch (setting->type) {
    case SCHEMA_TYPE_SIZE:
    case SCHEMA_TYPE_BYTES:
        return conf_units_format_size(value, out);
    case SCHEMA_TYPE_DURATION:
        return conf_units_format_duration(value, out);
    case SCHEMA_TYPE_SWITCH:
        snprintf(out, SCHEMA_TEXT_BYTES_MAX, "%s", value != 0 ? "on" : "off");
        return out;
    case SCHEMA_TYPE_COUNT:
    case SCHEMA_TYPE_CHOICE:
    default:
        for (uint64_t i = 0; next_word(&words, &word); i++) {
            if (i == value) {
                snprintf(out, SCHEMA_TEXT_BYTES_MAX, "%.*s", (int)word.len, (const char *)word.ptr);
                return out;
            }
        }
        return conf_units_format_count(value, out);
    }
}

static const char *expected_choice(const struct schema_setting *setting, char *out)
{
    const char *words = setting->words;
    struct slice word = {0};
    size_t len = 0;

    if (strchr(words, ' ') == NULL) {
        snprintf(out, SCHEMA_TEXT_BYTES_MAX, "%.32s, the only one in this version", words);
        return out;
    }
    len = (size_t)snprintf(out, SCHEMA_TEXT_BYTES_MAX, "one of:");

    for (const char *comma = ""; next_word(&words, &word); comma = ",") {
        ASSERT(len + word.len + 3 < SCHEMA_TEXT_BYTES_MAX);
        len += (size_t)snprintf(out + len, SCHEMA_TEXT_BYTES_MAX - len, "%s %.*s", comma, (int)word.len,
                                (const char *)word.ptr);
    }
    return out;
}

const char *schema_expected(const struct schema_setting *setting, char out[SCHEMA_TEXT_BYTES_MAX])
{
    static const char *const nouns[] = {[SCHEMA_TYPE_COUNT] = "a number",
                                        [SCHEMA_TYPE_SIZE] = "a size",
                                        [SCHEMA_TYPE_BYTES] = "a size or a number of bytes",
                                        [SCHEMA_TYPE_DURATION] = "a duration"};
    char min[SCHEMA_TEXT_BYTES_MAX], max[SCHEMA_TEXT_BYTES_MAX];

    if (setting->type == SCHEMA_TYPE_CHOICE) {
        return expected_choice(setting, out);
    }
    if (setting->type == SCHEMA_TYPE_SWITCH) {
        snprintf(out, SCHEMA_TEXT_BYTES_MAX, "on or off");
        return out;
    }
    const bool has_word = setting->type == SCHEMA_TYPE_COUNT && setting->words != NULL;
    snprintf(out, SCHEMA_TEXT_BYTES_MAX, "%.12s%s%s from %.32s to %.32s", has_word ? setting->words : "",
             has_word ? " or " : "", nouns[setting->type], schema_format(setting, setting->min, min),
             schema_format(setting, setting->max, max));
    return out;
}

static void read_setting(struct schema_target target, const struct schema_setting *setting,
                         const struct conf_yaml_node *node, struct config_errors *errors)
{
    const char *section = schema_places[setting->place].section;
    char name[SCHEMA_TEXT_BYTES_MAX], expected[SCHEMA_TEXT_BYTES_MAX];
    uint64_t value = 0;

    snprintf(name, sizeof name, "%s%s%s", section != NULL ? section : "", section != NULL ? "." : "", setting->key);
    if (!conf_yaml_expect(node, CONF_YAML_VALUE, name, errors)) {
        return;
    }
    const char *problem = check(setting, node->text, &value);
    if (problem == NULL) {
        set(target, setting, value);
        return;
    }
    config_errors_add(errors, node->mark, "%s: \"%.*s\" %s; write %s", name, CONFIG_QUOTE(node->text), problem,
                      schema_expected(setting, expected));
}

bool schema_has(struct schema_target target, const struct schema_setting *setting, enum schema_place place)
{
    return setting->place == place && (setting->scope == SCHEMA_SCOPE_ROUTE || target.gateway != NULL);
}

static void read_settings(struct schema_target target, enum schema_place place, const struct conf_yaml_node *mapping,
                          struct config_errors *errors)
{
    for (size_t i = 0; i < schema_setting_count; i++) {
        const struct conf_yaml_node *node = conf_yaml_get(mapping, schema_settings[i].key);
        if (node != NULL && schema_has(target, &schema_settings[i], place)) {
            read_setting(target, &schema_settings[i], node, errors);
        }
    }
}

static bool is_known(struct schema_target target, enum schema_place place, struct slice key)
{
    for (size_t i = 0; i < schema_key_count; i++) {
        if (schema_keys[i].place == place && slice_equals(key, slice_from_string(schema_keys[i].key))) {
            return true;
        }
    }
    for (size_t i = 0; i < schema_setting_count; i++) {
        if (schema_has(target, &schema_settings[i], place) &&
            slice_equals(key, slice_from_string(schema_settings[i].key))) {
            return true;
        }
    }
    return false;
}

static bool is_of_gateway(enum schema_place place, struct slice key)
{
    for (size_t i = 0; i < schema_setting_count; i++) {
        if (schema_settings[i].place == place && slice_equals(key, slice_from_string(schema_settings[i].key))) {
            return schema_settings[i].scope == SCHEMA_SCOPE_GATEWAY;
        }
    }
    return false;
}

/* Adds a key to a list of what a place knows, and to what may have been meant. */
static void offer(struct conf_suggest *s, char *list, const char *key)
{
    const size_t len = strlen(list);

    conf_suggest_offer(s, key);
    snprintf(list + len, SCHEMA_TEXT_BYTES_MAX - len, "%s%s", len > 0 ? ", " : "", key);
}

static void report_unknown(struct schema_target target, enum schema_place place, const struct conf_yaml_node *key,
                           struct config_errors *errors)
{
    struct conf_suggest suggest;
    char list[SCHEMA_TEXT_BYTES_MAX] = "";

    conf_suggest_init(&suggest, key->text);
    for (size_t i = 0; i < schema_key_count; i++) {
        if (schema_keys[i].place == place) {
            offer(&suggest, list, schema_keys[i].key);
        }
    }
    for (size_t i = 0; i < schema_setting_count; i++) {
        if (schema_has(target, &schema_settings[i], place)) {
            offer(&suggest, list, schema_settings[i].key);
        }
    }
    const char *meant = conf_suggest_text(&suggest);
    const bool has_suggestion = meant[0] != '\0';
    config_errors_add(errors, key->mark, "unknown key \"%.*s\" in %s%s%s", CONFIG_QUOTE(key->text),
                      schema_places[place].text, has_suggestion ? meant : "; it knows: ", has_suggestion ? "" : list);
}

void schema_check_keys(struct schema_target target, enum schema_place place, const struct conf_yaml_node *mapping,
                       struct config_errors *errors)
{
    for (const struct conf_yaml_node *n = mapping->first; n != NULL && !config_errors_is_full(errors); n = n->next) {
        if (is_known(target, place, n->key->text)) {
            continue;
        }
        if (is_of_gateway(place, n->key->text)) {
            config_errors_add(errors, n->key->mark,
                              "\"%.*s\" is one for the whole gateway: write it in %s at the top level",
                              CONFIG_QUOTE(n->key->text), schema_places[place].text);
        } else {
            report_unknown(target, place, n->key, errors);
        }
    }
}

static bool has_settings(struct schema_target target, enum schema_place place)
{
    for (size_t i = 0; i < schema_setting_count; i++) {
        if (schema_has(target, &schema_settings[i], place)) {
            return true;
        }
    }
    return false;
}

static const struct schema_setting *find_setting(enum schema_place place, const char *key)
{
    for (size_t i = 0; i < schema_setting_count; i++) {
        if (schema_settings[i].place == place && strcmp(schema_settings[i].key, key) == 0) {
            return &schema_settings[i];
        }
    }
    return NULL;
}

static void read_section(struct schema_target target, enum schema_place place, const struct conf_yaml_node *node,
                         struct config_errors *errors)
{
    const struct schema_place_row *row = &schema_places[place];

    if (row->alone != NULL && node->kind == CONF_YAML_VALUE) {
        read_setting(target, find_setting(place, row->alone), node, errors);
    } else if (conf_yaml_expect(node, CONF_YAML_MAPPING, row->section, errors)) {
        schema_check_keys(target, place, node, errors);
        read_settings(target, place, node, errors);
    }
}

void schema_read(struct schema_target target, const struct conf_yaml_node *mapping, struct config_errors *errors)
{
    read_settings(target, target.gateway != NULL ? SCHEMA_PLACE_ROOT : SCHEMA_PLACE_ROUTE, mapping, errors);
    for (unsigned place = 0; place < SCHEMA_PLACE_COUNT; place++) {
        const char *section = schema_places[place].section;
        const struct conf_yaml_node *node = section != NULL ? conf_yaml_get(mapping, section) : NULL;
        if (node != NULL && has_settings(target, place)) {
            read_section(target, place, node, errors);
        }
    }
}
