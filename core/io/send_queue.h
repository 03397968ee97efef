/*
 * send_queue - what is still to be sent to one peer, in order: references to leased buffers, and chunks of copied
 * bytes.
 *
 * Queues of a shard draw on one send_pool. A reference to bytes that follow the last ones in the same buffer extends
 * the last node, so a run of relayed frames is one iovec; copied bytes fill the last chunk up before another is taken.
 *
 * Thread: one. Memory: nodes and chunks of the pool; a reference holds its buffer. Errors: -ENOMEM when the pool is
 * exhausted (then nothing was queued). Limits: the pool; how much one peer may queue is the caller's to bound.
 */
#ifndef CORE_IO_SEND_QUEUE_H
#define CORE_IO_SEND_QUEUE_H

#include <sys/uio.h>

#include "core/io/send_pool.h"

struct send_queue {
    struct send_node *head, *tail;
    size_t bytes;        /* all of it */
    uint32_t references; /* nodes that hold a leased buffer */
};

/* Queues a copy of the bytes. 0 or -ENOMEM. */
MUST_USE int send_queue_push_copy(struct send_queue *q, struct send_pool *p, struct slice bytes);

/* Queues bytes that lie in a leased buffer, which is held once more. 0 or -ENOMEM. */
MUST_USE int send_queue_push_reference(struct send_queue *q, struct send_pool *p, struct slice bytes, uint16_t buffer);

/* Describes the front of the queue in at most max iovecs; *bytes is their sum. Returns how many. */
unsigned send_queue_gather(const struct send_queue *q, struct iovec *out, unsigned max, size_t *bytes);

/* The first bytes of the queue were sent. */
void send_queue_advance(struct send_queue *q, struct send_pool *p, size_t bytes);

/* Copies all that is referred to into chunks and gives the buffers back. 0, or -ENOMEM: then nothing changed. */
MUST_USE int send_queue_detach(struct send_queue *q, struct send_pool *p);

/* Empties the queue. */
void send_queue_clear(struct send_queue *q, struct send_pool *p);

static inline bool send_queue_is_empty(const struct send_queue *q)
{
    return q->bytes == 0;
}

#endif
