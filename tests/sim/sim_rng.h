/*
 * sim_rng - the one source of chance in a simulated run: the same seed, the same run (splitmix64).
 *
 * Thread: one. Memory: none. Errors: none. Limits: not for secrets.
 */
#ifndef TESTS_SIM_SIM_RNG_H
#define TESTS_SIM_SIM_RNG_H

#include <stdint.h>

struct sim_rng {
    uint64_t state;
};

static inline uint64_t sim_rng_u64(struct sim_rng *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* One of 0 to below - 1; 0 where below is 0. */
static inline uint64_t sim_rng_below(struct sim_rng *r, uint64_t below)
{
    return below == 0 ? 0 : sim_rng_u64(r) % below;
}

/* Whether a thing happens that happens once in so many times. */
static inline int sim_rng_once_in(struct sim_rng *r, uint64_t times)
{
    return sim_rng_below(r, times) == 0;
}

#endif
