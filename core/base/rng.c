#include "core/base/rng.h"

#include <string.h>
#include <sys/random.h>

#include "core/base/assert.h"

/* getrandom() gives up to 256 bytes whole and without being interrupted (getrandom(2)). */
static void rng_refill(struct rng *r)
{
    const ssize_t n = getrandom(r->pool, sizeof r->pool, 0);
    ASSERT(n == sizeof r->pool);
    r->left = sizeof r->pool;
}

void rng_fill(struct rng *r, void *out, size_t bytes)
{
    uint8_t *at = out;
    while (bytes > 0) {
        if (r->left == 0) {
            rng_refill(r);
        }
        const size_t take = bytes < r->left ? bytes : r->left;
        uint8_t *from = r->pool + sizeof r->pool - r->left;
        memcpy(at, from, take);
        memset(from, 0, take);
        r->left -= take;
        at += take;
        bytes -= take;
    }
}

uint32_t rng_u32(struct rng *r)
{
    uint32_t value;
    rng_fill(r, &value, sizeof value);
    return value;
}

uint64_t rng_u64(struct rng *r)
{
    uint64_t value;
    rng_fill(r, &value, sizeof value);
    return value;
}
