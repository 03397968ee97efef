#include "gateway/conf/conf_units.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* Smallest first; the end is a row without a name. */
static const struct unit duration_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {NULL, 0}};
static const struct unit size_units[] = {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};

static const char *const not_a_number = "is not a whole number";
static const char *const too_large = "is too large";

/* The digits at the front of text into *value; what follows them into *rest. */
static const char *parse_digits(struct slice text, uint64_t *value, struct slice *rest)
{
    uint64_t v = 0;
    size_t i = 0;

    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++) {
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, text.ptr[i] - '0', &v)) {
            return too_large;
        }
    }
    if (i == 0) {
        return not_a_number;
    }
    *value = v;
    *rest = slice_skip(text, i);
    return NULL;
}

static const char *parse_with_unit(struct slice text, const struct unit *units, const char *unknown, uint64_t *value)
{
    uint64_t number = 0;
    struct slice rest = {0};
    const char *problem = parse_digits(text, &number, &rest);

    if (problem != NULL) {
        return problem;
    }
    if (rest.len == 0) {
        return "has no unit";
    }
    for (; units->name != NULL; units++) {
        if (slice_equals(rest, slice_from_string(units->name))) {
            return __builtin_mul_overflow(number, units->factor, value) ? too_large : NULL;
        }
    }
    return unknown;
}

const char *conf_units_parse_duration(struct slice text, uint64_t *ms)
{
    uint64_t value = 0;
    const char *problem = parse_with_unit(text, duration_units, "has none of the units ms, s, m, h", &value);

    *ms = problem == NULL ? value : *ms;
    return problem;
}

const char *conf_units_parse_size(struct slice text, uint64_t *bytes)
{
    uint64_t value = 0;
    const char *problem = parse_with_unit(text, size_units, "has none of the units B, KiB, MiB, GiB", &value);

    *bytes = problem == NULL ? value : *bytes;
    return problem;
}

const char *conf_units_parse_count(struct slice text, uint64_t *count)
{
    uint64_t value = 0;
    struct slice rest = {0};
    const char *problem = parse_digits(text, &value, &rest);

    if (problem != NULL || rest.len != 0) {
        return problem != NULL ? problem : not_a_number;
    }
    *count = value;
    return NULL;
}

const char *conf_units_parse_switch(struct slice text, uint64_t *on)
{
    if (slice_equals_nocase(text, SLICE_LITERAL("on")) || slice_equals_nocase(text, SLICE_LITERAL("true"))) {
        *on = 1;
        return NULL;
    }
    if (slice_equals_nocase(text, SLICE_LITERAL("off")) || slice_equals_nocase(text, SLICE_LITERAL("false"))) {
        *on = 0;
        return NULL;
    }
    return "is neither on nor off";
}

static const char *format_with_unit(uint64_t value, const struct unit *units, char *out)
{
    const struct unit *best = units;

    for (const struct unit *u = units; value != 0 && u->name != NULL; u++) {
        best = value % u->factor == 0 ? u : best;
    }
    snprintf(out, CONF_UNITS_TEXT_BYTES_MAX, "%" PRIu64 "%s", value / best->factor, best->name);
    return out;
}

const char *conf_units_format_duration(uint64_t ms, char out[CONF_UNITS_TEXT_BYTES_MAX])
{
    return format_with_unit(ms, duration_units, out);
}

const char *conf_units_format_size(uint64_t bytes, char out[CONF_UNITS_TEXT_BYTES_MAX])
{
    return format_with_unit(bytes, size_units, out);
}

const char *conf_units_format_count(uint64_t count, char out[CONF_UNITS_TEXT_BYTES_MAX])
{
    snprintf(out, CONF_UNITS_TEXT_BYTES_MAX, "%" PRIu64, count);
    return out;
}
