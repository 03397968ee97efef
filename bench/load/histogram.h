/*
 * histogram - durations counted in buckets whose width grows with them: below one percent off, whatever the scale.
 *
 * 128 buckets per power of two; exact below 128.
 * Thread: one. Memory: the structure itself. Errors: none. Limits: durations of HISTOGRAM_NS_MAX and more share a
 * bucket.
 */
#ifndef BENCH_LOAD_HISTOGRAM_H
#define BENCH_LOAD_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_STEP_BITS = 7,
    HISTOGRAM_VALUE_BITS = 40, /* 18 minutes */
    HISTOGRAM_BUCKETS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS,
};

#define HISTOGRAM_NS_MAX ((UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1)

struct histogram {
    uint64_t count;
    uint64_t max_ns; /* exact */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t ns);

/*
 * The duration that the given share of all (in millionths: 990,000 is p99) does not exceed: the upper end of its
 * bucket, at most the largest one seen. 0 when there are none.
 */
uint64_t histogram_quantile(const struct histogram *h, unsigned millionths);

#endif
