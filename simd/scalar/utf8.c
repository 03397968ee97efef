#include "simd/simd_levels.h"

#define WORD_HIGH_BITS 0x8080808080808080u

/* The bytes, lead included, of the code point that starts with this lead; 0 where nothing may (Unicode table 3-7). */
static unsigned code_point_bytes(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2)
        return 0;
    if (lead < 0xE0)
        return 2;
    if (lead < 0xF0)
        return 3;
    return lead < 0xF5 ? 4 : 0;
}

/* Whether this byte may be the second of a code point (Unicode table 3-7). */
static bool second_byte_fits(uint8_t lead, uint8_t second)
{
    const uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return second >= least && second <= most;
}

/* The bytes that a pending state holds. */
static unsigned pending_bytes(uint32_t state)
{
    return state & 0xFF00 ? 3 : state & 0xFF0000 ? 2 : 1;
}

static uint32_t step(uint32_t state, uint8_t byte)
{
    if (state == SIMD_UTF8_BAD)
        return SIMD_UTF8_BAD;
    if (state == SIMD_UTF8_BOUNDARY) {
        const unsigned bytes = code_point_bytes(byte);
        return bytes == 0 ? SIMD_UTF8_BAD : bytes == 1 ? SIMD_UTF8_BOUNDARY : (uint32_t)byte << 24;
    }

    const unsigned have = pending_bytes(state);
    const uint8_t lead = (uint8_t)(state >> (32 - 8 * have));
    if ((byte & 0xC0) != 0x80 || (have == 1 && !second_byte_fits(lead, byte)))
        return SIMD_UTF8_BAD;
    return have + 1 == code_point_bytes(lead) ? SIMD_UTF8_BOUNDARY : state >> 8 | (uint32_t)byte << 24;
}

/* Eight bytes at a time while they are ASCII, one at a time around everything else. */
SIMD_INLINE uint32_t run(enum utf8_form form, uint32_t state, struct utf8_text text)
{
    const uint64_t key64 = form == UTF8_PLAIN ? 0 : words_key64(text.key);
    size_t i = 0;

    while (i < text.len) {
        if (state == SIMD_UTF8_BOUNDARY && i % 4 == 0 && text.len - i >= 8) {
            const uint64_t word = words_load64(text.src + i) ^ key64;
            if ((word & WORD_HIGH_BITS) == 0) {
                if (form == UTF8_UNMASK)
                    words_store64(text.dst + i, word);
                i += 8;
                continue;
            }
        }
        const uint8_t byte = form == UTF8_PLAIN ? text.src[i] : text.src[i] ^ (uint8_t)simd_key_turn(text.key, i);
        if (form == UTF8_UNMASK)
            text.dst[i] = byte;
        state = step(state, byte);
        i++;
    }
    return state;
}

uint32_t scalar_utf8(uint32_t state, const uint8_t *src, size_t len)
{
    return run(UTF8_PLAIN, state, (struct utf8_text){NULL, src, len, 0});
}

uint32_t scalar_utf8_masked(uint32_t state, const uint8_t *src, size_t len, uint32_t key)
{
    return run(UTF8_MASKED, state, (struct utf8_text){NULL, src, len, key});
}

uint32_t scalar_unmask_utf8(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    return run(UTF8_UNMASK, state, (struct utf8_text){dst, src, len, key});
}

static uint32_t run_kernel(const struct simd_kernels *kernels, enum utf8_form form, uint32_t state,
                           struct utf8_text text)
{
    switch (form) {
    case UTF8_PLAIN:
        return kernels->utf8(state, text.src, text.len);
    case UTF8_MASKED:
        return kernels->utf8_masked(state, text.src, text.len, text.key);
    case UTF8_UNMASK:
        return kernels->unmask_utf8(state, text.dst, text.src, text.len, text.key);
    }
    __builtin_unreachable();
}

uint32_t scalar_resume(const struct simd_kernels *kernels, enum utf8_form form, uint32_t state, struct utf8_text text)
{
    while (text.len > 0 && state != SIMD_UTF8_BAD && (state != SIMD_UTF8_BOUNDARY || text.len < 4)) {
        struct utf8_text byte = text;
        byte.len = 1;
        state = run_kernel(&scalar_kernels, form, state, byte);
        text = utf8_text_after(form, text, 1);
    }
    if (text.len == 0)
        return state;
    if (state == SIMD_UTF8_BOUNDARY)
        return run_kernel(kernels, form, state, text);
    if (form == UTF8_UNMASK)
        kernels->mask(text.dst, text.src, text.len, text.key);
    return SIMD_UTF8_BAD;
}
