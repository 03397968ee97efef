/*
 * utf8_text - private to simd/: a piece of text, the three ways of reading it, and the arithmetic of UTF-8 states.
 *
 * A state (simd.h) is also the last four bytes of text in memory order with what is complete set to zero: the vector
 * levels get it from the last word they have read.
 * Thread: any. Memory: none. Errors: none. Limits: little-endian words in utf8_word_before() and utf8_tail_state().
 */
#ifndef SIMD_UTF8_TEXT_H
#define SIMD_UTF8_TEXT_H

#include "simd/words.h"

/* Known at compile time wherever vector code is: each kernel is one instance of its level's text. */
enum utf8_form {
    UTF8_PLAIN,  /* utf8: key and dst are not used */
    UTF8_MASKED, /* utf8_masked: dst is not used */
    UTF8_UNMASK  /* unmask_utf8 */
};

struct utf8_text {
    uint8_t *dst;
    const uint8_t *src;
    size_t len;
    uint32_t key;
};

/* The text without its first n bytes. */
SIMD_INLINE struct utf8_text utf8_text_after(enum utf8_form form, struct utf8_text text, size_t n)
{
    return (struct utf8_text){form == UTF8_UNMASK ? text.dst + n : NULL, text.src + n, text.len - n,
                              simd_key_turn(text.key, n)};
}

/* The four bytes before offset at, unmasked; at >= 4. */
SIMD_INLINE uint32_t utf8_word_before(enum utf8_form form, struct utf8_text text, size_t at)
{
    const uint32_t word = words_load32(text.src + at - 4);
    return form == UTF8_PLAIN ? word : word ^ simd_key_turn(text.key, at);
}

/* The same for any offset of a text of 4 bytes or more: zeros where it has no more before that offset. */
SIMD_INLINE uint32_t utf8_word_or_less_before(enum utf8_form form, struct utf8_text text, size_t at)
{
    const size_t bytes = at < 4 ? at : 4;
    return (uint32_t)((uint64_t)utf8_word_before(form, text, at + 4 - bytes) << (32 - 8 * bytes));
}

/*
 * The state after a text that ends in these four bytes and in which every byte goes with those before it: what is
 * left to say is whether a code point is cut at its end, and whether a lead there can be one (Unicode table 3-7).
 */
SIMD_INLINE uint32_t utf8_tail_state(uint32_t word)
{
    if (word < 0x80000000)
        return SIMD_UTF8_BOUNDARY;
    if (word >= 0xC0000000)
        return word >= 0xC2000000 && word < 0xF5000000 ? word & 0xFF000000 : SIMD_UTF8_BAD;
    if ((word & 0x00FF0000) >= 0x00E00000)
        return word & 0xFFFF0000;
    if ((word & 0x0000FF00) >= 0x0000F000)
        return word & 0xFFFFFF00;
    return SIMD_UTF8_BOUNDARY;
}

#endif
