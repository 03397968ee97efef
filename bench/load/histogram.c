#include "bench/load/histogram.h"

#include <string.h>

#include "core/base/assert.h"

enum { STEPS = 1 << HISTOGRAM_STEP_BITS };

/* Powers of two above STEPS by which a duration is divided before it is counted. */
static unsigned shift_of(uint64_t ns)
{
    return ns < STEPS ? 0 : 63 - (unsigned)__builtin_clzll(ns) - HISTOGRAM_STEP_BITS;
}

static unsigned bucket_of(uint64_t ns)
{
    const unsigned shift = shift_of(ns);
    return (shift << HISTOGRAM_STEP_BITS) + (unsigned)(ns >> shift);
}

/* The largest duration that is counted in a bucket. */
static uint64_t upper_end(unsigned bucket)
{
    const unsigned shift = bucket < STEPS ? 0 : (bucket >> HISTOGRAM_STEP_BITS) - 1;
    const uint64_t steps = bucket - (shift << HISTOGRAM_STEP_BITS);
    return ((steps + 1) << shift) - 1;
}

void histogram_clear(struct histogram *h)
{
    memset(h, 0, sizeof *h);
}

void histogram_add(struct histogram *h, uint64_t ns)
{
    const unsigned bucket = bucket_of(ns < HISTOGRAM_NS_MAX ? ns : HISTOGRAM_NS_MAX);

    ASSERT(bucket < HISTOGRAM_BUCKETS);
    h->count++;
    h->buckets[bucket]++;
    if (ns > h->max_ns) {
        h->max_ns = ns;
    }
}

uint64_t histogram_quantile(const struct histogram *h, unsigned millionths)
{
    const unsigned __int128 share = (unsigned __int128)h->count * millionths;
    const uint64_t rank = (uint64_t)((share + 999999) / 1000000);
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && h->count > 0; i++) {
        seen += h->buckets[i];
        if (seen >= rank && seen > 0) {
            return upper_end(i) < h->max_ns ? upper_end(i) : h->max_ns;
        }
    }
    return 0;
}
