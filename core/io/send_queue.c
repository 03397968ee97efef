#include "core/io/send_queue.h"

#include <errno.h>

static void append(struct send_queue *q, struct send_node *node)
{
    node->next = NULL;
    if (q->tail != NULL) {
        q->tail->next = node;
    } else {
        q->head = node;
    }
    q->tail = node;
}

static void free_node(struct send_queue *q, struct send_pool *p, struct send_node *node)
{
    if (node->chunk != NULL) {
        slab_give(&p->chunks, node->chunk);
    } else {
        buf_ring_release(p->bufs, node->buffer);
        q->references--;
    }
    slab_give(&p->nodes, node);
}

/* How many bytes the last chunk still has room for. */
static size_t tail_room(const struct send_queue *q)
{
    if (q->tail == NULL || q->tail->chunk == NULL) {
        return 0;
    }
    return (size_t)(q->tail->chunk->bytes + SEND_POOL_CHUNK_BYTES - (q->tail->ptr + q->tail->len));
}

static void append_chunk(struct send_queue *q, struct send_pool *p)
{
    struct send_node *node = slab_take(&p->nodes);
    ASSERT(node != NULL);
    node->chunk = slab_take(&p->chunks);
    ASSERT(node->chunk != NULL);
    node->ptr = node->chunk->bytes;
    node->len = 0;
    append(q, node);
}

/* Whether bytes more can be copied: room for all is made sure of before any is. */
static bool has_room(const struct send_queue *q, const struct send_pool *p, size_t bytes)
{
    const size_t room = tail_room(q);
    const size_t chunks = bytes <= room ? 0 : (bytes - room + SEND_POOL_CHUNK_BYTES - 1) / SEND_POOL_CHUNK_BYTES;
    return chunks <= slab_available(&p->nodes) && chunks <= slab_available(&p->chunks);
}

int send_queue_push_copy(struct send_queue *q, struct send_pool *p, struct slice bytes)
{
    if (!has_room(q, p, bytes.len)) {
        return -ENOMEM;
    }
    q->bytes += bytes.len;
    while (bytes.len > 0) {
        if (tail_room(q) == 0) {
            append_chunk(q, p);
        }
        struct send_node *tail = q->tail;
        ASSERT(tail != NULL && tail->chunk != NULL);
        const size_t room = tail_room(q);
        const size_t take = bytes.len < room ? bytes.len : room;
        memcpy(tail->chunk->bytes + (tail->ptr - tail->chunk->bytes) + tail->len, bytes.ptr, take);
        tail->len += (uint32_t)take;
        bytes = slice_skip(bytes, take);
    }
    return 0;
}

static bool extends_tail(const struct send_queue *q, struct slice bytes, uint16_t buffer)
{
    const struct send_node *tail = q->tail;
    return tail != NULL && tail->chunk == NULL && tail->buffer == buffer && tail->ptr + tail->len == bytes.ptr;
}

int send_queue_push_reference(struct send_queue *q, struct send_pool *p, struct slice bytes, uint16_t buffer)
{
    if (bytes.len == 0) {
        return 0;
    }
    if (extends_tail(q, bytes, buffer)) {
        q->tail->len += (uint32_t)bytes.len;
        q->bytes += bytes.len;
        return 0;
    }
    struct send_node *node = slab_take(&p->nodes);
    if (node == NULL) {
        return -ENOMEM;
    }
    buf_ring_hold(p->bufs, buffer);
    node->ptr = bytes.ptr;
    node->len = (uint32_t)bytes.len;
    node->chunk = NULL;
    node->buffer = buffer;
    append(q, node);
    q->references++;
    q->bytes += bytes.len;
    return 0;
}

unsigned send_queue_gather(const struct send_queue *q, struct iovec *out, unsigned max, size_t *bytes)
{
    unsigned count = 0;

    *bytes = 0;
    for (const struct send_node *node = q->head; node != NULL && count < max; node = node->next) {
        out[count++] = (struct iovec){.iov_base = (void *)(uintptr_t)node->ptr, .iov_len = node->len};
        *bytes += node->len;
    }
    return count;
}

void send_queue_advance(struct send_queue *q, struct send_pool *p, size_t bytes)
{
    ASSERT(bytes <= q->bytes);
    q->bytes -= bytes;
    while (bytes > 0) {
        struct send_node *node = q->head;
        ASSERT(node != NULL);
        if (bytes < node->len) {
            node->ptr += bytes;
            node->len -= (uint32_t)bytes;
            return;
        }
        bytes -= node->len;
        q->head = node->next;
        if (q->head == NULL) {
            q->tail = NULL;
        }
        free_node(q, p, node);
    }
}

/* The queue is built anew: its nodes in order, each reference copied behind what stands there already. Room for every
 * referred byte is made sure of first; nodes freed on the way only add to it. */
int send_queue_detach(struct send_queue *q, struct send_pool *p)
{
    struct send_queue fresh = {0};
    size_t chunks = 0;

    if (q->references == 0) {
        return 0;
    }
    for (const struct send_node *node = q->head; node != NULL; node = node->next) {
        chunks += node->chunk == NULL ? node->len / SEND_POOL_CHUNK_BYTES + 1 : 0;
    }
    if (chunks > slab_available(&p->nodes) || chunks > slab_available(&p->chunks)) {
        return -ENOMEM;
    }
    for (struct send_node *node = q->head, *next; node != NULL; node = next) {
        next = node->next;
        if (node->chunk != NULL) {
            append(&fresh, node);
            fresh.bytes += node->len;
            continue;
        }
        const int error = send_queue_push_copy(&fresh, p, (struct slice){node->ptr, node->len});
        ASSERT(error == 0);
        free_node(q, p, node);
    }
    *q = fresh;
    return 0;
}

void send_queue_clear(struct send_queue *q, struct send_pool *p)
{
    for (struct send_node *node = q->head, *next; node != NULL; node = next) {
        next = node->next;
        free_node(q, p, node);
    }
    *q = (struct send_queue){0};
}
