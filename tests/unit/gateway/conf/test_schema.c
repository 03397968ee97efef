#include "gateway/conf/schema.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/config_doc.h"
#include "tests/support/config_expect.h"

#define BASE "listen: \":80\"\nroutes:\n  - to: echo\n"

enum where { TOP, IN_ROUTE };

static bool is_bounded(const struct schema_setting *s)
{
    return s->type != SCHEMA_TYPE_CHOICE && s->type != SCHEMA_TYPE_SWITCH;
}

/* A whole file with this one setting in its line 4 (in a route: the last line of the route). */
static char *file_with(enum where where, const struct schema_setting *s, const char *key, const char *value)
{
    const char *section = schema_places[s->place].section, *indent = where == TOP ? "" : "    ";
    char *text = NULL;

    cr_assert_geq(asprintf(&text, BASE "%s%s%s%s: %s%s\n", indent, section != NULL ? section : "",
                           section != NULL ? ": { " : "", key, value, section != NULL ? " }" : ""),
                  0);
    return text;
}

static void expect_value(enum where where, const struct schema_setting *s, const char *written, uint64_t value)
{
    char *text = file_with(where, s, s->key, written);
    struct config *config = config_expect_loads(text);
    struct schema_target target = {config, &config->defaults};

    if (where == IN_ROUTE) {
        cr_assert_eq(s->scope, SCHEMA_SCOPE_ROUTE);
        target.route = &config->routes[0].settings;
        cr_assert_eq(schema_get((struct schema_target){config, &config->defaults}, s), s->standard);
    }
    cr_assert_eq(schema_get(target, s), value, "%s", text);
    config_destroy(config);
    free(text);
}

static void expect_refused(enum where where, const struct schema_setting *s, const char *written, const char *problem)
{
    struct config_errors errors;
    char expected[SCHEMA_TEXT_BYTES_MAX];
    char *text = file_with(where, s, s->key, written);
    struct config *config = config_load_text(slice_from_string(text), "t.yaml", &errors);

    cr_assert_null(config, "%s", text);
    cr_assert_eq(errors.count, 1);
    cr_assert_eq(errors.list[0].line, 4);
    cr_assert_not_null(strstr(errors.list[0].text, s->key));
    cr_assert_not_null(strstr(errors.list[0].text, problem), "%s: %s", text, errors.list[0].text);
    cr_assert_not_null(strstr(errors.list[0].text, schema_expected(s, expected)), "%s", errors.list[0].text);
    config_errors_deinit(&errors);
    free(text);
}

typedef void check_fn(enum where where, const struct schema_setting *s);

/* Each row, at the top level and where it may stand in a route. */
static void for_each_row(check_fn *check)
{
    for (size_t i = 0; i < schema_setting_count; i++) {
        check(TOP, &schema_settings[i]);
        if (schema_settings[i].scope == SCHEMA_SCOPE_ROUTE) {
            check(IN_ROUTE, &schema_settings[i]);
        }
    }
}

static void check_value_written(enum where where, const struct schema_setting *s, uint64_t value)
{
    char text[SCHEMA_TEXT_BYTES_MAX];
    expect_value(where, s, schema_format(s, value, text), value);
}

static void check_bounds(enum where where, const struct schema_setting *s)
{
    char text[SCHEMA_TEXT_BYTES_MAX];

    if (!is_bounded(s)) {
        return;
    }
    cr_assert_leq(s->min, s->max);
    check_value_written(where, s, s->min);
    check_value_written(where, s, s->max);
    expect_refused(where, s, schema_format(s, s->max + 1, text), "is too large");
    expect_refused(where, s, "99999999999999999999999", "is too large");
}

static const char *zero_of(enum schema_type type)
{
    static const char *const zeros[] = {
        [SCHEMA_TYPE_COUNT] = "0", [SCHEMA_TYPE_SIZE] = "0B", [SCHEMA_TYPE_BYTES] = "0", [SCHEMA_TYPE_DURATION] = "0s"};
    return zeros[type];
}

static void check_below(enum where where, const struct schema_setting *s)
{
    char text[SCHEMA_TEXT_BYTES_MAX];

    if (!is_bounded(s)) {
        return;
    }
    expect_refused(where, s, zero_of(s->type), "is too small");
    if (s->min > 1) {
        expect_refused(where, s, schema_format(s, s->min - 1, text), "is too small");
    }
}

static void check_wrong_type(enum where where, const struct schema_setting *s)
{
    struct config_errors errors;
    char *text = file_with(where, s, s->key, "[]");

    expect_refused(where, s, "nonsense", "");
    expect_refused(where, s, "\"\"", "");
    cr_assert_null(config_load_text(slice_from_string(text), "t.yaml", &errors));
    cr_assert_eq(errors.count, 1);
    cr_assert_not_null(strstr(errors.list[0].text, "must be a single value, not a list"));
    config_errors_deinit(&errors);
    free(text);
}

static void check_neighbour(enum where where, const struct schema_setting *s)
{
    struct config_errors errors;
    char key[SCHEMA_TEXT_BYTES_MAX], meant[SCHEMA_TEXT_BYTES_MAX];
    char *text = NULL;

    snprintf(key, sizeof key, "%sx", s->key);
    snprintf(meant, sizeof meant, "did you mean \"%s\"?", s->key);
    text = file_with(where, s, key, "1");
    cr_assert_null(config_load_text(slice_from_string(text), "t.yaml", &errors));
    cr_assert_eq(errors.count, 1);
    cr_assert_not_null(strstr(errors.list[0].text, meant), "%s", errors.list[0].text);
    config_errors_deinit(&errors);
    free(text);
}

Test(schema, each_setting_has_its_default_when_it_is_not_written)
{
    struct config *config = config_expect_loads(BASE);

    for (size_t i = 0; i < schema_setting_count; i++) {
        const struct schema_setting *s = &schema_settings[i];
        cr_assert_eq(schema_get((struct schema_target){config, &config->defaults}, s), s->standard, "%s", s->key);
        if (s->scope == SCHEMA_SCOPE_ROUTE) {
            cr_assert_eq(schema_get((struct schema_target){NULL, &config->routes[0].settings}, s), s->standard);
        }
    }
    config_destroy(config);
}

static void check_default_written(enum where where, const struct schema_setting *s)
{
    check_value_written(where, s, s->standard);
}

Test(schema, each_default_may_be_written)
{
    for_each_row(check_default_written);
}

Test(schema, each_minimum_and_maximum_is_taken_and_one_more_is_not)
{
    for_each_row(check_bounds);
}

Test(schema, less_than_each_minimum_is_refused)
{
    for_each_row(check_below);
}

Test(schema, each_setting_refuses_what_is_of_another_type)
{
    for_each_row(check_wrong_type);
}

Test(schema, a_key_that_is_near_each_setting_is_told_its_name)
{
    for_each_row(check_neighbour);
}

static void check_row(enum where where, const struct schema_setting *s)
{
    (void)where;
    cr_assert(s->bytes == 1 || s->bytes == 4 || s->bytes == 8);
    cr_assert(s->bytes == 8 || s->max <= UINT32_MAX);
    cr_assert(strlen(s->manual) > 20);
    cr_assert(s->type != SCHEMA_TYPE_CHOICE || s->words != NULL);
    cr_assert(!is_bounded(s) || (s->standard >= s->min && s->standard <= s->max) ||
              (s->standard == 0 && s->words != NULL));
}

Test(schema, each_row_fits_its_field_and_has_a_manual)
{
    for_each_row(check_row);
}

Test(schema, what_is_the_whole_gateways_is_refused_in_a_route_and_told_where_it_belongs)
{
    for (size_t i = 0; i < schema_setting_count; i++) {
        const struct schema_setting *s = &schema_settings[i];
        struct config_errors errors;
        if (s->scope == SCHEMA_SCOPE_ROUTE) {
            continue;
        }
        char *text = file_with(IN_ROUTE, s, s->key, "1");
        cr_assert_null(config_load_text(slice_from_string(text), "t.yaml", &errors), "%s", text);
        cr_assert_eq(errors.count, 1);
        const bool is_told = strstr(errors.list[0].text, "for the whole gateway") != NULL;
        cr_assert(is_told || strstr(errors.list[0].text, "unknown key") != NULL);
        config_errors_deinit(&errors);
        free(text);
    }
    config_expect_errors(
        BASE "    timeouts: { drain: 1s }\n",
        "t.yaml:4:17: \"drain\" is one for the whole gateway: write it in timeouts at the top level\n");
}

Test(schema, a_timeout_of_0_or_off_is_refused_with_what_would_be_right)
{
    config_expect_errors(
        BASE "timeouts: { connect: 0, close: off }\n",
        "t.yaml:4:22: timeouts.connect: \"0\" could mean at once or never; write a duration from 1ms to 24h\n"
        "t.yaml:4:32: timeouts.close: \"off\" is not possible: this wait always has an end; write a duration from 1ms "
        "to 24h\n");
}

Test(schema, an_unknown_choice_is_told_what_there_is)
{
    config_expect_errors(BASE "ping: { answer: both }\nslow_consumer: { policy: drop_newest }\n",
                         "t.yaml:4:17: ping.answer: \"both\" is not known here; write one of: pass, edge\n"
                         "t.yaml:5:26: slow_consumer.policy: \"drop_newest\" is not known here; write pause, the only "
                         "one in this version\n");
}

Test(schema, auto_stands_for_0_and_0_is_refused)
{
    config_expect_errors(BASE "shards: 0\n",
                         "t.yaml:4:9: shards: \"0\" is too small; write auto or a number from 1 to 256\n");
    config_destroy(config_expect_loads(BASE "shards: Auto\nlimits: { connections: \"auto\" }\n"));
}

Test(schema, a_switch_may_be_quoted_and_in_any_of_its_words)
{
    static const char *const words[] = {"on", "off", "true", "false"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char text[128];
        for (unsigned is_quoted = 0; is_quoted < 2; is_quoted++) {
            const char *quote = is_quoted != 0 ? "'" : "";
            snprintf(text, sizeof text, BASE "log: { access: %s%s%s }\n", quote, words[i], quote);
            struct config *config = config_expect_loads(text);
            cr_assert_eq(config->access_log, i % 2 == 0);
            config_destroy(config);
        }
    }
}

Test(schema, an_unknown_key_near_no_other_is_told_all_that_there_are)
{
    config_expect_errors(BASE "ping: { interval: 25s }\nlog: {}\nlimits: 3\ntimeouts:\n",
                         "t.yaml:4:9: unknown key \"interval\" in ping; it knows: answer\n"
                         "t.yaml:6:9: limits must be a mapping (key: value), not a single value\n"
                         "t.yaml:7:10: timeouts must be a mapping (key: value), not nothing\n");
}

Test(schema, a_section_may_be_written_as_the_one_setting_that_it_stands_for)
{
    struct config *config = config_expect_loads(BASE "    compression: edge\n");
    cr_assert_eq(config->routes[0].settings.compression.mode, CONFIG_COMPRESSION_EDGE);
    cr_assert_eq(config->routes[0].settings.compression.memory_bytes, 256 << 20);
    config_destroy(config);

    config = config_expect_loads(BASE "compression: { mode: passthrough, memory: 2MiB, min_size: 64, inspect: on }\n");
    cr_assert_eq(config->routes[0].settings.compression.mode, CONFIG_COMPRESSION_PASSTHROUGH);
    cr_assert_eq(config->routes[0].settings.compression.min_bytes, 64);
    cr_assert(config->routes[0].settings.compression.inspect);
    config_destroy(config);

    config_expect_errors(BASE "compression: gzip\n", "t.yaml:4:14: compression.mode: \"gzip\" is not known here; write "
                                                     "one of: off, edge, passthrough\n");
    config_expect_errors(BASE "compression: [edge]\n",
                         "t.yaml:4:14: compression must be a mapping (key: value), not a list\n");
}

Test(schema, bytes_may_be_written_with_and_without_a_unit)
{
    struct config *config = config_expect_loads(BASE "compression: { min_size: 2KiB }\n");
    cr_assert_eq(config->defaults.compression.min_bytes, 2048);
    config_destroy(config);
    config_expect_errors(
        BASE "compression: { min_size: 1x }\n",
        "t.yaml:4:26: compression.min_size: \"1x\" has none of the units B, KiB, MiB, GiB; write a size "
        "or a number of bytes from 1B to 1GiB\n");
}

Test(schema, the_manual_in_docs_is_up_to_date)
{
    char *made = NULL, written[64 << 10] = {0};
    size_t len = 0;
    FILE *out = open_memstream(&made, &len), *in = fopen("docs/configuration.md", "re");

    cr_assert_not_null(in, "tests run in the root of the tree");
    config_doc_print(out);
    (void)fclose(out);
    const size_t written_len = fread(written, 1, sizeof written - 1, in);
    (void)fclose(in);
    cr_assert_eq(written_len, len, "run make doc");
    cr_assert_str_eq(written, made, "run make doc");
    free(made);
}
