/*
 * v128_pair - private to simd/: mask() of 16 to 32 bytes as two 16-byte vectors that may overlap.
 *
 * Thread: any. Memory: none. Errors: none. Limits: 16 <= len <= 32.
 */
#ifndef SIMD_V128_PAIR_H
#define SIMD_V128_PAIR_H

#include <simde/x86/sse2.h>

#include "simd/words.h"

SIMD_INLINE simde__m128i v128_load_unmasked(const uint8_t *src, uint32_t key)
{
    return simde_mm_xor_si128(simde_mm_loadu_si128((const simde__m128i *)(const void *)src),
                              simde_mm_set1_epi32((int32_t)key));
}

/* Both are loaded before the first store: dst may lie just below src. */
SIMD_INLINE void v128_mask_pair(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    const simde__m128i head = v128_load_unmasked(src, key);
    const simde__m128i tail = v128_load_unmasked(src + len - 16, simd_key_turn(key, len));
    simde_mm_storeu_si128((simde__m128i *)(void *)dst, head);
    simde_mm_storeu_si128((simde__m128i *)(void *)(dst + len - 16), tail);
}

#endif
