/*
 * simd_levels - private to simd/: the kernels of every level, for simd.c, and the scalar ones, for the other levels.
 *
 * Each folder is compiled with the flags of its level; nothing of it may run before simd.c has asked the CPU.
 * Thread: any. Memory: none. Errors: none. Limits: v256 and v512 are called on x86-64 only.
 */
#ifndef SIMD_SIMD_LEVELS_H
#define SIMD_SIMD_LEVELS_H

#include "simd/simd.h"
#include "simd/utf8_text.h"

extern const struct simd_kernels scalar_kernels;
extern const struct simd_kernels v128_kernels;
extern const struct simd_kernels v256_kernels;
extern const struct simd_kernels v512_kernels;

void scalar_mask(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);
uint32_t scalar_utf8(uint32_t state, const uint8_t *src, size_t len);
uint32_t scalar_utf8_masked(uint32_t state, const uint8_t *src, size_t len, uint32_t key);
uint32_t scalar_unmask_utf8(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);

/*
 * The answer of the kernel of that form, for a text that its vector code does not take: a pending code point is ended
 * byte by byte and the rest left to the kernels given; less than 4 bytes at a boundary are read byte by byte.
 */
uint32_t scalar_resume(const struct simd_kernels *kernels, enum utf8_form form, uint32_t state, struct utf8_text text);

#endif
