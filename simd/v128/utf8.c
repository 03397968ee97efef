#include "simd/v128/vec.h"

#include "simd/lookup_text.h"
#include "simd/utf8_kernels.h"
#include "simd/v128/kernels.h"

SIMD_INLINE uint32_t run_short(enum utf8_form form, struct utf8_text text)
{
    if (text.len < 16)
        return lookup_words(form, text);
    if (text.len <= 32)
        return lookup_pair(form, text);
    return lookup_four(form, text);
}

UTF8_KERNELS(v128, 4 * VEC_BYTES, run_short, lookup_groups);
