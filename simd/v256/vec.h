/*
 * v256_vec - private to simd/: a vector of 32 bytes, in the words that mask_vec.h and lookup.h are written in.
 *
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef SIMD_V256_VEC_H
#define SIMD_V256_VEC_H

#include <simde/x86/avx2.h>

#include "simd/words.h"

#define VEC_BYTES ((size_t)32)

typedef simde__m256i vec;

SIMD_INLINE vec vec_load(const uint8_t *src)
{
    return simde_mm256_loadu_si256((const simde__m256i *)(const void *)src);
}

SIMD_INLINE void vec_store(uint8_t *dst, vec v)
{
    simde_mm256_storeu_si256((simde__m256i *)(void *)dst, v);
}

SIMD_INLINE vec vec_zero(void)
{
    return simde_mm256_setzero_si256();
}

SIMD_INLINE vec vec_all32(uint32_t word)
{
    return simde_mm256_set1_epi32((int32_t)word);
}

SIMD_INLINE vec vec_all8(uint8_t byte)
{
    return simde_mm256_set1_epi8((int8_t)byte);
}

SIMD_INLINE vec vec_xor(vec a, vec b)
{
    return simde_mm256_xor_si256(a, b);
}

SIMD_INLINE vec vec_or(vec a, vec b)
{
    return simde_mm256_or_si256(a, b);
}

SIMD_INLINE vec vec_and(vec a, vec b)
{
    return simde_mm256_and_si256(a, b);
}

/* Each byte of a less that of b, at least 0. */
SIMD_INLINE vec vec_less(vec a, vec b)
{
    return simde_mm256_subs_epu8(a, b);
}

SIMD_INLINE bool vec_is_ascii(vec v)
{
    return simde_mm256_movemask_epi8(v) == 0;
}

/* Not testz: without AVX2 simde's answers for half of the vector. */
SIMD_INLINE bool vec_is_zero(vec v)
{
    return simde_mm256_movemask_epi8(simde_mm256_cmpeq_epi8(v, vec_zero())) == -1;
}

/* For each byte of index, at most 15, the entry of the table of 16. */
SIMD_INLINE vec vec_lookup(const uint8_t *table, vec index)
{
    const simde__m128i row = simde_mm_loadu_si128((const simde__m128i *)(const void *)table);
    return simde_mm256_shuffle_epi8(simde_mm256_broadcastsi128_si256(row), index);
}

SIMD_INLINE vec vec_high_nibbles(vec v)
{
    return simde_mm256_and_si256(simde_mm256_srli_epi16(v, 4), vec_all8(0x0F));
}

/* The 16 bytes before each 16 bytes of v, where last is the vector before it. */
SIMD_INLINE vec vec_before(vec last, vec v)
{
    return simde_mm256_permute2x128_si256(last, v, 0x21);
}

/* Each byte's predecessors at a distance of 1, 2, 3: before is vec_before() of v. */
SIMD_INLINE vec vec_back1(vec before, vec v)
{
    return simde_mm256_alignr_epi8(v, before, 15);
}

SIMD_INLINE vec vec_back2(vec before, vec v)
{
    return simde_mm256_alignr_epi8(v, before, 14);
}

SIMD_INLINE vec vec_back3(vec before, vec v)
{
    return simde_mm256_alignr_epi8(v, before, 13);
}

/* The 16 bytes of two words, zeros behind them. */
SIMD_INLINE vec vec_of_words(uint64_t low, uint64_t high)
{
    return simde_mm256_set_epi64x(0, 0, (int64_t)high, (int64_t)low);
}

/* Halves: the first and the last 16 bytes of a text too short for a vector. */
SIMD_INLINE simde__m128i vec_half_load(const uint8_t *src)
{
    return simde_mm_loadu_si128((const simde__m128i *)(const void *)src);
}

SIMD_INLINE void vec_half_store(uint8_t *dst, simde__m128i half)
{
    simde_mm_storeu_si128((simde__m128i *)(void *)dst, half);
}

SIMD_INLINE simde__m128i vec_half_zero(void)
{
    return simde_mm_setzero_si128();
}

SIMD_INLINE simde__m128i vec_half_all32(uint32_t word)
{
    return simde_mm_set1_epi32((int32_t)word);
}

SIMD_INLINE vec vec_of_halves(simde__m128i low, simde__m128i high)
{
    return simde_mm256_set_m128i(high, low);
}

SIMD_INLINE simde__m128i vec_low_half(vec v)
{
    return simde_mm256_castsi256_si128(v);
}

SIMD_INLINE simde__m128i vec_high_half(vec v)
{
    return simde_mm256_extracti128_si256(v, 1);
}

#endif
