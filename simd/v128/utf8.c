#include "simd/v128/vec.h"

#include "simd/lookup_text.h"
#include "simd/v128/kernels.h"

SIMD_INLINE uint32_t run(enum utf8_form form, uint32_t state, struct utf8_text text)
{
    if (SIMD_UNLIKELY(state != SIMD_UTF8_BOUNDARY))
        return scalar_resume(&v128_kernels, form, state, text);
    if (SIMD_UNLIKELY(text.len < 4))
        return scalar_run(form, state, text);
    if (text.len < 16)
        return lookup_words(form, text);
    if (text.len <= 32)
        return lookup_pair(form, text);
    if (text.len <= 64)
        return lookup_four(form, text);
    return lookup_long(form, text);
}

uint32_t v128_utf8(uint32_t state, const uint8_t *src, size_t len)
{
    return run(UTF8_PLAIN, state, (struct utf8_text){NULL, src, len, 0});
}

uint32_t v128_utf8_masked(uint32_t state, const uint8_t *src, size_t len, uint32_t key)
{
    return run(UTF8_MASKED, state, (struct utf8_text){NULL, src, len, key});
}

uint32_t v128_unmask_utf8(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    return run(UTF8_UNMASK, state, (struct utf8_text){dst, src, len, key});
}
