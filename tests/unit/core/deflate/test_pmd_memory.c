#include "core/deflate/pmd_memory.h"

#include <criterion/criterion.h>

static _Alignas(PMD_MEMORY_ALIGNMENT) uint8_t block[256];

Test(pmd_memory, gives_aligned_pieces_of_the_block_until_it_is_used_up)
{
    struct pmd_memory m;
    z_stream stream;

    pmd_memory_bind(&m, &stream, (struct span){block, sizeof block});
    cr_assert_eq(stream.zalloc(stream.opaque, 3, 7), block);
    cr_assert_eq(stream.zalloc(stream.opaque, 1, 16), block + 32);
    cr_assert_null(stream.zalloc(stream.opaque, 1, 209));
    cr_assert_null(stream.zalloc(stream.opaque, UINT32_MAX, UINT32_MAX));
    cr_assert_eq(stream.zalloc(stream.opaque, 1, 208), block + 48);
    cr_assert_null(stream.zalloc(stream.opaque, 1, 1));
}

Test(pmd_memory, begins_anew_when_bound_again)
{
    struct pmd_memory m;
    z_stream stream;

    pmd_memory_bind(&m, &stream, (struct span){block, sizeof block});
    void *first = stream.zalloc(stream.opaque, 1, sizeof block);
    stream.zfree(stream.opaque, first);
    cr_assert_null(stream.zalloc(stream.opaque, 1, 1));
    pmd_memory_bind(&m, &stream, (struct span){block, sizeof block});
    cr_assert_eq(stream.zalloc(stream.opaque, 1, 1), first);
}
