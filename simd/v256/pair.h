/*
 * v256_pair - private to simd/: mask() of 32 to 64 bytes as two 32-byte vectors that may overlap.
 *
 * Thread: any. Memory: none. Errors: none. Limits: 32 <= len <= 64.
 */
#ifndef SIMD_V256_PAIR_H
#define SIMD_V256_PAIR_H

#include <simde/x86/avx2.h>

#include "simd/words.h"

SIMD_INLINE simde__m256i v256_load_unmasked(const uint8_t *src, uint32_t key)
{
    return simde_mm256_xor_si256(simde_mm256_loadu_si256((const simde__m256i *)(const void *)src),
                                 simde_mm256_set1_epi32((int32_t)key));
}

/* Both are loaded before the first store: dst may lie just below src. */
SIMD_INLINE void v256_mask_pair(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    const simde__m256i head = v256_load_unmasked(src, key);
    const simde__m256i tail = v256_load_unmasked(src + len - 32, simd_key_turn(key, len));
    simde_mm256_storeu_si256((simde__m256i *)(void *)dst, head);
    simde_mm256_storeu_si256((simde__m256i *)(void *)(dst + len - 32), tail);
}

#endif
