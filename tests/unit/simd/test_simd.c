#include "tests/unit/simd/checks.h"

#include <criterion/criterion.h>

/* Each row of checks.def is a test: the checks themselves also run where there is no Criterion. */
#define CHECK(suite, sentence)                \
    Test(suite, sentence)                     \
    {                                         \
        cr_assert_eq(checks_##sentence(), 0); \
    }
#include "tests/unit/simd/checks.def"
