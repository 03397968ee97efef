/*
 * slab - a pool of items of one size: address space reserved at start, pages touched as they are used.
 *
 * Every item begins with struct slab_item, the slab's own; its generation grows each time the item is given back, so
 * that slot and generation together name a tenant across turns. The item given back last is taken first.
 *
 * Thread: one. Memory: one mapping. Errors: -ENOMEM at start; NULL when exhausted. Limits: capacity.
 */
#ifndef CORE_BASE_SLAB_H
#define CORE_BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attrs.h"

struct slab_item {
    uint32_t next_free; /* slot + 1; of a free item */
    uint32_t generation;
};

struct slab {
    uint8_t *base;
    size_t item_bytes;
    uint32_t capacity;
    uint32_t fresh; /* slots from here on were never used */
    uint32_t used;
    uint32_t free_head; /* slot + 1; 0: none */
};

/* Reserves room for capacity items (at least 1) of item_bytes, struct slab_item included. 0 or -ENOMEM. */
MUST_USE int slab_init(struct slab *s, size_t item_bytes, uint32_t capacity);
/* Frees the mapping. Every item must have been given back (asserted): call slab_is_whole() first to know. */
void slab_deinit(struct slab *s);

/* An item, its contents but the generation undefined; NULL when all are taken. */
void *slab_take(struct slab *s);
void slab_give(struct slab *s, void *item);

static inline bool slab_is_whole(const struct slab *s)
{
    return s->used == 0;
}

/* How many more items can be taken. */
static inline uint32_t slab_available(const struct slab *s)
{
    return s->capacity - s->used;
}

/* The item of a slot below s->fresh, taken or not. */
static inline void *slab_at(const struct slab *s, uint32_t slot)
{
    return s->base + (size_t)slot * s->item_bytes;
}

static inline uint32_t slab_slot(const struct slab *s, const void *item)
{
    return (uint32_t)((size_t)((const uint8_t *)item - s->base) / s->item_bytes);
}

#endif
