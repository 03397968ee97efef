#include "simd/simd_levels.h"

void scalar_mask(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    const uint64_t key64 = words_key64(key);

    /* Forward, a word at a time: right also where dst lies less than a word below src. */
    for (; len >= 8; len -= 8, src += 8, dst += 8)
        words_store64(dst, words_load64(src) ^ key64);
    words_mask(dst, src, len, key);
}
