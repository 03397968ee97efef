/*
 * pmd_pool - the contexts of permessage-deflate of one route on one shard, within a budget of bytes.
 *
 * A connection keeps contexts of its own while the budget lasts. Where it does not, its messages are inflated by one of
 * those that are reserved to be borrowed, and deflated by one that is shared: these have no history. What was given
 * back is still resident, and is counted: it is there for the next of its kind, inflater or deflater.
 *
 * Thread: one. Memory: three slabs, whose pages are touched as they are used, within the budget.
 * Errors: -EINVAL, -ENOMEM at start; NULL when exhausted. Limits: the budget; what of it is there to be lent.
 */
#ifndef CORE_DEFLATE_PMD_POOL_H
#define CORE_DEFLATE_PMD_POOL_H

#include "core/deflate/pmd_deflater.h"
#include "core/deflate/pmd_inflater.h"

/* Inflaters to be lent are a quarter of the budget, and at least so many. */
enum { PMD_POOL_LENT_MIN = 8, PMD_POOL_LENT_DIVISOR = 4 };

struct pmd_pool {
    struct slab kept_inflaters;
    struct slab lent_inflaters;
    struct slab deflaters;
    struct pmd_deflater *shared;
    size_t bytes_left; /* for contexts that were never used yet */
    uint8_t level;
};

/* What borrowing alone needs: the smallest budget there is. */
size_t pmd_pool_bytes_min(void);

/* level: 1 to 9. 0; -EINVAL for a budget below the smallest; -ENOMEM. */
MUST_USE int pmd_pool_init(struct pmd_pool *pool, size_t budget_bytes, int level);
/* Everything must have been given back (asserted). */
void pmd_pool_deinit(struct pmd_pool *pool);

/* A new context for the life of a connection; NULL when the budget has none left. */
MUST_USE struct pmd_inflater *pmd_pool_keep_inflater(struct pmd_pool *pool, int window_bits);
MUST_USE struct pmd_deflater *pmd_pool_keep_deflater(struct pmd_pool *pool, int window_bits);

/* A new context, with the largest window, for one message; NULL when all are lent. */
MUST_USE struct pmd_inflater *pmd_pool_borrow_inflater(struct pmd_pool *pool);
/* Whether there is one to be lent. */
static inline bool pmd_pool_can_lend(const struct pmd_pool *pool)
{
    return slab_available(&pool->lent_inflaters) > 0;
}

/* The shared context, new again, for one piece: valid until the next call, never to be given back. */
MUST_USE struct pmd_deflater *pmd_pool_shared_deflater(struct pmd_pool *pool, int window_bits);

/* Takes back what was kept or borrowed. */
void pmd_pool_give_inflater(struct pmd_pool *pool, struct pmd_inflater *z);
void pmd_pool_give_deflater(struct pmd_pool *pool, struct pmd_deflater *d);

#endif
