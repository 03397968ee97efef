#include "gateway/conf/conf_yaml.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/config_expect.h"

struct parsed {
    struct config_arena *arena;
    struct config_errors errors;
    const struct conf_yaml_node *root;
};

static struct parsed parse(const char *text)
{
    struct parsed p = {.arena = config_arena_create()};

    p.root = conf_yaml_parse(slice_from_string(text), p.arena, &p.errors);
    return p;
}

static void drop(struct parsed *p)
{
    config_errors_deinit(&p->errors);
    config_arena_destroy(p->arena);
}

Test(conf_yaml, nodes_know_their_kind_their_place_and_their_children)
{
    struct parsed p = parse("a: 1\nbc:\n  - x\n  - {}\nd:\n");
    const struct conf_yaml_node *list = conf_yaml_get(p.root, "bc");

    cr_assert_eq(p.root->kind, CONF_YAML_MAPPING);
    cr_assert_eq(p.root->count, 3);
    cr_assert(slice_equals(conf_yaml_get(p.root, "a")->text, SLICE_LITERAL("1")));
    cr_assert_eq(list->kind, CONF_YAML_LIST);
    cr_assert_eq(list->count, 2);
    cr_assert_eq(list->first->mark.line, 3);
    cr_assert_eq(list->first->mark.column, 5);
    cr_assert_eq(list->first->next->kind, CONF_YAML_MAPPING);
    cr_assert_null(list->first->next->next);
    cr_assert(conf_yaml_get(p.root, "d")->is_nothing);
    cr_assert_null(conf_yaml_get(p.root, "b"));
    cr_assert_eq(p.errors.count, 0);
    drop(&p);
}

Test(conf_yaml, columns_count_characters_and_a_byte_order_mark_is_fine)
{
    struct parsed p = parse("\xef\xbb\xbf{\xc3\xa9: x}");

    cr_assert_not_null(p.root);
    cr_assert_eq(p.root->first->mark.column - p.root->first->key->mark.column, 3);
    drop(&p);
}

Test(conf_yaml, an_empty_file_is_an_error)
{
    config_expect_errors("", "t.yaml: the file is empty; it needs at least listen and routes\n");
    config_expect_errors("# only this\n", "t.yaml: the file is empty; it needs at least listen and routes\n");
}

Test(conf_yaml, anchors_aliases_and_tags_are_refused_all_at_once)
{
    config_expect_errors("listen: &a \":80\"\nshards: *a\nping: !x {}\nroutes: &b [!!map {to: echo}]\nlog: !<y> {}\n",
                         "t.yaml:1:9: YAML anchors (&a) are not supported; a value that begins with & needs quotes\n"
                         "t.yaml:2:9: YAML aliases (*a) are not supported; a value that begins with * needs quotes\n"
                         "t.yaml:3:7: YAML tags (!x) are not supported; a value that begins with ! needs quotes\n"
                         "t.yaml:4:9: YAML anchors (&b) are not supported; a value that begins with & needs quotes\n"
                         "t.yaml:4:13: YAML tags (tag:yaml.org,2002:map) are not supported; a value that begins with ! "
                         "needs quotes\n"
                         "t.yaml:5:6: YAML tags (y) are not supported; a value that begins with ! needs quotes\n");
}

Test(conf_yaml, a_star_without_quotes_gets_told_to_have_them)
{
    config_expect_errors("routes:\n  - match: { host: *.example.com }\n",
                         "t.yaml:2:20: a value that begins with * needs quotes: \"*.example.com\"\n");
}

Test(conf_yaml, a_second_document_is_refused)
{
    config_expect_errors("listen: \":80\"\n---\na: b\n",
                         "t.yaml:2:1: a second YAML document; one file is one document\n");
}

Test(conf_yaml, a_key_written_twice_is_an_error_that_knows_the_other)
{
    config_expect_errors("listen: \":80\"\nroutes: [{to: echo}]\nping: {}\nlog: {}\nping: {}\n",
                         "t.yaml:5:1: \"ping\" is written twice; the other is in line 3\n");
}

Test(conf_yaml, bytes_that_are_no_utf8_are_found_where_they_are)
{
    config_expect_errors("a: b\n\xc3\xa9: \xff\n", "t.yaml:2:4: not text in UTF-8: invalid leading UTF-8 octet\n");
    config_expect_errors("a: \xc0\x80\n", "t.yaml:1:4: not text in UTF-8: invalid length of a UTF-8 sequence\n");
    config_expect_errors_of(SLICE_LITERAL("a: \0\n"),
                            "t.yaml:1:4: not text in UTF-8: control characters are not allowed\n");
}

Test(conf_yaml, a_tab_that_indents_is_called_a_tab)
{
    config_expect_errors("routes:\n\t- to: echo\n", "t.yaml:2:1: a tab: YAML is indented with spaces\n");
}

Test(conf_yaml, what_is_no_yaml_is_said_with_its_place)
{
    config_expect_errors("routes: [\n", "t.yaml:2:1: not YAML: did not find expected node content while parsing a flow "
                                        "node\n");
    config_expect_errors("a: b: c\n", "t.yaml:1:5: not YAML: mapping values are not allowed in this context\n");
}

Test(conf_yaml, what_is_no_yaml_after_the_document_is_said_too)
{
    config_expect_errors("{a: b}\n]\n", "t.yaml:2:1: not YAML: did not find expected <document start>\n");
}

Test(conf_yaml, a_value_is_one_line_without_control_characters)
{
    config_expect_errors("listen: \"a\\0b\"\nroutes: [{to: echo}]\n",
                         "t.yaml:1:9: a value must be one line without control characters\n");
    config_expect_errors("listen: |\n  a\n  b\nroutes: [{to: echo}]\n",
                         "t.yaml:1:9: a value must be one line without control characters\n");
}

Test(conf_yaml, a_key_is_a_single_value)
{
    config_expect_errors("listen: \":80\"\nroutes: [{to: echo}]\n? [a]\n: b\n? \n: c\n",
                         "t.yaml:3:3: a key must be a single value, not a list\n"
                         "t.yaml:5:2: a key must be a single value, not nothing\n");
}

Test(conf_yaml, a_root_that_is_no_mapping_is_refused)
{
    config_expect_errors("- a\n", "t.yaml:1:1: the file must be a mapping (key: value), not a list\n");
    config_expect_errors("a\n", "t.yaml:1:1: the file must be a mapping (key: value), not a single value\n");
    config_expect_errors("--- \n", "t.yaml:2:1: the file must be a mapping (key: value), not nothing\n");
}

Test(conf_yaml, nesting_has_a_limit)
{
    char deep[CONF_YAML_DEPTH_MAX + 2] = {0};

    for (size_t n = CONF_YAML_DEPTH_MAX; n <= CONF_YAML_DEPTH_MAX + 1; n++) {
        char text[2 * (CONF_YAML_DEPTH_MAX + 1) + 1] = {0};
        memset(deep, '[', n);
        memset(text, '[', n);
        memset(text + n, ']', n);
        struct parsed p = parse(text);
        cr_assert_eq(p.root != NULL, n == CONF_YAML_DEPTH_MAX);
        drop(&p);
    }
    config_expect_errors(deep, "t.yaml:1:17: nested deeper than 16 levels\n");
}

Test(conf_yaml, a_file_has_at_most_a_million_keys_and_values)
{
    char *text = malloc(2 * (CONF_YAML_NODES_MAX + 1) + 3);
    size_t len = 0;

    cr_assert_not_null(text);
    text[len++] = '[';
    for (size_t i = 0; i < CONF_YAML_NODES_MAX; i++) {
        memcpy(text + len, "a,", 2);
        len += 2;
    }
    memcpy(text + len, "]", 2);
    struct parsed p = parse(text);
    cr_assert_eq(p.root->count, CONF_YAML_NODES_MAX);
    drop(&p);
    memcpy(text + len, "a]", 3);
    config_expect_errors(text, "t.yaml:1:2097154: more than 1048576 keys and values\n");
    free(text);
}
