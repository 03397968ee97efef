/*
 * buf_ring - receive buffers lent to the kernel, and the leases on those that it has filled.
 *
 * The kernel takes buffers from a ring in order; a completion names the one that it filled. That buffer is then leased:
 * counted by buf_ring_hold() and buf_ring_release(), free again at zero. Few buffers are lent to the kernel at a time,
 * more where several receives find none, and those given back last are lent next: the working set stays as small (and
 * as warm in the cache) as the load allows, and one connection cannot bring more in a turn than is lent.
 *
 * Each buffer has BUF_RING_SLACK_BYTES behind the bytes that the kernel may fill: kernels of simd.h may read there.
 *
 * Thread: one. Memory: one mapping, pages touched as used. Errors: -errno at start. Limits: count.
 */
#ifndef CORE_IO_BUF_RING_H
#define CORE_IO_BUF_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attrs.h"
#include "core/base/slice.h"

struct io_uring;
struct io_uring_buf_ring;

enum {
    BUF_RING_GROUP = 0,
    BUF_RING_BUFFER_BYTES = 32768, /* slack included */
    BUF_RING_SLACK_BYTES = 128,
    BUF_RING_LENT_MIN = 16,
    BUF_RING_LENT_MAX = 256, /* a power of two */
    BUF_RING_NONE = 0xffff,  /* names no buffer */
};

/* Bytes that the kernel filled, and the buffer they lie in: one reference to it. */
struct lease {
    struct span bytes;
    uint16_t buffer;
};

struct buf_ring {
    struct io_uring_buf_ring *ring;
    uint8_t *base;
    uint16_t *references; /* a buffer's leases; 0 when it is lent or free */
    uint16_t *free;       /* a stack: the last given back is lent first */
    uint32_t count;
    uint32_t free_count;
    uint32_t lent_count;
    uint32_t lend_max;   /* how many are lent at a time: LENT_MIN to LENT_MAX */
    uint32_t used_max;   /* of those in one turn, lately */
    uint32_t turn_count; /* that used_max is of */
};

/* Reserves count buffers (below BUF_RING_NONE) and registers the ring, still empty. 0 or -errno. */
MUST_USE int buf_ring_open(struct buf_ring *b, struct io_uring *ring, uint32_t count);
void buf_ring_close(struct buf_ring *b, struct io_uring *ring);

/* Lends free buffers up to lend_max, which shrinks when few of them have been used for long: once a turn. */
void buf_ring_lend(struct buf_ring *b);

/* Several receives found no buffer: twice as many are lent from now on. */
void buf_ring_grow(struct buf_ring *b);

/* The lease on a buffer that a completion named, with as many bytes as it brought. */
struct lease buf_ring_filled(struct buf_ring *b, uint16_t buffer, uint32_t bytes);

void buf_ring_hold(struct buf_ring *b, uint16_t buffer);
void buf_ring_release(struct buf_ring *b, uint16_t buffer);

/* Whether the kernel has buffers to receive into. */
static inline bool buf_ring_has_lent(const struct buf_ring *b)
{
    return b->lent_count > 0;
}

/* Whether every buffer is back: none leased. */
static inline bool buf_ring_is_whole(const struct buf_ring *b)
{
    return b->free_count + b->lent_count == b->count;
}

#endif
