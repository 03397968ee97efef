#include "core/proto/http1.h"

#include <criterion/criterion.h>

Test(http1, each_fault_has_words_and_a_status_code)
{
    for (unsigned i = 0; i < HTTP1_STATUS_COUNT; i++) {
        const uint16_t code = http1_status_code((enum http1_status)i);
        cr_expect_gt(strlen(http1_status_text((enum http1_status)i)), 0);
        cr_expect_eq(code != 0, i > HTTP1_NEED_MORE, "%u", i);
        cr_expect(code == 0 || code == 400 || code == 414 || code == 431 || code == 505, "%u", i);
    }
    cr_assert_eq(http1_status_code(HTTP1_ERR_VERSION), 505);
    cr_assert_eq(http1_status_code(HTTP1_ERR_TOO_MANY), 431);
}

Test(http1, tchar_is_what_rfc_9110_lists)
{
    static const char list[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (unsigned c = 0; c < 256; c++) {
        const uint8_t byte = (uint8_t)c;
        const bool expected = memchr(list, (int)c, sizeof list - 1) != NULL;
        cr_expect_eq(http1_is_tchar(byte), expected, "%02x", c);
        cr_expect_eq(http1_is_token((struct slice){&byte, 1}), expected, "%02x", c);
    }
    cr_assert_not(http1_is_token((struct slice){0}));
    cr_assert(http1_is_token(SLICE_LITERAL("Sec-WebSocket-Key")));
    cr_assert_not(http1_is_token(SLICE_LITERAL("a b")));
}

struct list_row {
    const char *list;
    const char *elements[4];
};

static const struct list_row list_rows[] = {
    {"", {0}},
    {" , ,\t,", {0}},
    {"a", {"a"}},
    {"a,b", {"a", "b"}},
    {" a ,,\tb c\t, ", {"a", "b c"}},
    {",a;x=1", {"a;x=1"}},
};

Test(http1, lists_give_their_elements_without_empty_ones)
{
    for (size_t i = 0; i < ARRAY_LEN(list_rows); i++) {
        struct slice list = slice_from_string(list_rows[i].list);
        struct slice element;
        size_t count = 0;
        while (http1_list_next(&list, &element)) {
            cr_assert_not_null(list_rows[i].elements[count], "%s", list_rows[i].list);
            cr_expect(slice_equals(element, slice_from_string(list_rows[i].elements[count])), "%s", list_rows[i].list);
            count++;
        }
        cr_expect_null(list_rows[i].elements[count], "%s", list_rows[i].list);
    }
}

Test(http1, split_takes_the_separator_with_it)
{
    struct slice s = SLICE_LITERAL("a=b=c");
    cr_assert(slice_equals(http1_split(&s, '='), SLICE_LITERAL("a")));
    cr_assert(slice_equals(s, SLICE_LITERAL("b=c")));
    cr_assert(slice_equals(http1_split(&s, ';'), SLICE_LITERAL("b=c")));
    cr_assert_eq(s.len, 0);
    cr_assert_eq(http1_split(&s, ';').len, 0);
}

Test(http1, trim_takes_blanks_off_both_ends_only)
{
    cr_assert(slice_equals(http1_trim(SLICE_LITERAL(" \ta b\t ")), SLICE_LITERAL("a b")));
    cr_assert_eq(http1_trim(SLICE_LITERAL(" \t ")).len, 0);
}
