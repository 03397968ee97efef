#include "tests/unit/simd/checks.h"

#include <stdio.h>

#define MARGIN 160
#define FILLER 0xA5

static const uint32_t phases[] = {0, 1, 2, 3};

/* What masking must give, by the byte. */
static void mask_by_bytes(uint8_t *dst, const uint8_t *src, size_t len, uint32_t key)
{
    for (size_t i = 0; i < len; i++)
        dst[i] = checks_mask_byte(src[i], key, i);
}

/* The two in one array, src at its offset and dst at its own; the whole array is compared. */
static size_t check_mask(const struct simd_kernels *k, size_t dst, size_t src, size_t len, uint32_t key)
{
    static uint8_t want[2 * CHECKS_BYTES_MAX], got[2 * CHECKS_BYTES_MAX], message[CHECKS_BYTES_MAX];
    const size_t end = (dst > src ? dst : src) + len + MARGIN;

    for (size_t i = 0; i < len; i++)
        message[i] = (uint8_t)(i * 7 + (i >> 8) + 1);
    memset(want, FILLER, end);
    memset(got, FILLER, end);
    memcpy(want + src, message, len);
    memcpy(got + src, message, len);
    mask_by_bytes(want + dst, message, len, key);
    k->mask(got + dst, got + src, len, key);
    if (memcmp(want, got, end) == 0)
        return 0;
    return checks_failed("%s mask: dst %zu src %zu len %zu key %08x", k->name, dst, src, len, key);
}

size_t checks_every_offset_length_and_phase_is_masked_alike(void)
{
    size_t failures = 0;

    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
        for (size_t offset = 0; offset < 64; offset++)
            for (size_t len = 0; len <= 300; len++)
                for (size_t phase = 0; phase < sizeof phases / sizeof phases[0]; phase++)
                    failures +=
                        check_mask(k, MARGIN + offset, MARGIN + offset, len, simd_key_turn(CHECKS_KEY, phases[phase]));
    return failures;
}

size_t checks_long_messages_are_masked_alike_at_every_alignment(void)
{
    static const size_t lens[] = {511,  512,  513,  1000, 1024, 2046, 2047, 2048,
                                  2049, 2050, 2303, 2304, 2305, 3001, 4096};
    size_t failures = 0;

    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
            for (size_t offset = 0; offset < 64; offset++) {
                const size_t at = MARGIN + offset;
                failures += check_mask(k, at, at, lens[i], CHECKS_KEY);
                failures += check_mask(k, at, at + 4, lens[i], CHECKS_KEY);
                failures += check_mask(k, at, CHECKS_BYTES_MAX + offset / 3, lens[i], CHECKS_KEY);
                failures += check_mask(k, CHECKS_BYTES_MAX + offset, at, lens[i], CHECKS_KEY);
            }
    return failures;
}

size_t checks_a_destination_below_its_source_may_overlap_it(void)
{
    static const size_t distances[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129};
    size_t failures = 0;

    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
        for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++)
            for (size_t len = 0; len <= 700; len++)
                failures += check_mask(k, MARGIN + len % 5, MARGIN + len % 5 + distances[i], len,
                                       simd_key_turn(CHECKS_KEY, len % 3));
    return failures;
}

/* Both at the same end of their areas: at is 0 or 1 for the first and the last place. */
static size_t check_guarded(const struct simd_kernels *k, size_t len, unsigned at)
{
    const size_t place = at == 0 ? 0 : CHECKS_BYTES_MAX - len;
    uint8_t *src = checks_guarded(0) + place, *dst = checks_guarded(1) + place;
    static uint8_t want[CHECKS_BYTES_MAX];
    size_t failures = 0;

    for (size_t i = 0; i < len; i++)
        src[i] = (uint8_t)checks_random();
    mask_by_bytes(want, src, len, CHECKS_KEY);
    k->mask(dst, src, len, CHECKS_KEY);
    if (memcmp(dst, want, len) != 0)
        failures += checks_failed("%s mask: disjoint, len %zu", k->name, len);
    k->mask(src, src, len, CHECKS_KEY);
    if (memcmp(src, want, len) != 0)
        failures += checks_failed("%s mask: in place, len %zu", k->name, len);
    return failures;
}

size_t checks_nothing_outside_is_read_or_written(void)
{
    size_t failures = 0;

    checks_seed();
    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
        for (size_t len = 0; len <= 2400; len += len < 700 ? 1 : 13)
            failures += check_guarded(k, len, 0) + check_guarded(k, len, 1);
    return failures;
}
