#include "simd/v128/vec.h"

#include "simd/mask_vec.h"
#include "simd/v128/kernels.h"
#include "simd/v128/pair.h"

void v128_mask(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    if (len < 16) {
        words_mask(dst, src, len, key);
    } else if (len <= 32) {
        v128_mask_pair(dst, src, len, key);
    } else {
        mask_vec(dst, src, len, key);
    }
}
