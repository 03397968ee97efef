/*
 * v512_vec - private to simd/: a vector of 64 bytes, in the words that mask_vec.h is written in, and a masked load.
 *
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef SIMD_V512_VEC_H
#define SIMD_V512_VEC_H

#include <simde/x86/avx512.h>

#include "simd/words.h"

#define VEC_BYTES ((size_t)64)

typedef simde__m512i vec;

SIMD_INLINE vec vec_load(const uint8_t *src)
{
    return simde_mm512_loadu_si512(src);
}

SIMD_INLINE void vec_store(uint8_t *dst, vec v)
{
    simde_mm512_storeu_si512(dst, v);
}

SIMD_INLINE vec vec_all32(uint32_t word)
{
    return simde_mm512_set1_epi32((int32_t)word);
}

SIMD_INLINE vec vec_all8(uint8_t byte)
{
    return simde_mm512_set1_epi8((int8_t)byte);
}

SIMD_INLINE vec vec_xor(vec a, vec b)
{
    return simde_mm512_xor_si512(a, b);
}

SIMD_INLINE vec vec_or(vec a, vec b)
{
    return simde_mm512_or_si512(a, b);
}

/* A bit for each of the first len bytes of a vector, 1 to 64. */
SIMD_INLINE uint64_t vec_first(size_t len)
{
    return UINT64_MAX >> (VEC_BYTES - len);
}

/* The bytes whose bits are set, the others zero and not read. simde 0.7.4 has no masked loads. */
SIMD_INLINE vec vec_load_where(uint64_t where, const uint8_t *src)
{
#if defined(SIMDE_X86_AVX512BW_NATIVE)
    return _mm512_maskz_loadu_epi8(where, src);
#else
    uint8_t bytes[VEC_BYTES] = {0};
    for (size_t i = 0; i < VEC_BYTES; i++) {
        if (where >> i & 1)
            bytes[i] = src[i];
    }
    return vec_load(bytes);
#endif
}

#endif
