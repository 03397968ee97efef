/*
 * rng - unpredictable bytes: the kernel's, fetched a page at a time (masking keys and nonces, RFC 6455 section 10.3).
 *
 * Thread: one per struct rng. Memory: none. Errors: none (getrandom cannot fail once the pool is seeded; asserted).
 * Limits: none.
 */
#ifndef CORE_BASE_RNG_H
#define CORE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

enum { RNG_POOL_BYTES = 256 };

struct rng {
    uint8_t pool[RNG_POOL_BYTES];
    size_t left;
};

void rng_fill(struct rng *r, void *out, size_t bytes);
uint32_t rng_u32(struct rng *r);
uint64_t rng_u64(struct rng *r);

#endif
