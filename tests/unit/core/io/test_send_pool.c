#include "core/io/send_pool.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(send_pool, has_as_many_nodes_and_chunks_as_were_reserved)
{
    struct send_pool p;
    struct send_chunk *chunk;

    cr_assert_eq(send_pool_init(&p, NULL, 3, 1), 0);
    cr_assert_eq(slab_available(&p.nodes), 3);
    cr_assert_not_null(chunk = slab_take(&p.chunks));
    cr_assert_null(slab_take(&p.chunks));
    slab_give(&p.chunks, chunk);
    send_pool_deinit(&p);
}

Test(send_pool, a_chunk_is_a_page)
{
    cr_assert_eq(sizeof(struct send_chunk), 4096);
}

Test(send_pool, says_when_there_is_no_address_space_and_keeps_nothing)
{
    struct send_pool p = {0};
    cr_assert_eq(send_pool_init(&p, NULL, 1, UINT32_MAX - 1), 0);
    send_pool_deinit(&p);
    cr_assert_null(p.chunks.base);
}
