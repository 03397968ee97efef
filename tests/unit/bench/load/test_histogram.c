#include "bench/load/histogram.h"

#include <criterion/criterion.h>

static struct histogram h;

Test(histogram, has_no_quantiles_when_it_is_empty)
{
    histogram_clear(&h);
    cr_assert_eq(histogram_quantile(&h, 500000), 0);
    cr_assert_eq(h.max_ns, 0);
}

Test(histogram, is_exact_below_128)
{
    histogram_clear(&h);
    for (uint64_t ns = 1; ns <= 100; ns++) {
        histogram_add(&h, ns);
    }
    cr_assert_eq(histogram_quantile(&h, 500000), 50);
    cr_assert_eq(histogram_quantile(&h, 990000), 99);
    cr_assert_eq(histogram_quantile(&h, 1000000), 100);
    cr_assert_eq(histogram_quantile(&h, 1), 1);
}

Test(histogram, is_never_below_a_duration_and_less_than_one_percent_above_it)
{
    for (uint64_t ns = 1; ns < HISTOGRAM_NS_MAX / 2; ns += ns / 7 + 1) {
        histogram_clear(&h);
        histogram_add(&h, ns);
        histogram_add(&h, HISTOGRAM_NS_MAX);
        const uint64_t half = histogram_quantile(&h, 500000);
        cr_assert_geq(half, ns);
        cr_assert_leq(half - ns, ns / 100, "%llu for %llu", (unsigned long long)half, (unsigned long long)ns);
    }
}

Test(histogram, counts_what_is_too_long_in_its_last_bucket_and_keeps_the_maximum_exact)
{
    histogram_clear(&h);
    histogram_add(&h, UINT64_MAX);
    cr_assert_eq(h.count, 1);
    cr_assert_eq(h.max_ns, UINT64_MAX);
    cr_assert_eq(histogram_quantile(&h, 500000), HISTOGRAM_NS_MAX);
}

Test(histogram, says_no_more_than_the_largest_duration_seen)
{
    histogram_clear(&h);
    histogram_add(&h, 1000001);
    cr_assert_eq(histogram_quantile(&h, 990000), 1000001);
}
