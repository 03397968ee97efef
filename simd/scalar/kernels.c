#include "simd/simd_levels.h"

const struct simd_kernels scalar_kernels = {
    .name = "scalar",
    .mask = scalar_mask,
    .utf8 = scalar_utf8,
    .utf8_masked = scalar_utf8_masked,
    .unmask_utf8 = scalar_unmask_utf8,
};
