/*
 * v256_kernels - private to simd/v256: its kernels, under the contracts of simd.h.
 *
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef SIMD_V256_KERNELS_H
#define SIMD_V256_KERNELS_H

#include "simd/simd_levels.h"

void v256_mask(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);
uint32_t v256_utf8(uint32_t state, const uint8_t *src, size_t len);
uint32_t v256_utf8_masked(uint32_t state, const uint8_t *src, size_t len, uint32_t key);
uint32_t v256_unmask_utf8(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);

#endif
