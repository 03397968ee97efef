#include "core/base/slab.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

struct thing {
    struct slab_item item;
    uint8_t bytes[20];
};

Test(slab, gives_capacity_items_and_then_none)
{
    struct slab s;
    struct thing *things[5];

    cr_assert_eq(slab_init(&s, sizeof(struct thing), 5), 0);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(slab_available(&s), 5u - (unsigned)i);
        things[i] = slab_take(&s);
        cr_assert_not_null(things[i]);
        memset(things[i]->bytes, i, sizeof things[i]->bytes);
    }
    cr_assert_null(slab_take(&s));
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(things[i]->bytes[19], i);
        cr_assert_eq(slab_at(&s, slab_slot(&s, things[i])), things[i]);
        slab_give(&s, things[i]);
    }
    cr_assert(slab_is_whole(&s));
    slab_deinit(&s);
}

Test(slab, takes_the_item_given_back_last_in_its_next_generation)
{
    struct slab s;

    cr_assert_eq(slab_init(&s, sizeof(struct thing), 4), 0);
    struct thing *a = slab_take(&s);
    struct thing *b = slab_take(&s);
    cr_assert_neq(a, b);
    const uint32_t generation = a->item.generation;
    slab_give(&s, b);
    slab_give(&s, a);
    struct thing *again = slab_take(&s);
    cr_assert_eq(again, a);
    cr_assert_eq(again->item.generation, generation + 1);
    slab_give(&s, again);
    slab_deinit(&s);
}

Test(slab, aborts_when_it_ends_while_something_is_out, .signal = SIGABRT)
{
    struct slab s;

    cr_assert_eq(slab_init(&s, sizeof(struct thing), 1), 0);
    cr_assert_not_null(slab_take(&s));
    slab_deinit(&s);
}

Test(slab, aborts_on_an_item_that_is_not_its_own, .signal = SIGABRT)
{
    struct slab s;
    struct thing stranger;

    cr_assert_eq(slab_init(&s, sizeof(struct thing), 2), 0);
    cr_assert_not_null(slab_take(&s));
    slab_give(&s, &stranger);
}

Test(slab, refuses_more_address_space_than_there_is)
{
    struct slab s;
    cr_assert_neq(slab_init(&s, (size_t)1 << 40, UINT32_MAX - 1), 0);
    slab_deinit(&s);
}
