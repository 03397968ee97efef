#include "core/base/assert.h"

#include <criterion/criterion.h>
#include <signal.h>

Test(assert, passes_what_holds)
{
    int evaluated = 0;
    ASSERT(++evaluated == 1);
    cr_assert_eq(evaluated, 1);
}

Test(assert, aborts_on_what_does_not_hold, .signal = SIGABRT)
{
    ASSERT(1 + 1 == 3);
}
