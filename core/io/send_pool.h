/*
 * send_pool - what the send queues of a shard are made of: nodes, and chunks for copied bytes.
 *
 * Thread: one. Memory: two slabs. Errors: -ENOMEM at start. Limits: as many nodes and chunks as were reserved.
 */
#ifndef CORE_IO_SEND_POOL_H
#define CORE_IO_SEND_POOL_H

#include "core/base/slab.h"
#include "core/io/buf_ring.h"

enum { SEND_POOL_CHUNK_BYTES = 4096 - sizeof(struct slab_item) };

struct send_chunk {
    struct slab_item item;
    uint8_t bytes[SEND_POOL_CHUNK_BYTES];
};

struct send_node {
    struct slab_item item;
    struct send_node *next;
    const uint8_t *ptr;
    struct send_chunk *chunk; /* the bytes lie in it; NULL: in a leased buffer */
    uint32_t len;
    uint16_t buffer; /* held, when chunk is NULL */
};

struct send_pool {
    struct slab nodes;
    struct slab chunks;
    struct buf_ring *bufs;
};

/* Room for nodes and chunks. 0 or -ENOMEM. */
MUST_USE int send_pool_init(struct send_pool *p, struct buf_ring *bufs, uint32_t nodes, uint32_t chunks);
void send_pool_deinit(struct send_pool *p);

#endif
