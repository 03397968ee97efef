#include "simd/v512/vec.h"

#include "simd/mask_vec.h"
#include "simd/v512/kernels.h"
#include "simd/v512/pair.h"

void v512_mask(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    if (len <= 64) {
        v512_mask_one(dst, src, len, key);
    } else if (len <= 128) {
        v512_mask_pair(dst, src, len, key);
    } else {
        mask_vec(dst, src, len, key);
    }
}
