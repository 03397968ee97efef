#include "core/base/rng.h"

#include <criterion/criterion.h>
#include <string.h>

Test(rng, fills_more_than_its_pool_and_never_the_same)
{
    struct rng r = {0};
    uint8_t a[1000] = {0}, b[1000] = {0};
    unsigned zeros = 0;

    rng_fill(&r, a, sizeof a);
    rng_fill(&r, b, sizeof b);
    cr_assert_neq(memcmp(a, b, sizeof a), 0);
    for (size_t i = 0; i < sizeof a; i++) {
        zeros += a[i] == 0;
    }
    cr_assert_lt(zeros, 40, "1000 random bytes had %u zeros", zeros);
}

Test(rng, gives_each_byte_once)
{
    struct rng r = {0};
    const uint32_t first = rng_u32(&r);
    const uint64_t second = rng_u64(&r);

    cr_assert_eq(r.left, RNG_POOL_BYTES - 12);
    for (size_t i = 0; i < 12; i++) {
        cr_assert_eq(r.pool[i], 0, "a byte that was given out stays in the pool");
    }
    cr_assert(first != 0 || second != 0);
}
