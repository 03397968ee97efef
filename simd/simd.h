/*
 * simd - the byte kernels: one contract each, several implementations, one set chosen at start.
 *
 * A masking key is the four bytes of RFC 6455 section 5.3 in memory order, loaded as one native uint32_t; byte i of
 * the bytes given is XORed with byte (i mod 4) of the key. A stream's key is kept turned with simd_key_turn().
 *
 * A UTF-8 state says where a stream of text stands: 0 at a code point boundary; SIMD_UTF8_BAD when what was seen is
 * not a prefix of valid UTF-8 (Unicode table 3-7); anything else holds the one to three bytes of a so far correct,
 * incomplete code point, the last byte in bits 24-31. BAD is final: kernels given it return it.
 *
 * Kernels read only [src, src+len) and write only [dst, dst+len), with any length (0 included) and any alignment.
 *
 * Thread: simd_init() once before other threads start; kernels from any thread. Memory: none.
 * Errors: only simd_init(). Limits: none.
 */
#ifndef SIMD_SIMD_H
#define SIMD_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum simd_level { SIMD_SCALAR, SIMD_V128, SIMD_V256, SIMD_V512, SIMD_LEVEL_COUNT };

#define SIMD_UTF8_BOUNDARY 0u
#define SIMD_UTF8_BAD      1u

struct simd_kernels {
    const char *name; /* as SLUICE_SIMD spells it: scalar, v128, v256, v512 */

    /* dst = src XOR key. dst == src, dst < src overlapping, or disjoint. */
    void (*mask)(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);

    /* The state after len more bytes of plain text. */
    uint32_t (*utf8)(uint32_t state, const uint8_t *src, size_t len);

    /* The state after len more bytes of masked text, which are only read. */
    uint32_t (*utf8_masked)(uint32_t state, const uint8_t *src, size_t len, uint32_t key);

    /* mask() and the state after the text so unmasked, in one pass. When the result is BAD, dst is written all the
     * same. */
    uint32_t (*unmask_utf8)(uint32_t state, uint8_t *dst, const uint8_t *src, size_t len, uint32_t key);
};

/* The chosen kernels: scalar until simd_init(). */
extern const struct simd_kernels *simd;

/*
 * Chooses the widest level that this CPU has, or the one named by override (NULL or "" for none).
 * 0, or -EINVAL when override names no level or one that this CPU lacks; then nothing changes, and
 * simd_levels_supported() has what to tell the user.
 */
int simd_init(const char *override);

/* The kernels of one level, or NULL where this CPU (or this build) lacks it. */
const struct simd_kernels *simd_kernels_of(enum simd_level level);

/* The levels that this CPU has, as "scalar, v128, v256": written into out, NUL-terminated, cut at size. */
void simd_levels_supported(char *out, size_t size);

/* The key as it stands after len more bytes of a stream. */
static inline uint32_t simd_key_turn(uint32_t key, size_t len)
{
    const unsigned bits = 8 * (unsigned)(len & 3);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return key >> bits | key << (32 - bits) % 32;
#else
    return key << bits | key >> (32 - bits) % 32;
#endif
}

#endif
