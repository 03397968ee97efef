/*
 * mask_vec - private to simd/: mask() of more than two vectors, for the vec.h that its includer has chosen.
 *
 * Thread: any. Memory: none. Errors: none. Limits: len > 2 * VEC_BYTES.
 */
#ifndef SIMD_MASK_VEC_H
#define SIMD_MASK_VEC_H

#ifndef VEC_BYTES
#include "simd/v128/vec.h"
#endif

/* From here on it pays to let no store cross a cache line. */
#define MASK_VEC_ALIGN_FROM 2048

/*
 * Every step loads before it stores, and the last vector, which may overlap the one before it, is loaded before all
 * stores: so dst may lie anywhere below src.
 */
SIMD_INLINE void mask_vec_two_to_four(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    const vec keys = vec_all32(key);
    const vec end_keys = vec_all32(simd_key_turn(key, len));
    const vec v0 = vec_xor(vec_load(src), keys);
    const vec v1 = vec_xor(vec_load(src + VEC_BYTES), keys);
    const vec v2 = vec_xor(vec_load(src + len - 2 * VEC_BYTES), end_keys);
    const vec v3 = vec_xor(vec_load(src + len - VEC_BYTES), end_keys);

    vec_store(dst, v0);
    vec_store(dst + VEC_BYTES, v1);
    vec_store(dst + len - 2 * VEC_BYTES, v2);
    vec_store(dst + len - VEC_BYTES, v3);
}

/* [from, len), all but the last 1 to VEC_BYTES bytes. */
SIMD_INLINE void mask_vec_body(uint8_t *dst, const uint8_t *src, size_t len, size_t from, vec keys)
{
    size_t i = from;

    for (; len - i > 4 * VEC_BYTES; i += 4 * VEC_BYTES) {
        const vec v0 = vec_xor(vec_load(src + i), keys);
        const vec v1 = vec_xor(vec_load(src + i + VEC_BYTES), keys);
        const vec v2 = vec_xor(vec_load(src + i + 2 * VEC_BYTES), keys);
        const vec v3 = vec_xor(vec_load(src + i + 3 * VEC_BYTES), keys);
        vec_store(dst + i, v0);
        vec_store(dst + i + VEC_BYTES, v1);
        vec_store(dst + i + 2 * VEC_BYTES, v2);
        vec_store(dst + i + 3 * VEC_BYTES, v3);
    }
    for (; len - i > VEC_BYTES; i += VEC_BYTES)
        vec_store(dst + i, vec_xor(vec_load(src + i), keys));
}

SIMD_INLINE void mask_vec(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    if (len <= 4 * VEC_BYTES) {
        mask_vec_two_to_four(dst, src, len, key);
        return;
    }

    const vec tail = vec_xor(vec_load(src + len - VEC_BYTES), vec_all32(simd_key_turn(key, len)));
    if (len >= MASK_VEC_ALIGN_FROM) {
        const vec head = vec_xor(vec_load(src), vec_all32(key));
        const size_t from = VEC_BYTES - ((uintptr_t)dst & (VEC_BYTES - 1));
        mask_vec_body(dst, src, len, from, vec_all32(simd_key_turn(key, from)));
        vec_store(dst, head); /* last: it may overwrite what the body reads */
    } else {
        mask_vec_body(dst, src, len, 0, vec_all32(key));
    }
    vec_store(dst + len - VEC_BYTES, tail);
}

#endif
