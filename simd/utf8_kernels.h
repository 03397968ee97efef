/*
 * utf8_kernels - private to simd/: the three UTF-8 kernels of a vector level, made of its text.
 *
 * What small texts take is a leaf without a frame. What is seldom (a pending code point, less than 4 bytes) or has work
 * enough of its own (long texts) is reached by tail calls, so that its registers cost the small ones nothing.
 *
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef SIMD_UTF8_KERNELS_H
#define SIMD_UTF8_KERNELS_H

#include "simd/simd_levels.h"

#define UTF8_NOINLINE __attribute__((noinline))

/*
 * run_short(form, text) takes 4 to short_max bytes, run_long(form, text) what is longer; both start at a boundary.
 */
#define UTF8_KERNELS(level, short_max, run_short, run_long)                                                        \
    UTF8_NOINLINE static uint32_t utf8_seldom(uint32_t state, const uint8_t *src, size_t len)                      \
    {                                                                                                              \
        return scalar_resume(&level##_kernels, UTF8_PLAIN, state, (struct utf8_text){NULL, src, len, 0});          \
    }                                                                                                              \
    UTF8_NOINLINE static uint32_t utf8_masked_seldom(uint32_t state, const uint8_t *src, size_t len, uint32_t key) \
    {                                                                                                              \
        return scalar_resume(&level##_kernels, UTF8_MASKED, state, (struct utf8_text){NULL, src, len, key});       \
    }                                                                                                              \
    UTF8_NOINLINE static uint32_t unmask_utf8_seldom(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, \
                                                     uint32_t key)                                                 \
    {                                                                                                              \
        return scalar_resume(&level##_kernels, UTF8_UNMASK, state, (struct utf8_text){dst, src, len, key});        \
    }                                                                                                              \
    UTF8_NOINLINE static uint32_t utf8_long(const uint8_t *src, size_t len)                                        \
    {                                                                                                              \
        return run_long(UTF8_PLAIN, (struct utf8_text){NULL, src, len, 0});                                        \
    }                                                                                                              \
    UTF8_NOINLINE static uint32_t utf8_masked_long(const uint8_t *src, size_t len, uint32_t key)                   \
    {                                                                                                              \
        return run_long(UTF8_MASKED, (struct utf8_text){NULL, src, len, key});                                     \
    }                                                                                                              \
    UTF8_NOINLINE static uint32_t unmask_utf8_long(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)     \
    {                                                                                                              \
        return run_long(UTF8_UNMASK, (struct utf8_text){dst, src, len, key});                                      \
    }                                                                                                              \
    uint32_t level##_utf8(uint32_t state, const uint8_t *src, size_t len)                                          \
    {                                                                                                              \
        if (SIMD_UNLIKELY(state != SIMD_UTF8_BOUNDARY || len < 4))                                                 \
            return utf8_seldom(state, src, len);                                                                   \
        if (SIMD_UNLIKELY(len > (short_max)))                                                                      \
            return utf8_long(src, len);                                                                            \
        return run_short(UTF8_PLAIN, (struct utf8_text){NULL, src, len, 0});                                       \
    }                                                                                                              \
    uint32_t level##_utf8_masked(uint32_t state, const uint8_t *src, size_t len, uint32_t key)                     \
    {                                                                                                              \
        if (SIMD_UNLIKELY(state != SIMD_UTF8_BOUNDARY || len < 4))                                                 \
            return utf8_masked_seldom(state, src, len, key);                                                       \
        if (SIMD_UNLIKELY(len > (short_max)))                                                                      \
            return utf8_masked_long(src, len, key);                                                                \
        return run_short(UTF8_MASKED, (struct utf8_text){NULL, src, len, key});                                    \
    }                                                                                                              \
    uint32_t level##_unmask_utf8(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)       \
    {                                                                                                              \
        if (SIMD_UNLIKELY(state != SIMD_UTF8_BOUNDARY || len < 4))                                                 \
            return unmask_utf8_seldom(state, dst, src, len, key);                                                  \
        if (SIMD_UNLIKELY(len > (short_max)))                                                                      \
            return unmask_utf8_long(dst, src, len, key);                                                           \
        return run_short(UTF8_UNMASK, (struct utf8_text){dst, src, len, key});                                     \
    }                                                                                                              \
    _Static_assert((short_max) >= 4, "run_long() takes no text shorter than 4 bytes")

#endif
