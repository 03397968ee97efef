/*
 * v128_vec - private to simd/: a vector of 16 bytes, in the words that mask_vec.h and lookup.h are written in.
 *
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef SIMD_V128_VEC_H
#define SIMD_V128_VEC_H

#include <simde/x86/sse4.1.h>

#include "simd/words.h"

#define VEC_BYTES ((size_t)16)

typedef simde__m128i vec;

SIMD_INLINE vec vec_load(const uint8_t *src)
{
    return simde_mm_loadu_si128((const simde__m128i *)(const void *)src);
}

SIMD_INLINE void vec_store(uint8_t *dst, vec v)
{
    simde_mm_storeu_si128((simde__m128i *)(void *)dst, v);
}

SIMD_INLINE vec vec_zero(void)
{
    return simde_mm_setzero_si128();
}

SIMD_INLINE vec vec_all32(uint32_t word)
{
    return simde_mm_set1_epi32((int32_t)word);
}

SIMD_INLINE vec vec_all8(uint8_t byte)
{
    return simde_mm_set1_epi8((int8_t)byte);
}

SIMD_INLINE vec vec_xor(vec a, vec b)
{
    return simde_mm_xor_si128(a, b);
}

SIMD_INLINE vec vec_or(vec a, vec b)
{
    return simde_mm_or_si128(a, b);
}

SIMD_INLINE vec vec_and(vec a, vec b)
{
    return simde_mm_and_si128(a, b);
}

/* Each byte of a less that of b, at least 0. */
SIMD_INLINE vec vec_less(vec a, vec b)
{
    return simde_mm_subs_epu8(a, b);
}

SIMD_INLINE bool vec_is_ascii(vec v)
{
    return simde_mm_movemask_epi8(v) == 0;
}

/* Not testz: without SSE4.1 or NEON simde's answers for half of the vector. */
SIMD_INLINE bool vec_is_zero(vec v)
{
    return simde_mm_movemask_epi8(simde_mm_cmpeq_epi8(v, vec_zero())) == 0xFFFF;
}

/* For each byte of index, at most 15, the entry of the table of 16. */
SIMD_INLINE vec vec_lookup(const uint8_t *table, vec index)
{
    return simde_mm_shuffle_epi8(vec_load(table), index);
}

SIMD_INLINE vec vec_high_nibbles(vec v)
{
    return simde_mm_and_si128(simde_mm_srli_epi16(v, 4), vec_all8(0x0F));
}

/* The 16 bytes before each 16 bytes of v, where last is the vector before it. */
SIMD_INLINE vec vec_before(vec last, vec v)
{
    (void)v;
    return last;
}

/* Each byte's predecessors at a distance of 1, 2, 3: before is vec_before() of v. */
SIMD_INLINE vec vec_back1(vec before, vec v)
{
    return simde_mm_alignr_epi8(v, before, 15);
}

SIMD_INLINE vec vec_back2(vec before, vec v)
{
    return simde_mm_alignr_epi8(v, before, 14);
}

SIMD_INLINE vec vec_back3(vec before, vec v)
{
    return simde_mm_alignr_epi8(v, before, 13);
}

/* The 16 bytes of two words, zeros behind them. */
SIMD_INLINE vec vec_of_words(uint64_t low, uint64_t high)
{
    return simde_mm_set_epi64x((int64_t)high, (int64_t)low);
}

#endif
