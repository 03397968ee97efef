#include "simd/simd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "simd/simd_levels.h"

const struct simd_kernels *simd = &scalar_kernels;

#if defined(__x86_64__)
static bool cpu_has_v128(void)
{
    return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
}

static bool cpu_has_v256(void)
{
    return cpu_has_v128() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

/* Without VBMI (Skylake-X) the byte permutes are slow: those CPUs are better served by v256. */
static bool cpu_has_v512(void)
{
    return cpu_has_v256() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi");
}
#endif

const struct simd_kernels *simd_kernels_of(enum simd_level level)
{
    switch (level) {
    case SIMD_SCALAR:
        return &scalar_kernels;
#if defined(__x86_64__)
    case SIMD_V128:
        return cpu_has_v128() ? &v128_kernels : NULL;
    case SIMD_V256:
        return cpu_has_v256() ? &v256_kernels : NULL;
    case SIMD_V512:
        return cpu_has_v512() ? &v512_kernels : NULL;
#elif defined(__AARCH64EL__)
    case SIMD_V128: /* NEON, which every aarch64 has */
        return &v128_kernels;
    case SIMD_V256:
    case SIMD_V512:
#else
    case SIMD_V128:
    case SIMD_V256:
    case SIMD_V512:
#endif
    case SIMD_LEVEL_COUNT:
        break;
    }
    return NULL;
}

int simd_init(const char *override)
{
    const bool is_free = override == NULL || override[0] == '\0';
    const struct simd_kernels *chosen = NULL;

    for (int level = SIMD_SCALAR; level < SIMD_LEVEL_COUNT; level++) {
        const struct simd_kernels *kernels = simd_kernels_of((enum simd_level)level);
        if (kernels != NULL && (is_free || strcmp(kernels->name, override) == 0))
            chosen = kernels;
    }
    if (chosen == NULL)
        return -EINVAL;
    simd = chosen;
    return 0;
}

void simd_levels_supported(char *out, size_t size)
{
    size_t used = 0;

    if (size > 0)
        out[0] = '\0';
    for (int level = SIMD_SCALAR; level < SIMD_LEVEL_COUNT && used < size; level++) {
        const struct simd_kernels *kernels = simd_kernels_of((enum simd_level)level);
        if (kernels != NULL)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", kernels->name);
    }
}
