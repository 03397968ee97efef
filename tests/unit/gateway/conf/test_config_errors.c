#include "gateway/conf/config_errors.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void expect_printed(const struct config_errors *errors, const char *expected)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    config_errors_print(errors, out);
    (void)fclose(out);
    cr_assert_str_eq(text, expected);
    free(text);
}

Test(config_errors, are_in_the_order_of_the_file_whatever_the_order_they_came_in)
{
    struct config_errors errors = {.file = "f"};

    config_errors_add(&errors, (struct config_mark){2, 5}, "c");
    config_errors_add(&errors, (struct config_mark){2, 1}, "b");
    config_errors_add(&errors, (struct config_mark){10, 1}, "%s", "e");
    config_errors_add(&errors, (struct config_mark){2, 5}, "d");
    config_errors_add(&errors, CONFIG_MARK_FILE, "a");
    expect_printed(&errors, "f: a\nf:2:1: b\nf:2:5: c\nf:2:5: d\nf:10:1: e\n");
    config_errors_deinit(&errors);
    cr_assert_eq(errors.count, 0);
}

Test(config_errors, of_no_errors_nothing_is_printed)
{
    struct config_errors errors = {.file = "f"};

    expect_printed(&errors, "");
    config_errors_deinit(&errors);
}

Test(config_errors, beyond_the_limit_the_last_one_says_that_there_are_more)
{
    struct config_errors errors = {.file = "f"};

    for (unsigned i = 0; i < CONFIG_ERRORS_MAX + 10; i++) {
        cr_assert_eq(config_errors_is_full(&errors), i >= CONFIG_ERRORS_MAX);
        config_errors_add(&errors, (struct config_mark){1000 - i, 1}, "x");
    }
    cr_assert_eq(errors.count, CONFIG_ERRORS_MAX);
    cr_assert_str_eq(errors.list[0].text, "x");
    cr_assert_str_eq(errors.list[CONFIG_ERRORS_MAX - 1].text, "more than 499 errors; the rest is not listed");
    config_errors_deinit(&errors);
}

Test(config_errors, what_a_user_wrote_is_quoted_up_to_a_limit)
{
    struct config_errors errors = {.file = "f"};
    char text[1000];

    memset(text, 'y', sizeof text);
    const struct slice s = {(const uint8_t *)text, sizeof text};
    config_errors_add(&errors, (struct config_mark){1, 1}, "%.*s", CONFIG_QUOTE(s));
    cr_assert_eq(strlen(errors.list[0].text), CONFIG_ERRORS_QUOTE_BYTES_MAX);
    config_errors_deinit(&errors);
}
