/*
 * Every UTF-8 kernel of every level against the scalar one, over a text that is fed in parts. The first bytes of the
 * input say where the parts end: a byte below 128 is the size of a part, one above is 16 times as much.
 */
#include "simd/simd.h"

#include <stdlib.h>
#include <string.h>

#define PARTS         8
#define TEXT_MAX      4096
#define KEY           0x3d21fa37u
#define EXPECT(truth) ((truth) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t part_bytes(uint8_t said)
{
    return said < 128 ? said : (said - 127u) * 16;
}

/* One part through the kernels of one level; the parts lie in allocations of their own size, where ASan guards them. */
static uint32_t feed(const struct simd_kernels *kernels, uint32_t state, const uint8_t *part, size_t len, uint32_t key)
{
    uint8_t *plain = malloc(len + 1), *masked = malloc(len + 1);
    EXPECT(plain != NULL && masked != NULL);
    plain++; /* the last byte is the allocation's last */
    masked++;
    memcpy(plain, part, len);
    simd_kernels_of(SIMD_SCALAR)->mask(masked, part, len, key);

    const uint32_t after = kernels->utf8(state, plain, len);
    EXPECT(kernels->utf8_masked(state, masked, len, key) == after);
    EXPECT(kernels->unmask_utf8(state, plain, masked, len, key) == after);
    EXPECT(memcmp(plain, part, len) == 0);
    EXPECT(kernels->unmask_utf8(state, masked, masked, len, key) == after);
    EXPECT(memcmp(masked, part, len) == 0);
    kernels->mask(masked, masked, len, key);
    kernels->mask(masked, masked, len, key);
    EXPECT(memcmp(masked, part, len) == 0);
    free(plain - 1);
    free(masked - 1);
    return after;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t states[SIMD_LEVEL_COUNT] = {SIMD_UTF8_BOUNDARY};

    if (size < PARTS || size > TEXT_MAX + PARTS)
        return 0;
    const uint8_t *text = data + PARTS;
    const size_t len = size - PARTS;

    for (size_t part = 0, from = 0, to; part <= PARTS; part++, from = to) {
        to = part == PARTS ? len : from + part_bytes(data[part]);
        to = to < len ? to : len;
        for (int level = SIMD_SCALAR; level < SIMD_LEVEL_COUNT; level++) {
            const struct simd_kernels *kernels = simd_kernels_of((enum simd_level)level);
            if (kernels == NULL)
                continue;
            states[level] = feed(kernels, states[level], text + from, to - from, simd_key_turn(KEY, from));
            EXPECT(states[level] == states[SIMD_SCALAR]);
        }
    }
    return 0;
}
