#include "simd/v512/kernels.h"

const struct simd_kernels v512_kernels = {
    .name = "v512",
    .mask = v512_mask,
    .utf8 = v512_utf8,
    .utf8_masked = v512_utf8_masked,
    .unmask_utf8 = v512_unmask_utf8,
};
