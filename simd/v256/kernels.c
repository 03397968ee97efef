#include "simd/v256/kernels.h"

const struct simd_kernels v256_kernels = {
    .name = "v256",
    .mask = v256_mask,
    .utf8 = v256_utf8,
    .utf8_masked = v256_utf8_masked,
    .unmask_utf8 = v256_unmask_utf8,
};
