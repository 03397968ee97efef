/*
 * v128_kernels - private to simd/v128: its kernels, under the contracts of simd.h.
 *
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef SIMD_V128_KERNELS_H
#define SIMD_V128_KERNELS_H

#include "simd/simd_levels.h"

void v128_mask(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);
uint32_t v128_utf8(uint32_t state, const uint8_t *src, size_t len);
uint32_t v128_utf8_masked(uint32_t state, const uint8_t *src, size_t len, uint32_t key);
uint32_t v128_unmask_utf8(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);

#endif
