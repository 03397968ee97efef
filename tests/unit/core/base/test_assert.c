#include "core/base/assert.h"

#include <criterion/criterion.h>
#include <signal.h>

Test(assert, evaluates_its_condition_once_and_goes_on_where_it_holds)
{
    int evaluated = 0;
    ASSERT(++evaluated == 1);
    cr_assert_eq(evaluated, 1);
}

Test(assert, aborts_where_its_condition_does_not_hold, .signal = SIGABRT)
{
    const int one = 1;
    ASSERT(one == 2);
}
