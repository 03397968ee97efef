#include "bench/load/load.h"

#include <criterion/criterion.h>

Test(load, makes_messages_due_in_turn_and_evenly)
{
    const struct options o = {.connections = 4, .rate = 1000};
    static struct load l;

    l.o = &o;
    l.begin_ns = 5000;
    cr_assert_eq(load_due_ns(&l, 0, 0), 5000);
    cr_assert_eq(load_due_ns(&l, 3, 0), 5000 + 3000000);
    cr_assert_eq(load_due_ns(&l, 0, 1), 5000 + 4000000);
    cr_assert_eq(load_due_count(&l, 4999), 0);
    cr_assert_eq(load_due_count(&l, 5000), 1);
    cr_assert_eq(load_due_count(&l, 5000 + 999999), 1);
    cr_assert_eq(load_due_count(&l, 5000 + 1000000), 2);
    for (uint64_t before = 0; before < 1000; before++) {
        cr_assert_eq(load_due_count(&l, load_due_ns(&l, 1, before)), before * 4 + 2);
    }
}

Test(load, keeps_its_schedule_for_a_day_at_the_highest_rate)
{
    const struct options o = {.connections = 1, .rate = OPTIONS_RATE_MAX};
    static struct load l;

    l.o = &o;
    cr_assert_eq(load_due_ns(&l, 0, UINT64_C(8640000000000)), UINT64_C(86400000000000));
}

Test(load, keeps_the_first_complaint)
{
    static struct load l;

    load_complain(&l, "first %d", 1);
    load_complain(&l, "second");
    cr_assert_str_eq(l.why, "first 1");
}
