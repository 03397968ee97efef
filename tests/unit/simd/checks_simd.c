#include "tests/unit/simd/checks.h"

#include <errno.h>
#include <stdio.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

size_t checks_the_widest_level_is_chosen_where_none_is_named(void)
{
    const struct simd_kernels *widest = NULL;
    size_t failures = 0;

    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
        widest = k;
    if (simd_init("scalar") != 0 || simd_init(NULL) != 0 || simd != widest)
        failures += checks_failed("NULL does not choose %s", widest->name);
    if (simd_init("scalar") != 0 || simd_init("") != 0 || simd != widest)
        failures += checks_failed("an empty name does not choose %s", widest->name);
    return failures;
}

size_t checks_every_supported_level_can_be_chosen_by_name(void)
{
    static const char *const names[SIMD_LEVEL_COUNT] = {"scalar", "v128", "v256", "v512"};
    size_t failures = 0;

    for (int i = SIMD_SCALAR; i < SIMD_LEVEL_COUNT; i++) {
        const struct simd_kernels *kernels = simd_kernels_of((enum simd_level)i);
        if (kernels == NULL)
            continue;
        if (strcmp(kernels->name, names[i]) != 0)
            failures += checks_failed("level %d is called %s", i, kernels->name);
        if (simd_init(names[i]) != 0 || simd != kernels)
            failures += checks_failed("%s is not chosen by its name", names[i]);
    }
    if (simd_kernels_of(SIMD_SCALAR) == NULL || simd_kernels_of(SIMD_LEVEL_COUNT) != NULL)
        failures += checks_failed("the table of levels is wrong at its ends");
    return failures;
}

size_t checks_an_unknown_or_unsupported_name_changes_nothing(void)
{
    static const char *const wrong[] = {"avx2", "V128", "v128 ", "scala", "scalars", " ", "v1024"};
    static const char *const names[SIMD_LEVEL_COUNT] = {"scalar", "v128", "v256", "v512"};
    size_t failures = 0;

    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k)) {
        failures += simd_init(k->name) != 0;
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
            if (simd_init(wrong[i]) != -EINVAL || simd != k)
                failures += checks_failed("\"%s\" is taken for a level", wrong[i]);
        for (int i = SIMD_SCALAR; i < SIMD_LEVEL_COUNT; i++)
            if (simd_kernels_of((enum simd_level)i) == NULL && (simd_init(names[i]) != -EINVAL || simd != k))
                failures += checks_failed("%s is chosen without support", names[i]);
    }
    return failures;
}

size_t checks_the_list_of_levels_is_what_the_table_has_and_is_cut_at_its_size(void)
{
    char want[64] = "", got[64];
    size_t failures = 0;

    for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k)) {
        const size_t used = strlen(want);
        snprintf(want + used, sizeof want - used, "%s%s", used > 0 ? ", " : "", k->name);
    }
    for (size_t size = 0; size <= sizeof got; size++) {
        memset(got, '#', sizeof got);
        simd_levels_supported(got, size);
        const size_t len = size == 0 ? 0 : strlen(want) < size ? strlen(want) : size - 1;
        if (size > 0 && (strlen(got) != len || memcmp(got, want, len) != 0))
            failures += checks_failed("size %zu: \"%s\", not \"%s\"", size, got, want);
        if (size < sizeof got && got[size] != '#')
            failures += checks_failed("size %zu is overrun", size);
    }
    return failures;
}

size_t checks_a_key_turned_is_the_key_of_the_rest(void)
{
    size_t failures = 0;

    for (size_t turn = 0; turn < 64; turn++)
        for (size_t i = 0; i < 4; i++)
            if (checks_mask_byte(0, simd_key_turn(CHECKS_KEY, turn), i) != checks_mask_byte(0, CHECKS_KEY, turn + i))
                failures += checks_failed("turn %zu byte %zu", turn, i);
    return failures;
}

#if defined(__x86_64__)
/* XGETBV(1): bit 2 is set while upper halves of YMM registers are in use, bit 6 for those of ZMM registers. */
static bool upper_halves_are_dirty(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
    return (low & (1u << 2 | 1u << 6)) != 0;
}

static bool cpu_tells_what_is_in_use(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_OSXSAVE) != 0 &&
           __get_cpuid_count(0xD, 1, &a, &b, &c, &d) != 0 && (a & 1u << 2) != 0;
}
#else
static bool upper_halves_are_dirty(void)
{
    return false;
}

static bool cpu_tells_what_is_in_use(void)
{
    return false;
}
#endif

static size_t check_upper_halves(const struct simd_kernels *k, uint8_t *plain, uint8_t *masked, size_t len)
{
    static const uint32_t states[] = {SIMD_UTF8_BOUNDARY, SIMD_UTF8_BAD, 0xE4000000};
    static uint8_t out[CHECKS_BYTES_MAX];
    const struct checks_text text = {out, plain, masked, len, CHECKS_KEY};
    size_t failures = 0;

    k->mask(out, masked, len, CHECKS_KEY);
    if (upper_halves_are_dirty())
        failures += checks_failed("%s mask of %zu bytes leaves dirty upper halves", k->name, len);
    for (int form = UTF8_PLAIN; form <= UTF8_UNMASK; form++)
        for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
            checks_run(k, (enum utf8_form)form, states[i], text);
            if (upper_halves_are_dirty())
                failures += checks_failed("%s form %d, %zu bytes, leaves dirty upper halves", k->name, form, len);
        }
    return failures;
}

size_t checks_no_kernel_leaves_upper_vector_halves_dirty(void)
{
    static uint8_t plain[1100], masked[1100];
    size_t failures = 0;

    if (!cpu_tells_what_is_in_use())
        return 0;
    checks_seed();
    for (int kind = 0; kind < CHECKS_KIND_COUNT; kind++)
        for (size_t len = 0; len <= sizeof plain; len += len < 300 ? 1 : 37) {
            checks_fill((enum checks_kind)kind, plain, len);
            for (size_t i = 0; i < len; i++)
                masked[i] = checks_mask_byte(plain[i], CHECKS_KEY, i);
            for (const struct simd_kernels *k = checks_next_level(NULL); k != NULL; k = checks_next_level(k))
                failures += check_upper_halves(k, plain, masked, len);
        }
    return failures;
}
