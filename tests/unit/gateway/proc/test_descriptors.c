#include "gateway/proc/descriptors.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "gateway/conf/config.h"

static char why[DESCRIPTORS_WHY_BYTES_MAX];

Test(descriptors, give_as_many_sessions_as_fit)
{
    uint32_t max = 0;

    cr_assert_eq(descriptors_plan_from(20000, 0, 200, &max, why), 0);
    cr_assert_eq(max, 9900);
    cr_assert_eq(descriptors_plan_from(UINT64_MAX, 0, 200, &max, why), 0);
    cr_assert_eq(max, CONFIG_CONNECTIONS_MAX);
    cr_assert_eq(descriptors_plan_from(UINT64_MAX, CONFIG_CONNECTIONS_MAX, 200, &max, why), 0);
    cr_assert_eq(max, CONFIG_CONNECTIONS_MAX);
}

Test(descriptors, give_exactly_what_is_wanted_where_it_fits)
{
    uint32_t max = 0;

    cr_assert_eq(descriptors_plan_from(2200, 1000, 200, &max, why), 0);
    cr_assert_eq(max, 1000);
    cr_assert_eq(descriptors_plan_from(2199, 1000, 200, &max, why), -EMFILE);
    cr_assert_not_null(strstr(why, "2200 are needed for 1000 connections, the limit is 2199"), "%s", why);
}

Test(descriptors, need_room_for_one_session_at_least)
{
    uint32_t max = 0;

    cr_assert_eq(descriptors_plan_from(201, 0, 200, &max, why), -EMFILE);
    cr_assert_not_null(strstr(why, "LimitNOFILE"), "%s", why);
    cr_assert_eq(descriptors_plan_from(202, 0, 200, &max, why), 0);
    cr_assert_eq(max, 1);
}

Test(descriptors, raise_the_soft_limit_to_the_hard_one)
{
    uint32_t max = 0;
    cr_assert_eq(descriptors_plan(1, 10, &max, why), 0);
    cr_assert_eq(max, 1);
}
