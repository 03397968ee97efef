#include "tests/support/config_expect.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static char *errors_text(const struct config_errors *errors)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    cr_assert_not_null(out);
    config_errors_print(errors, out);
    cr_assert_eq(fclose(out), 0);
    return text;
}

struct config *config_expect_loads(const char *text)
{
    struct config_errors errors;
    struct config *config = config_load_text(slice_from_string(text), "t.yaml", &errors);
    char *lines = errors_text(&errors);

    cr_assert_not_null(config, "%s in:\n%s", lines, text);
    cr_assert_eq(errors.count, 0);
    free(lines);
    config_errors_deinit(&errors);
    return config;
}

void config_expect_errors_of(struct slice text, const char *expected)
{
    struct config_errors errors;
    struct config *config = config_load_text(text, "t.yaml", &errors);
    char *lines = errors_text(&errors);

    cr_assert_null(config);
    cr_assert_str_eq(lines, expected, "expected:\n%sgot:\n%s", expected, lines);
    free(lines);
    config_errors_deinit(&errors);
}

void config_expect_errors(const char *text, const char *expected)
{
    config_expect_errors_of(slice_from_string(text), expected);
}

char *config_expect_print(const struct config *config)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    cr_assert_not_null(out);
    config_print(config, out);
    cr_assert_eq(fclose(out), 0);
    return text;
}
