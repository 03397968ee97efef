/*
 * v512_pair - private to simd/: mask() of up to two 64-byte vectors.
 *
 * Thread: any. Memory: none. Errors: none. Limits: len <= 64; 64 <= len <= 128.
 */
#ifndef SIMD_V512_PAIR_H
#define SIMD_V512_PAIR_H

#include "simd/v128/pair.h"
#include "simd/v256/pair.h"
#include "simd/v512/vec.h"

/* len <= 64. No masked store: it would hold up later loads of the same line, those of the next frame. */
SIMD_INLINE void v512_mask_one(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    if (len < 16) {
        words_mask(dst, src, len, key);
    } else if (len <= 32) {
        v128_mask_pair(dst, src, len, key);
    } else {
        v256_mask_pair(dst, src, len, key);
    }
}

/* 64 <= len <= 128. Both are loaded before the first store: dst may lie just below src. */
SIMD_INLINE void v512_mask_pair(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    const vec head = vec_xor(vec_load(src), vec_all32(key));
    const vec tail = vec_xor(vec_load(src + len - VEC_BYTES), vec_all32(simd_key_turn(key, len)));
    vec_store(dst, head);
    vec_store(dst + len - VEC_BYTES, tail);
}

#endif
