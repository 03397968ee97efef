#include "core/base/list.h"

#include <criterion/criterion.h>

struct item {
    int value;
    struct list link;
};

static int pop(struct list *l)
{
    struct list *node = list_pop_front(l);
    return node == NULL ? -1 : CONTAINER_OF(node, struct item, link)->value;
}

Test(list, gives_back_what_was_pushed_in_order)
{
    struct list l;
    struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};

    list_init(&l);
    cr_assert(list_is_empty(&l));
    for (int i = 0; i < 3; i++) {
        list_push_back(&l, &items[i].link);
    }
    cr_assert(!list_is_empty(&l));
    cr_assert_eq(pop(&l), 1);
    cr_assert_eq(pop(&l), 2);
    cr_assert_eq(pop(&l), 3);
    cr_assert_eq(pop(&l), -1);
}

Test(list, a_node_can_be_removed_from_the_middle_and_again)
{
    struct list l;
    struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};

    list_init(&l);
    for (int i = 0; i < 3; i++) {
        list_push_back(&l, &items[i].link);
    }
    list_remove(&items[1].link);
    cr_assert(!list_is_linked(&items[1].link));
    list_remove(&items[1].link);
    cr_assert_eq(pop(&l), 1);
    cr_assert_eq(pop(&l), 3);
    cr_assert(list_is_empty(&l));
}

Test(list, append_moves_all_nodes_and_leaves_the_source_empty)
{
    struct list a, b;
    struct item items[4] = {{.value = 1}, {.value = 2}, {.value = 3}, {.value = 4}};

    list_init(&a);
    list_init(&b);
    list_append(&a, &b);
    cr_assert(list_is_empty(&a));
    list_push_back(&a, &items[0].link);
    list_push_back(&b, &items[1].link);
    list_push_back(&b, &items[2].link);
    list_append(&a, &b);
    cr_assert(list_is_empty(&b));
    list_push_back(&a, &items[3].link);
    for (int i = 1; i <= 4; i++) {
        cr_assert_eq(pop(&a), i);
    }
}
