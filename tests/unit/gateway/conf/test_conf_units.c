#include "gateway/conf/conf_units.h"

#include <criterion/criterion.h>

typedef const char *parse_fn(struct slice text, uint64_t *value);

static void expect(parse_fn *parse, const char *text, uint64_t value)
{
    uint64_t v = UINT64_MAX;
    const char *problem = parse(slice_from_string(text), &v);

    cr_assert_null(problem, "%s: %s", text, problem);
    cr_assert_eq(v, value, "%s", text);
}

static void refuse(parse_fn *parse, const char *text, const char *expected)
{
    uint64_t v = 4711;
    const char *problem = parse(slice_from_string(text), &v);

    cr_assert_not_null(problem, "%s", text);
    cr_assert_str_eq(problem, expected, "%s: %s", text, problem);
    cr_assert_eq(v, 4711);
}

Test(conf_units, durations_have_a_unit)
{
    expect(conf_units_parse_duration, "0s", 0);
    expect(conf_units_parse_duration, "500ms", 500);
    expect(conf_units_parse_duration, "25s", 25000);
    expect(conf_units_parse_duration, "2m", 120000);
    expect(conf_units_parse_duration, "1h", 3600000);
    refuse(conf_units_parse_duration, "25", "has no unit");
    refuse(conf_units_parse_duration, "0", "has no unit");
    refuse(conf_units_parse_duration, "25 s", "has none of the units ms, s, m, h");
    refuse(conf_units_parse_duration, "25S", "has none of the units ms, s, m, h");
    refuse(conf_units_parse_duration, "1d", "has none of the units ms, s, m, h");
    refuse(conf_units_parse_duration, "1m30s", "has none of the units ms, s, m, h");
    refuse(conf_units_parse_duration, "1.5s", "has none of the units ms, s, m, h");
}

Test(conf_units, sizes_have_a_binary_unit)
{
    expect(conf_units_parse_size, "16B", 16);
    expect(conf_units_parse_size, "64KiB", 65536);
    expect(conf_units_parse_size, "1MiB", 1048576);
    expect(conf_units_parse_size, "2GiB", 2147483648U);
    refuse(conf_units_parse_size, "64", "has no unit");
    refuse(conf_units_parse_size, "64KB", "has none of the units B, KiB, MiB, GiB");
    refuse(conf_units_parse_size, "64k", "has none of the units B, KiB, MiB, GiB");
    refuse(conf_units_parse_size, "64kib", "has none of the units B, KiB, MiB, GiB");
}

Test(conf_units, counts_are_digits_alone)
{
    expect(conf_units_parse_count, "0", 0);
    expect(conf_units_parse_count, "007", 7);
    expect(conf_units_parse_count, "18446744073709551615", UINT64_MAX);
    refuse(conf_units_parse_count, "", "is not a whole number");
    refuse(conf_units_parse_count, "-1", "is not a whole number");
    refuse(conf_units_parse_count, "+1", "is not a whole number");
    refuse(conf_units_parse_count, " 1", "is not a whole number");
    refuse(conf_units_parse_count, "0x10", "is not a whole number");
    refuse(conf_units_parse_count, "1e3", "is not a whole number");
}

Test(conf_units, what_does_not_fit_64_bits_is_too_large)
{
    refuse(conf_units_parse_count, "18446744073709551616", "is too large");
    refuse(conf_units_parse_count, "99999999999999999999999", "is too large");
    refuse(conf_units_parse_size, "17179869184GiB", "is too large");
    refuse(conf_units_parse_duration, "18446744073709551615h", "is too large");
}

Test(conf_units, a_switch_is_on_off_true_or_false_in_any_case)
{
    expect(conf_units_parse_switch, "on", 1);
    expect(conf_units_parse_switch, "True", 1);
    expect(conf_units_parse_switch, "OFF", 0);
    expect(conf_units_parse_switch, "false", 0);
    refuse(conf_units_parse_switch, "yes", "is neither on nor off");
    refuse(conf_units_parse_switch, "1", "is neither on nor off");
    refuse(conf_units_parse_switch, "", "is neither on nor off");
}

Test(conf_units, a_formatted_value_is_parsed_to_itself)
{
    static const uint64_t values[] = {0,    1,       2,       999,     1000,       1023,          1024,
                                      1025, 60000,   61000,   3600000, 86400000,   65536,         (uint64_t)1 << 30,
                                      1500, 7200000, 1 << 20, 1 << 21, UINT64_MAX, UINT64_MAX - 1};
    char text[CONF_UNITS_TEXT_BYTES_MAX];

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        expect(conf_units_parse_duration, conf_units_format_duration(values[i], text), values[i]);
        expect(conf_units_parse_size, conf_units_format_size(values[i], text), values[i]);
        expect(conf_units_parse_count, conf_units_format_count(values[i], text), values[i]);
    }
}

Test(conf_units, the_largest_unit_that_divides_is_chosen)
{
    char text[CONF_UNITS_TEXT_BYTES_MAX];

    cr_assert_str_eq(conf_units_format_duration(86400000, text), "24h");
    cr_assert_str_eq(conf_units_format_duration(90000, text), "90s");
    cr_assert_str_eq(conf_units_format_duration(1500, text), "1500ms");
    cr_assert_str_eq(conf_units_format_size(1536, text), "1536B");
    cr_assert_str_eq(conf_units_format_size(3 << 20, text), "3MiB");
}
