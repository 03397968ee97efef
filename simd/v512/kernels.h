/*
 * v512_kernels - private to simd/v512: its kernels, under the contracts of simd.h.
 *
 * Thread: any. Memory: none. Errors: none. Limits: none.
 */
#ifndef SIMD_V512_KERNELS_H
#define SIMD_V512_KERNELS_H

#include "simd/simd_levels.h"

void v512_mask(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);
uint32_t v512_utf8(uint32_t state, const uint8_t *src, size_t len);
uint32_t v512_utf8_masked(uint32_t state, const uint8_t *src, size_t len, uint32_t key);
uint32_t v512_unmask_utf8(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);

#endif
