#include "simd/v256/vec.h"

#include "simd/lookup_text.h"
#include "simd/utf8_kernels.h"
#include "simd/v256/kernels.h"

/* 16 to 32 bytes: the first and the last 16 are the two halves of one vector. */
SIMD_INLINE uint32_t halves(enum utf8_form form, struct utf8_text text)
{
    const size_t at = text.len - 16;
    const vec before = vec_of_halves(vec_half_zero(), vec_half_all32(utf8_word_or_less_before(form, text, at)));
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

SIMD_INLINE uint32_t run_short(enum utf8_form form, struct utf8_text text)
{
    if (text.len < 16)
        return lookup_words(form, text);
    if (text.len <= 32)
        return halves(form, text);
    if (text.len <= 64)
        return lookup_pair(form, text);
    return lookup_four(form, text);
}

UTF8_KERNELS(v256, 4 * VEC_BYTES, run_short, lookup_groups);
