#include "core/proto/ws_extension.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* What a list comes to: each extension's name, then ";name" or ";name=value" per parameter; "!" at a fault. */
struct row {
    const char *list;
    const char *read;
};

static const struct row rows[] = {
    {"", ""},
    {" , ,", ""},
    {"a", "a "},
    {"\ta , b,,c", "a b c "},
    {"a;b", "a;b "},
    {"a ; b = c ;\td", "a;b=c;d "},
    {"a;b=\"c\"", "a;b=\"c\" "},
    {"a;b=\"\\c\\\\", "!"},
    {"a;b=\"\\c\\d\",e", "a;b=\"\\c\\d\" e "},
    {"a;b=\"c,d\"", "!"},
    {"a;b=\"c;d\"", "!"},
    {"a;b=\"c\\\"d\"", "!"},
    {"a;b=\"c\" d", "!"},
    {"a;b=\"c\"d\"e\"", "!"},
    {"a;b=\"\"", "!"},
    {"a;b=\"", "!"},
    {"a;b=\"\\\"", "!"},
    {"a;b=\"c", "!"},
    {"a;b=c=d", "!"},
    {"a;b=", "!"},
    {"a;=b", "!"},
    {"a;", "!"},
    {"a; ", "!"},
    {"a;;b", "!"},
    {";a", "!"},
    {"\"a\"", "!"},
    {"a b", "!"},
    {"a=b", "!"},
    {"a,b;", "a !"},
    {"a,\"b,c\"", "a !"},
};

struct text {
    char bytes[128];
    size_t len;
};

static void add(struct text *t, const char *before, struct slice s)
{
    t->len += (size_t)snprintf(t->bytes + t->len, sizeof t->bytes - t->len, "%s%.*s", before, (int)s.len,
                               (const char *)s.ptr);
}

static void add_extension(struct text *t, const struct ws_extension *extension)
{
    struct slice params = extension->params;
    struct ws_extension_param param;
    add(t, "", extension->name);
    while (ws_extension_next_param(&params, &param)) {
        add(t, ";", param.name);
        if (param.has_value) {
            add(t, "=", param.value);
        }
    }
    add(t, " ", SLICE_LITERAL(""));
}

Test(ws_extension, reads_lists_as_the_table_says)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice list = slice_from_string(rows[i].list);
        struct ws_extension extension;
        struct text read = {0};
        enum ws_extension_status status;
        while ((status = ws_extension_next(&list, &extension)) == WS_EXTENSION_FOUND) {
            add_extension(&read, &extension);
        }
        add(&read, status == WS_EXTENSION_BAD ? "!" : "", SLICE_LITERAL(""));
        cr_expect_str_eq(read.bytes, rows[i].read, "%s: %s", rows[i].list, read.bytes);
        cr_expect_eq(ws_extension_list_is_valid(slice_from_string(rows[i].list)),
                     status == WS_EXTENSION_END && read.len > 0, "%s", rows[i].list);
    }
}

Test(ws_extension, gives_the_text_of_an_extension_as_written)
{
    struct slice list = SLICE_LITERAL(" a;  b = \"\\c\" , d");
    struct ws_extension extension;
    cr_assert_eq(ws_extension_next(&list, &extension), WS_EXTENSION_FOUND);
    cr_assert(slice_equals(extension.text, SLICE_LITERAL("a;  b = \"\\c\"")));
    cr_assert_eq(ws_extension_next(&list, &extension), WS_EXTENSION_FOUND);
    cr_assert(slice_equals(extension.text, SLICE_LITERAL("d")));
}

static bool value_is(const char *value, const char *token)
{
    return ws_extension_value_equals(slice_from_string(value), slice_from_string(token));
}

Test(ws_extension, compares_values_without_quotes_and_backslashes)
{
    cr_expect(value_is("10", "10"));
    cr_expect(value_is("\"10\"", "10"));
    cr_expect(value_is("\"\\10\"", "10"));
    cr_expect(value_is("\"\\1\\0\"", "10"));
    cr_expect_not(value_is("\"1\"", "10"));
    cr_expect_not(value_is("\"100\"", "10"));
    cr_expect_not(value_is("010", "10"));
    cr_expect_not(value_is("\"\\\"", "\\"));
    cr_expect_not(value_is("", "10"));
}
