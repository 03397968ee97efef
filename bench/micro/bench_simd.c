/*
 * bench_simd - nanoseconds per message of every kernel at every level, and their ratios to memcpy.
 *
 * All candidates take turns in short rounds, so that what else the machine does falls on all of them; the table has
 * the medians. Messages stay in the first-level cache where they fit. In-place kernels get their own buffer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "simd/simd.h"

#define ROUNDS      21
#define ROUND_BYTES (512 * 1024)
#define CALLS_MIN   16
#define CALLS_MAX   4000
#define KEY         0x3d21fa37u

static const size_t sizes[] = {16, 64, 125, 256, 1024, 4096, 16384, 65536};
#define SIZE_COUNT (sizeof sizes / sizeof sizes[0])

/* Small messages walk over an area that the first-level cache holds twice; the next one is never the last one. */
#define HEADER_BYTES 6
#define WALK_BYTES   8192
#define AREA_BYTES   (65536 + HEADER_BYTES)

enum operation { MEMCPY, MASK, UTF8, UTF8_MASKED, FUSED, FUSED_COPY, TWO_PASSES, WORDWISE, OPERATION_COUNT };

static const char *const operation_names[OPERATION_COUNT] = {
    "memcpy",          "mask in place",       "utf8", "utf8_masked", "unmask_utf8", "unmask_utf8 copying",
    "mask, then utf8", "memcpy, unmask, utf8"};

struct candidate {
    enum operation operation;
    const struct simd_kernels *kernels;
    double ns[ROUNDS];
};

static uint8_t area_plain[AREA_BYTES], area_masked[AREA_BYTES];
static uint8_t work[AREA_BYTES + 64], copies[AREA_BYTES + 64];
static const struct simd_kernels *scalar;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* The usual unmasking of other servers: eight bytes at a time. */
static void unmask_words(uint8_t *bytes, size_t len)
{
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        word ^= (uint64_t)KEY << 32 | KEY;
        memcpy(bytes + i, &word, 8);
    }
    for (; i < len; i++)
        bytes[i] ^= (uint8_t)simd_key_turn(KEY, i);
}

static uint32_t run_copying(const struct candidate *c, const uint8_t *message, uint8_t *copy, size_t len)
{
    if (c->operation == FUSED_COPY)
        return c->kernels->unmask_utf8(0, copy, message, len, KEY);
    memcpy(copy, message, len);
    if (c->operation == MEMCPY)
        return 0;
    unmask_words(copy, len);
    return c->kernels->utf8(0, copy, len);
}

/* In place the key is zero: the next round finds the same text. */
static uint32_t run(const struct candidate *c, uint8_t *message, uint8_t *copy, size_t len)
{
    switch (c->operation) {
    case MASK:
        c->kernels->mask(message, message, len, 0);
        return 0;
    case UTF8:
        return c->kernels->utf8(0, message, len);
    case UTF8_MASKED:
        return c->kernels->utf8_masked(0, message, len, KEY);
    case FUSED:
        return c->kernels->unmask_utf8(0, message, message, len, 0);
    case TWO_PASSES:
        c->kernels->mask(message, message, len, 0);
        return c->kernels->utf8(0, message, len);
    case MEMCPY:
    case FUSED_COPY:
    case WORDWISE:
    case OPERATION_COUNT:
        break;
    }
    return run_copying(c, message, copy, len);
}

static bool starts_masked(enum operation operation)
{
    return operation == UTF8_MASKED || operation == FUSED_COPY || operation == WORDWISE;
}

static double measure(const struct candidate *c, size_t len)
{
    const size_t step = len + HEADER_BYTES;
    const size_t end = step < WALK_BYTES ? WALK_BYTES - step : 1;
    size_t calls = ROUND_BYTES / len, at = 0;
    double start = 0;

    calls = calls > CALLS_MAX ? CALLS_MAX : calls < CALLS_MIN ? CALLS_MIN : calls;
    memcpy(work + HEADER_BYTES, starts_masked(c->operation) ? area_masked : area_plain, AREA_BYTES);
    for (size_t i = 0; i < calls + calls / 4; i++) {
        if (i == calls / 4)
            start = now_ns();
        const uint32_t state = run(c, work + HEADER_BYTES + at, copies + HEADER_BYTES + at, len);
        if (state != SIMD_UTF8_BOUNDARY)
            abort();
        at = at + step < end ? at + step : 0;
    }
    return (now_ns() - start) / (double)calls;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Messages one behind the other, six bytes of header between them, all of whole code points. */
static void fill(const char *unit, size_t len)
{
    const size_t bytes = strlen(unit);

    memset(area_plain, 'x', AREA_BYTES);
    memset(area_masked, 'x', AREA_BYTES);
    for (size_t at = 0; at + len + HEADER_BYTES <= AREA_BYTES; at += len + HEADER_BYTES) {
        for (size_t i = 0; i + bytes <= len; i += bytes)
            memcpy(area_plain + at + i, unit, bytes);
        scalar->mask(area_masked + at, area_plain + at, len, KEY);
    }
}

static void print_row(const char *level, const char *name, const double *ns, const double *base)
{
    printf("%-7s %-22s", level, name);
    for (size_t s = 0; s < SIZE_COUNT; s++)
        printf(" %8.1f %5.2f", ns[s], base[s] / ns[s]);
    putchar('\n');
}

static size_t list_candidates(struct candidate *list)
{
    size_t count = 0;
    list[count++].operation = MEMCPY;
    for (int level = SIMD_SCALAR; level < SIMD_LEVEL_COUNT; level++) {
        const struct simd_kernels *kernels = simd_kernels_of((enum simd_level)level);
        for (int operation = MASK; operation < OPERATION_COUNT && kernels != NULL; operation++) {
            list[count].operation = (enum operation)operation;
            list[count++].kernels = kernels;
        }
    }
    return count;
}

static void bench_text(const char *name, const char *unit)
{
    static struct candidate list[1 + SIMD_LEVEL_COUNT * OPERATION_COUNT];
    static double medians[1 + SIMD_LEVEL_COUNT * OPERATION_COUNT][SIZE_COUNT];
    const size_t count = list_candidates(list);

    for (size_t s = 0; s < SIZE_COUNT; s++) {
        fill(unit, sizes[s]);
        for (size_t round = 0; round < ROUNDS; round++)
            for (size_t c = 0; c < count; c++)
                list[c].ns[round] = measure(&list[c], sizes[s]);
        for (size_t c = 0; c < count; c++) {
            qsort(list[c].ns, ROUNDS, sizeof list[c].ns[0], by_value);
            medians[c][s] = list[c].ns[ROUNDS / 2];
        }
    }

    printf("\n%s: ns per message, and memcpy's ns divided by them\n%-30s", name, "");
    for (size_t s = 0; s < SIZE_COUNT; s++)
        printf(" %8zu      ", sizes[s]);
    putchar('\n');
    for (size_t c = 0; c < count; c++)
        print_row(c == 0 ? "" : list[c].kernels->name, operation_names[list[c].operation], medians[c], medians[0]);
}

int main(void)
{
    scalar = simd_kernels_of(SIMD_SCALAR);
    bench_text("ASCII", "The quick brown fox jumps over the lazy dog. ");
    bench_text("CJK", "\xe7\xb6\xb2\xe8\xb7\xaf\xe9\x96\x98\xe9\x81\x93");
    return 0;
}
