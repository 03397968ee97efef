#include "tests/unit/simd/checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MESSAGES_MAX 20

size_t checks_failed(const char *format, ...)
{
    static unsigned messages;
    va_list args;

    if (messages++ < MESSAGES_MAX) {
        va_start(args, format);
        vfprintf(stderr, format, args);
        va_end(args);
        fputc('\n', stderr);
    }
    return 1;
}

const struct simd_kernels *checks_next_level(const struct simd_kernels *level)
{
    bool is_after = level == NULL;

    for (int i = SIMD_SCALAR; i < SIMD_LEVEL_COUNT; i++) {
        const struct simd_kernels *kernels = simd_kernels_of((enum simd_level)i);
        if (is_after && kernels != NULL)
            return kernels;
        is_after = is_after || kernels == level;
    }
    return NULL;
}

uint8_t checks_mask_byte(uint8_t byte, uint32_t key, size_t i)
{
    uint8_t bytes[4];
    memcpy(bytes, &key, sizeof bytes);
    return byte ^ bytes[i % 4];
}

/* Unicode table 3-7, "Well-Formed UTF-8 Byte Sequences": the range of each byte. */
static const struct {
    unsigned bytes;
    uint8_t least[4], most[4];
} well_formed[] = {
    {1, {0x00}, {0x7F}},
    {2, {0xC2, 0x80}, {0xDF, 0xBF}},
    {3, {0xE0, 0xA0, 0x80}, {0xE0, 0xBF, 0xBF}},
    {3, {0xE1, 0x80, 0x80}, {0xEC, 0xBF, 0xBF}},
    {3, {0xED, 0x80, 0x80}, {0xED, 0x9F, 0xBF}},
    {3, {0xEE, 0x80, 0x80}, {0xEF, 0xBF, 0xBF}},
    {4, {0xF0, 0x90, 0x80, 0x80}, {0xF0, 0xBF, 0xBF, 0xBF}},
    {4, {0xF1, 0x80, 0x80, 0x80}, {0xF3, 0xBF, 0xBF, 0xBF}},
    {4, {0xF4, 0x80, 0x80, 0x80}, {0xF4, 0x8F, 0xBF, 0xBF}},
};

uint32_t checks_state_after_byte(uint32_t state, uint8_t byte)
{
    uint8_t code_point[4];
    unsigned count = 0;

    if (state == SIMD_UTF8_BAD)
        return state;
    for (unsigned shift = 0; shift < 32; shift += 8)
        if ((state >> shift & 0xFF) != 0)
            code_point[count++] = (uint8_t)(state >> shift);
    code_point[count++] = byte;

    for (size_t row = 0; row < sizeof well_formed / sizeof well_formed[0]; row++) {
        unsigned fit = 0;
        while (fit < count && fit < well_formed[row].bytes && code_point[fit] >= well_formed[row].least[fit] &&
               code_point[fit] <= well_formed[row].most[fit])
            fit++;
        if (fit == count)
            return count == well_formed[row].bytes ? SIMD_UTF8_BOUNDARY : state >> 8 | (uint32_t)byte << 24;
    }
    return SIMD_UTF8_BAD;
}

uint32_t checks_state_after(uint32_t state, const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        state = checks_state_after_byte(state, text[i]);
    return state;
}

uint32_t checks_run(const struct simd_kernels *kernels, enum utf8_form form, uint32_t state, struct checks_text text)
{
    switch (form) {
    case UTF8_PLAIN:
        return kernels->utf8(state, text.plain, text.len);
    case UTF8_MASKED:
        return kernels->utf8_masked(state, text.masked, text.len, text.key);
    case UTF8_UNMASK:
        return kernels->unmask_utf8(state, text.dst, text.masked, text.len, text.key);
    }
    abort();
}

uint8_t *checks_guarded(unsigned which)
{
    static uint8_t *areas[2];
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (areas[which] == NULL) {
        uint8_t *area =
            mmap(NULL, CHECKS_BYTES_MAX + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED || CHECKS_BYTES_MAX % page != 0 || mprotect(area, page, PROT_NONE) != 0 ||
            mprotect(area + page + CHECKS_BYTES_MAX, page, PROT_NONE) != 0)
            abort();
        areas[which] = area + page;
    }
    return areas[which];
}

static uint32_t random_state;

void checks_seed(void)
{
    random_state = 2463534242u;
}

uint32_t checks_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* A code point of so many bytes, never a surrogate. */
static void put_code_point(uint8_t *text, unsigned bytes)
{
    const uint32_t r = checks_random();

    for (unsigned i = 1; i < bytes; i++)
        text[i] = 0x80 | (r >> (6 * i) & 0x3F);
    switch (bytes) {
    case 1:
        text[0] = r & 0x7F;
        break;
    case 2:
        text[0] = (uint8_t)(0xC2 + r % 30);
        break;
    case 3:
        text[0] = 0xE0 | (r & 0xF);
        text[1] = text[0] == 0xE0 ? text[1] | 0x20 : text[0] == 0xED ? text[1] & 0x9F : text[1];
        break;
    default:
        text[0] = (uint8_t)(0xF0 + r % 5);
        text[1] = text[0] == 0xF0 ? text[1] | 0x10 : text[0] == 0xF4 ? text[1] & 0x8F : text[1];
        break;
    }
}

void checks_fill(enum checks_kind kind, uint8_t *text, size_t len)
{
    size_t i = 0;

    for (unsigned bytes; i < len; i += bytes) {
        bytes = kind == CHECKS_MIXED ? 1 + checks_random() % 4 : (unsigned)kind + 1;
        if (kind == CHECKS_NOISE || bytes > len - i) {
            bytes = 1;
            text[i] = kind == CHECKS_NOISE ? (uint8_t)checks_random() : 'x';
        } else {
            put_code_point(text + i, bytes);
        }
    }
}
