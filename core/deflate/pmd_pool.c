#include "core/deflate/pmd_pool.h"

#include <errno.h>
#include <sys/mman.h>

size_t pmd_pool_bytes_min(void)
{
    return sizeof(struct pmd_deflater) + PMD_POOL_LENT_MIN * sizeof(struct pmd_inflater);
}

static size_t lent_max(size_t budget_bytes)
{
    const size_t share = budget_bytes / PMD_POOL_LENT_DIVISOR / sizeof(struct pmd_inflater);
    return share > PMD_POOL_LENT_MIN ? share : PMD_POOL_LENT_MIN;
}

/*
 * A slab of as many items as the bytes are good for, and extra ones; at least the one that a slab must have. Huge pages
 * would make more of it resident than was touched: where the kernel has none, it says so, and nothing is lost.
 */
static int init_slab(struct slab *s, size_t bytes, size_t item_bytes, uint32_t extra)
{
    const size_t count = bytes / item_bytes + extra;
    if (count >= UINT32_MAX) {
        return -ENOMEM;
    }
    const int error = slab_init(s, item_bytes, count > 0 ? (uint32_t)count : 1);
    if (error == 0) {
        (void)madvise(s->base, s->item_bytes * s->capacity, MADV_NOHUGEPAGE);
    }
    return error;
}

static int init_slabs(struct pmd_pool *pool, size_t lent_count)
{
    const size_t inflater_bytes = sizeof(struct pmd_inflater);
    int error = init_slab(&pool->kept_inflaters, pool->bytes_left, inflater_bytes, 0);
    if (error == 0) {
        error = init_slab(&pool->lent_inflaters, lent_count * inflater_bytes, inflater_bytes, 0);
    }
    if (error == 0) {
        error = init_slab(&pool->deflaters, pool->bytes_left, sizeof(struct pmd_deflater), 1);
    }
    return error;
}

static void deinit_slabs(struct pmd_pool *pool)
{
    slab_deinit(&pool->kept_inflaters);
    slab_deinit(&pool->lent_inflaters);
    slab_deinit(&pool->deflaters);
}

/* A zlib whose contexts are larger than the items fails here, and not with a client. */
static void try_contexts(struct pmd_pool *pool)
{
    struct pmd_inflater *z = pmd_pool_borrow_inflater(pool);
    ASSERT(z != NULL);
    pmd_pool_give_inflater(pool, z);
    pmd_deflater_init(pool->shared, PMD_WINDOW_BITS_MAX, pool->level);
}

int pmd_pool_init(struct pmd_pool *pool, size_t budget_bytes, int level)
{
    ASSERT(level >= PMD_LEVEL_MIN && level <= PMD_LEVEL_MAX);
    *pool = (struct pmd_pool){.level = (uint8_t)level};
    if (budget_bytes < pmd_pool_bytes_min()) {
        return -EINVAL;
    }
    const size_t lent_count = lent_max(budget_bytes);
    pool->bytes_left = budget_bytes - sizeof(struct pmd_deflater) - lent_count * sizeof(struct pmd_inflater);
    const int error = init_slabs(pool, lent_count);
    if (error != 0) {
        deinit_slabs(pool);
        return error;
    }
    pool->shared = slab_take(&pool->deflaters);
    try_contexts(pool);
    return 0;
}

void pmd_pool_deinit(struct pmd_pool *pool)
{
    if (pool->shared != NULL) {
        slab_give(&pool->deflaters, pool->shared);
        pool->shared = NULL;
    }
    deinit_slabs(pool);
}

/* An item that was used before, or a new one that the budget pays for; else NULL. */
static void *keep(struct pmd_pool *pool, struct slab *s)
{
    if (s->used < s->fresh) {
        return slab_take(s);
    }
    if (pool->bytes_left < s->item_bytes) {
        return NULL;
    }
    pool->bytes_left -= s->item_bytes;
    return slab_take(s);
}

struct pmd_inflater *pmd_pool_keep_inflater(struct pmd_pool *pool, int window_bits)
{
    struct pmd_inflater *z = keep(pool, &pool->kept_inflaters);
    if (z != NULL) {
        pmd_inflater_init(z, window_bits);
    }
    return z;
}

struct pmd_deflater *pmd_pool_keep_deflater(struct pmd_pool *pool, int window_bits)
{
    struct pmd_deflater *d = keep(pool, &pool->deflaters);
    if (d != NULL) {
        pmd_deflater_init(d, window_bits, pool->level);
    }
    return d;
}

struct pmd_inflater *pmd_pool_borrow_inflater(struct pmd_pool *pool)
{
    struct pmd_inflater *z = slab_take(&pool->lent_inflaters);
    if (z != NULL) {
        pmd_inflater_init(z, PMD_WINDOW_BITS_MAX);
    }
    return z;
}

/* To begin anew costs what a reset does, and suits any window. */
struct pmd_deflater *pmd_pool_shared_deflater(struct pmd_pool *pool, int window_bits)
{
    pmd_deflater_init(pool->shared, window_bits, pool->level);
    return pool->shared;
}

static bool is_of(const struct slab *s, const void *item)
{
    const uintptr_t base = (uintptr_t)s->base;
    return (uintptr_t)item >= base && (uintptr_t)item < base + s->item_bytes * s->capacity;
}

void pmd_pool_give_inflater(struct pmd_pool *pool, struct pmd_inflater *z)
{
    slab_give(is_of(&pool->lent_inflaters, z) ? &pool->lent_inflaters : &pool->kept_inflaters, z);
}

void pmd_pool_give_deflater(struct pmd_pool *pool, struct pmd_deflater *d)
{
    ASSERT(d != pool->shared);
    slab_give(&pool->deflaters, d);
}
