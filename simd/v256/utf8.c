#include "simd/v256/vec.h"

#include "simd/lookup_text.h"
#include "simd/v256/kernels.h"

/* 16 to 32 bytes: the first and the last 16 are the two halves of one vector. */
SIMD_INLINE uint32_t halves(enum utf8_form form, struct utf8_text text)
{
    const size_t at = text.len - 16;
    const vec before = vec_of_halves(vec_half_zero(), vec_low_half(lookup_last_before(form, text, at)));
    const uint32_t tail_word = utf8_word_before(form, text, text.len);
    vec v = vec_of_halves(vec_half_load(text.src), vec_half_load(text.src + at));

    if (form != UTF8_PLAIN)
        v = vec_xor(v, vec_of_halves(vec_half_all32(text.key), vec_half_all32(simd_key_turn(text.key, text.len))));
    if (form == UTF8_UNMASK) {
        vec_half_store(text.dst, vec_low_half(v));
        vec_half_store(text.dst + at, vec_high_half(v));
    }
    if (SIMD_LIKELY(vec_is_ascii(v)))
        return SIMD_UTF8_BOUNDARY;
    return lookup_state(lookup_faults(before, v), tail_word);
}

SIMD_INLINE uint32_t run(enum utf8_form form, uint32_t state, struct utf8_text text)
{
    if (SIMD_UNLIKELY(state != SIMD_UTF8_BOUNDARY))
        return scalar_resume(&v256_kernels, form, state, text);
    if (SIMD_UNLIKELY(text.len < 4))
        return scalar_run(form, state, text);
    if (text.len < 16)
        return lookup_words(form, text);
    if (text.len <= 32)
        return halves(form, text);
    if (text.len <= 64)
        return lookup_pair(form, text);
    if (text.len <= 128)
        return lookup_four(form, text);
    return lookup_long(form, text);
}

uint32_t v256_utf8(uint32_t state, const uint8_t *src, size_t len)
{
    return run(UTF8_PLAIN, state, (struct utf8_text){NULL, src, len, 0});
}

uint32_t v256_utf8_masked(uint32_t state, const uint8_t *src, size_t len, uint32_t key)
{
    return run(UTF8_MASKED, state, (struct utf8_text){NULL, src, len, key});
}

uint32_t v256_unmask_utf8(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    return run(UTF8_UNMASK, state, (struct utf8_text){dst, src, len, key});
}
