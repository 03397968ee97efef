/*
 * inbox - the bytes of a peer that cannot be used yet: a head that is not whole, and what came early behind it.
 *
 * A peer has one while its handshake lasts; an open connection has none.
 * Thread: the shard's. Memory: an item of the shard's slab of inboxes. Errors: none. Limits: INBOX_EARLY_BYTES_MAX
 * behind the longest head.
 */
#ifndef GATEWAY_CONN_INBOX_H
#define GATEWAY_CONN_INBOX_H

#include "core/base/slab.h"
#include "core/base/slice.h"
#include "core/io/buf_ring.h"
#include "core/proto/http1_head.h"

/* A receive brings one buffer at most; one may stand behind a head, and one more come while the other side is awaited.
 */
enum { INBOX_EARLY_BYTES_MAX = 2 * BUF_RING_BUFFER_BYTES };

struct inbox {
    struct slab_item item;
    uint32_t len;
    uint32_t head_bytes; /* of the whole head at the front; 0 while it is not whole */
    size_t scanned;
    uint8_t bytes[];
};

/* The slab of inboxes for heads of up to head_bytes_max. 0 or -ENOMEM. */
MUST_USE int inbox_slab_init(struct slab *slab, uint32_t head_bytes_max, uint32_t count);

/* An empty inbox, or NULL when there is none left. */
struct inbox *inbox_take(struct slab *slab);

/* Bytes that still fit. */
size_t inbox_room(const struct inbox *in, const struct slab *slab);

/* Appends bytes; they must fit (inbox_room). */
void inbox_append(struct inbox *in, const struct slab *slab, struct slice bytes);

/* Looks whether the head is whole. HTTP1_OK: inbox_head() has it. HTTP1_NEED_MORE, or the fault. */
MUST_USE enum http1_status inbox_scan(struct inbox *in, uint32_t head_bytes_max);

static inline struct slice inbox_head(const struct inbox *in)
{
    return (struct slice){in->bytes, in->head_bytes};
}

/* What came behind the head. */
static inline struct span inbox_rest(struct inbox *in)
{
    return (struct span){in->bytes + in->head_bytes, in->len - in->head_bytes};
}

/* Drops the head: what came behind it is now the front (interim responses, RFC 9110 section 15.2). */
void inbox_drop_head(struct inbox *in);

#endif
