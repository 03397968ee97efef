/*
 * lookup - private to simd/: UTF-8 checked by table lookups of nibbles, for the vec.h that its includer has chosen.
 *
 * The algorithm is that of J. Keiser and D. Lemire, "Validating UTF-8 in less than one instruction per byte" (2021):
 * what may be wrong with a pair of bytes depends on three of its nibbles; each has a table that says which faults it
 * allows for, and a fault is there when all three do. That a third or fourth byte is a continuation follows from
 * the lead two or three bytes back.
 *
 * Thread: any. Memory: none. Errors: none. Limits: texts of at least 4 bytes that start at a boundary.
 */
#ifndef SIMD_LOOKUP_H
#define SIMD_LOOKUP_H

#ifndef VEC_BYTES
#include "simd/v128/vec.h"
#endif

#include "simd/utf8_text.h"

enum lookup_fault {
    LOOKUP_CUT = 1 << 0,        /* a lead, then no continuation */
    LOOKUP_STRAY = 1 << 1,      /* ASCII, then a continuation */
    LOOKUP_OVERLONG_3 = 1 << 2, /* E0 80-9F */
    LOOKUP_TOO_LARGE = 1 << 3,  /* F4 90-BF, F5-FF 90-BF */
    LOOKUP_SURROGATE = 1 << 4,  /* ED A0-BF */
    LOOKUP_OVERLONG_2 = 1 << 5, /* C0-C1 80-BF */
    LOOKUP_OVERLONG_4 = 1 << 6, /* F0 80-8F, and F5-FF 80-8F, which share the nibbles that matter */
    LOOKUP_PAIR = 1 << 7,       /* two continuations: right where a lead further back asks for it */
    LOOKUP_ANY_LOW = LOOKUP_CUT | LOOKUP_STRAY | LOOKUP_PAIR, /* faults whatever the first byte's low nibble */
};

/* clang-format off */

/* By the high nibble of the first byte. */
static const uint8_t lookup_first_high[16] = {
    LOOKUP_STRAY, LOOKUP_STRAY, LOOKUP_STRAY, LOOKUP_STRAY,
    LOOKUP_STRAY, LOOKUP_STRAY, LOOKUP_STRAY, LOOKUP_STRAY,
    LOOKUP_PAIR, LOOKUP_PAIR, LOOKUP_PAIR, LOOKUP_PAIR,
    LOOKUP_CUT | LOOKUP_OVERLONG_2,
    LOOKUP_CUT,
    LOOKUP_CUT | LOOKUP_OVERLONG_3 | LOOKUP_SURROGATE,
    LOOKUP_CUT | LOOKUP_TOO_LARGE | LOOKUP_OVERLONG_4,
};

#define LOOKUP_LOW_5_TO_F (LOOKUP_ANY_LOW | LOOKUP_TOO_LARGE | LOOKUP_OVERLONG_4)

/* By the low nibble of the first byte. */
static const uint8_t lookup_first_low[16] = {
    LOOKUP_ANY_LOW | LOOKUP_OVERLONG_2 | LOOKUP_OVERLONG_3 | LOOKUP_OVERLONG_4,
    LOOKUP_ANY_LOW | LOOKUP_OVERLONG_2,
    LOOKUP_ANY_LOW, LOOKUP_ANY_LOW,
    LOOKUP_ANY_LOW | LOOKUP_TOO_LARGE,
    LOOKUP_LOW_5_TO_F, LOOKUP_LOW_5_TO_F, LOOKUP_LOW_5_TO_F, LOOKUP_LOW_5_TO_F,
    LOOKUP_LOW_5_TO_F, LOOKUP_LOW_5_TO_F, LOOKUP_LOW_5_TO_F, LOOKUP_LOW_5_TO_F,
    LOOKUP_LOW_5_TO_F | LOOKUP_SURROGATE,
    LOOKUP_LOW_5_TO_F, LOOKUP_LOW_5_TO_F,
};

#define LOOKUP_ANY_CONTINUATION (LOOKUP_STRAY | LOOKUP_PAIR | LOOKUP_OVERLONG_2)

/* By the high nibble of the second byte. */
static const uint8_t lookup_second_high[16] = {
    LOOKUP_CUT, LOOKUP_CUT, LOOKUP_CUT, LOOKUP_CUT,
    LOOKUP_CUT, LOOKUP_CUT, LOOKUP_CUT, LOOKUP_CUT,
    LOOKUP_ANY_CONTINUATION | LOOKUP_OVERLONG_3 | LOOKUP_OVERLONG_4,
    LOOKUP_ANY_CONTINUATION | LOOKUP_OVERLONG_3 | LOOKUP_TOO_LARGE,
    LOOKUP_ANY_CONTINUATION | LOOKUP_SURROGATE | LOOKUP_TOO_LARGE,
    LOOKUP_ANY_CONTINUATION | LOOKUP_SURROGATE | LOOKUP_TOO_LARGE,
    LOOKUP_CUT, LOOKUP_CUT, LOOKUP_CUT, LOOKUP_CUT,
};

/* clang-format on */

/* Not zero at each byte of v that does not go with those before it. */
SIMD_INLINE vec lookup_faults(vec before, vec v)
{
    const vec back1 = vec_back1(before, v);
    const vec pair = vec_and(vec_and(vec_lookup(lookup_first_high, vec_high_nibbles(back1)),
                                     vec_lookup(lookup_first_low, vec_and(back1, vec_all8(0x0F)))),
                             vec_lookup(lookup_second_high, vec_high_nibbles(v)));

    /* Bit 7, which is LOOKUP_PAIR, where a lead of three or four bytes asks for a second or third continuation. */
    const vec third = vec_less(vec_back2(before, v), vec_all8(0xE0 - 0x80));
    const vec fourth = vec_less(vec_back3(before, v), vec_all8(0xF0 - 0x80));
    return vec_xor(vec_and(vec_or(third, fourth), vec_all8(0x80)), pair);
}

/* The most that a byte may be without a code point being cut at the end of the vector: 3 bytes matter. */
static const uint8_t lookup_most_at_end[32] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xEF, 0xDF, 0xBF,
};

/* Not zero where the vector ends within a code point. */
SIMD_INLINE vec lookup_cut(vec v)
{
    return vec_less(v, vec_load(lookup_most_at_end + sizeof lookup_most_at_end - VEC_BYTES));
}

/* The state after a text in which these faults were found and which ends in these four bytes. */
SIMD_INLINE uint32_t lookup_state(vec faults, uint32_t tail_word)
{
    return vec_is_zero(faults) ? utf8_tail_state(tail_word) : SIMD_UTF8_BAD;
}

#endif
