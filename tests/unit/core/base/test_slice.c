#include "core/base/slice.h"

#include <criterion/criterion.h>

Test(slice, parts_at_every_point)
{
    const struct slice s = SLICE_LITERAL("gateway");
    for (size_t i = 0; i <= s.len; i++) {
        cr_assert_eq(slice_first(s, i).ptr, s.ptr);
        cr_assert_eq(slice_first(s, i).len + slice_skip(s, i).len, s.len);
        cr_assert_eq(slice_skip(s, i).ptr, s.ptr + i);
    }
}

Test(slice, of_a_span_sees_the_same_bytes)
{
    uint8_t bytes[] = {1, 2, 3};
    const struct span span = {bytes, sizeof bytes};
    const struct slice s = slice_of_span(span_skip(span, 1));
    cr_assert_eq(s.ptr, bytes + 1);
    cr_assert_eq(s.len, 2);
}

Test(slice, equals_only_the_same_bytes)
{
    cr_assert(slice_equals((struct slice){0}, SLICE_LITERAL("")));
    cr_assert(slice_equals(slice_from_string("ab"), SLICE_LITERAL("ab")));
    cr_assert_not(slice_equals(SLICE_LITERAL("ab"), SLICE_LITERAL("aB")));
    cr_assert_not(slice_equals(SLICE_LITERAL("ab"), SLICE_LITERAL("abc")));
}

Test(slice, compares_ascii_letters_without_case_and_no_other_byte)
{
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            const uint8_t x = (uint8_t)a;
            const uint8_t y = (uint8_t)b;
            const bool is_letter = (a | 0x20) >= 'a' && (a | 0x20) <= 'z';
            const bool expected = a == b || (is_letter && (a ^ b) == 0x20);
            cr_assert_eq(slice_equals_nocase((struct slice){&x, 1}, (struct slice){&y, 1}), expected, "%u %u", a, b);
        }
    }
    cr_assert_not(slice_equals_nocase(SLICE_LITERAL("a"), SLICE_LITERAL("ab")));
}

Test(slice, starts_with_its_prefixes)
{
    cr_assert(slice_starts_with(SLICE_LITERAL("abc"), SLICE_LITERAL("")));
    cr_assert(slice_starts_with(SLICE_LITERAL("abc"), SLICE_LITERAL("abc")));
    cr_assert_not(slice_starts_with(SLICE_LITERAL("abc"), SLICE_LITERAL("b")));
    cr_assert_not(slice_starts_with(SLICE_LITERAL("abc"), SLICE_LITERAL("abcd")));
}
