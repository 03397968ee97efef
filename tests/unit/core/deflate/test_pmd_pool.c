#include "core/deflate/pmd_pool.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CONTEXTS = 32, TEXT_BYTES = 100000 };

static struct pmd_pool pool;
static struct pmd_inflater *inflaters[CONTEXTS];
static struct pmd_deflater *deflaters[CONTEXTS];

static size_t budget(size_t inflater_count, size_t deflater_count)
{
    return pmd_pool_bytes_min() + inflater_count * sizeof(struct pmd_inflater) +
           deflater_count * sizeof(struct pmd_deflater);
}

static size_t keep_inflaters(void)
{
    size_t count = 0;
    while (count < CONTEXTS && (inflaters[count] = pmd_pool_keep_inflater(&pool, 15)) != NULL) {
        count++;
    }
    return count;
}

static size_t keep_deflaters(void)
{
    size_t count = 0;
    while (count < CONTEXTS && (deflaters[count] = pmd_pool_keep_deflater(&pool, 15)) != NULL) {
        count++;
    }
    return count;
}

static void give_inflaters(size_t count)
{
    while (count > 0) {
        pmd_pool_give_inflater(&pool, inflaters[--count]);
    }
}

static void give_deflaters(size_t count)
{
    while (count > 0) {
        pmd_pool_give_deflater(&pool, deflaters[--count]);
    }
}

Test(pmd_pool, refuses_a_budget_that_is_too_small_to_borrow_from)
{
    cr_assert_eq(pmd_pool_init(&pool, pmd_pool_bytes_min() - 1, 1), -EINVAL);
    pmd_pool_deinit(&pool);
}

Test(pmd_pool, refuses_a_budget_beyond_the_address_space)
{
    cr_assert_eq(pmd_pool_init(&pool, SIZE_MAX / 2, 1), -ENOMEM);
    pmd_pool_deinit(&pool);
}

Test(pmd_pool, keeps_nothing_on_the_smallest_budget_but_lends)
{
    struct pmd_inflater *lent[PMD_POOL_LENT_MIN];
    cr_assert_eq(pmd_pool_init(&pool, pmd_pool_bytes_min(), 1), 0);
    cr_assert_null(pmd_pool_keep_inflater(&pool, 15));
    cr_assert_null(pmd_pool_keep_deflater(&pool, 15));
    for (int i = 0; i < PMD_POOL_LENT_MIN; i++) {
        lent[i] = pmd_pool_borrow_inflater(&pool);
        cr_assert_not_null(lent[i]);
    }
    cr_assert_null(pmd_pool_borrow_inflater(&pool));
    pmd_pool_give_inflater(&pool, lent[3]);
    cr_assert_eq(pmd_pool_borrow_inflater(&pool), lent[3]);
    for (int i = 0; i < PMD_POOL_LENT_MIN; i++) {
        pmd_pool_give_inflater(&pool, lent[i]);
    }
    pmd_pool_deinit(&pool);
}

Test(pmd_pool, keeps_what_the_budget_pays_for_in_whole_contexts)
{
    cr_assert_eq(pmd_pool_init(&pool, budget(5, 2), 1), 0);
    cr_assert_not_null(deflaters[0] = pmd_pool_keep_deflater(&pool, 9));
    cr_assert_not_null(deflaters[1] = pmd_pool_keep_deflater(&pool, 15));
    cr_assert_null(pmd_pool_keep_deflater(&pool, 15));
    cr_assert_eq(keep_inflaters(), 5);
    give_inflaters(5);
    give_deflaters(2);
    pmd_pool_deinit(&pool);
}

Test(pmd_pool, gives_what_was_used_to_its_own_kind_only)
{
    cr_assert_eq(pmd_pool_init(&pool, budget(1, 1), 1), 0);
    const size_t count = keep_inflaters();
    cr_assert_geq(count, sizeof(struct pmd_deflater) / sizeof(struct pmd_inflater));
    give_inflaters(count);
    cr_assert_null(pmd_pool_keep_deflater(&pool, 15));
    cr_assert_eq(keep_inflaters(), count);
    give_inflaters(count);
    pmd_pool_deinit(&pool);
}

static const struct slice reference = {(const uint8_t *)"\xf2\x00\x11\x00\x00", 5}; /* to a "Hello" before it */

static enum pmd_status inflate_reference(struct pmd_inflater *z)
{
    uint8_t text[16];
    struct slice in = reference;
    struct span out = {text, sizeof text};
    return pmd_inflater_run(z, &in, &out, true);
}

Test(pmd_pool, gives_contexts_without_history)
{
    uint8_t first[64];
    uint8_t second[64];
    uint8_t text[16];
    cr_assert_eq(pmd_pool_init(&pool, budget(1, 1), 6), 0);
    for (int i = 0; i < 2; i++) {
        struct slice hello = SLICE_LITERAL("\xf2\x48\xcd\xc9\xc9\x07\x00");
        struct span out = {text, sizeof text};
        struct pmd_inflater *z = i == 0 ? pmd_pool_borrow_inflater(&pool) : pmd_pool_keep_inflater(&pool, 15);
        cr_assert_eq(pmd_inflater_run(z, &hello, &out, true), PMD_END);
        pmd_pool_give_inflater(&pool, z);
        z = i == 0 ? pmd_pool_borrow_inflater(&pool) : pmd_pool_keep_inflater(&pool, 15);
        cr_assert_eq(inflate_reference(z), PMD_BAD);
        pmd_pool_give_inflater(&pool, z);
    }
    for (int bits = PMD_WINDOW_BITS_MIN; bits <= PMD_WINDOW_BITS_MAX; bits++) {
        const struct slice hello = SLICE_LITERAL("Hello");
        const struct span a = {first, sizeof first};
        const struct span b = {second, sizeof second};
        const size_t len = pmd_deflater_run(pmd_pool_shared_deflater(&pool, bits), hello, true, a);
        cr_assert_eq(pmd_deflater_run(pmd_pool_shared_deflater(&pool, bits), hello, true, b), len);
        cr_assert_arr_eq(first, second, len);
    }
    pmd_pool_deinit(&pool);
}

static size_t resident_bytes(const struct slab *s)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t pages = (s->item_bytes * s->capacity + page - 1) / page;
    unsigned char *in_core = malloc(pages);
    size_t count = 0;
    cr_assert_eq(mincore(s->base, s->item_bytes * s->capacity, in_core), 0);
    for (size_t i = 0; i < pages; i++) {
        count += in_core[i] & 1;
    }
    free(in_core);
    return count * page;
}

/* Compresses and inflates noise, larger than every window, so that all of a context is touched that ever is. */
static void use(struct pmd_deflater *d, struct pmd_inflater *z)
{
    static uint8_t text[TEXT_BYTES];
    static uint8_t room[2 * TEXT_BYTES];
    static uint8_t again[TEXT_BYTES + 1];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof text; i++) {
        seed = seed * 1103515245 + 12345;
        text[i] = (uint8_t)('a' + (seed >> 16) % 13);
    }
    pmd_deflater_reset(d);
    const size_t len = pmd_deflater_run(d, (struct slice){text, sizeof text}, true, (struct span){room, sizeof room});
    struct slice in = {room, len};
    struct span out = {again, sizeof again};
    cr_assert_eq(pmd_inflater_run(z, &in, &out, true), PMD_END);
}

Test(pmd_pool, stays_within_its_budget_whatever_is_kept_in_turn)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t bytes = budget(20, 4);
    cr_assert_eq(pmd_pool_init(&pool, bytes, 6), 0);
    for (int i = 0; i < PMD_POOL_LENT_MIN; i++) {
        inflaters[i] = pmd_pool_borrow_inflater(&pool);
        use(pmd_pool_shared_deflater(&pool, 15), inflaters[i]);
    }
    give_inflaters(PMD_POOL_LENT_MIN);
    for (int turn = 0; turn < 3; turn++) {
        const size_t deflater_count = turn == 0 ? 1 : keep_deflaters();
        deflaters[0] = turn == 0 ? pmd_pool_keep_deflater(&pool, 15) : deflaters[0];
        const size_t inflater_count = keep_inflaters();
        for (size_t i = 0; i < inflater_count; i++) {
            use(deflaters[i % deflater_count], inflaters[i]);
        }
        give_inflaters(inflater_count);
        give_deflaters(deflater_count);
        const size_t resident = resident_bytes(&pool.kept_inflaters) + resident_bytes(&pool.lent_inflaters) +
                                resident_bytes(&pool.deflaters);
        cr_assert_leq(resident, bytes + 3 * page);
        cr_assert_gt(resident, bytes / 2);
    }
    pmd_pool_deinit(&pool);
}

Test(pmd_pool, lends_from_a_quarter_of_the_budget)
{
    cr_assert_eq(pmd_pool_init(&pool, 64 << 20, 1), 0);
    cr_assert_eq(slab_available(&pool.lent_inflaters), (16 << 20) / sizeof(struct pmd_inflater));
    cr_assert_leq(pool.bytes_left, 48 << 20);
    cr_assert_gt(pool.bytes_left, 47 << 20);
    pmd_pool_deinit(&pool);
}
