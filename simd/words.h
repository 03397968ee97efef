/*
 * words - private to simd/: loads, stores and unmasking of words, for everything shorter than a vector.
 *
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef SIMD_WORDS_H
#define SIMD_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "simd/simd.h"

/* Kernels are chosen by their size classes: a call inside one would cost more than its work. */
#define SIMD_INLINE static inline __attribute__((always_inline))

#define SIMD_LIKELY(x)   __builtin_expect(!!(x), 1)
#define SIMD_UNLIKELY(x) __builtin_expect(!!(x), 0)

SIMD_INLINE uint32_t words_load32(const uint8_t *src)
{
    uint32_t word;
    memcpy(&word, src, sizeof word);
    return word;
}

SIMD_INLINE uint64_t words_load64(const uint8_t *src)
{
    uint64_t word;
    memcpy(&word, src, sizeof word);
    return word;
}

SIMD_INLINE void words_store32(uint8_t *dst, uint32_t word)
{
    memcpy(dst, &word, sizeof word);
}

SIMD_INLINE void words_store64(uint8_t *dst, uint64_t word)
{
    memcpy(dst, &word, sizeof word);
}

/* The key twice, for eight bytes. */
SIMD_INLINE uint64_t words_key64(uint32_t key)
{
    return (uint64_t)key << 32 | key;
}

/* mask() of less than 16 bytes. Both words are loaded before the first store: dst may lie just below src. */
SIMD_INLINE void words_mask(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    const uint32_t end_key = simd_key_turn(key, len);

    if (len >= 8) {
        const uint64_t head = words_load64(src) ^ words_key64(key);
        const uint64_t tail = words_load64(src + len - 8) ^ words_key64(end_key);
        words_store64(dst, head);
        words_store64(dst + len - 8, tail);
        return;
    }
    if (len >= 4) {
        const uint32_t head = words_load32(src) ^ key;
        const uint32_t tail = words_load32(src + len - 4) ^ end_key;
        words_store32(dst, head);
        words_store32(dst + len - 4, tail);
        return;
    }
    for (size_t i = 0; i < len; i++)
        dst[i] = src[i] ^ (uint8_t)(simd_key_turn(key, i));
}

#endif
