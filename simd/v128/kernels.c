#include "simd/v128/kernels.h"

const struct simd_kernels v128_kernels = {
    .name = "v128",
    .mask = v128_mask,
    .utf8 = v128_utf8,
    .utf8_masked = v128_utf8_masked,
    .unmask_utf8 = v128_unmask_utf8,
};
