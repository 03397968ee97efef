#include "core/io/buf_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/io/uring_compat.h"

enum { SHRINK_TURNS = 256 };

static uint8_t *buffer_at(const struct buf_ring *b, uint16_t buffer)
{
    return b->base + (size_t)buffer * BUF_RING_BUFFER_BYTES;
}

static void *map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static size_t ring_bytes(void)
{
    return BUF_RING_LENT_MAX * sizeof(struct io_uring_buf);
}

static void unmap_all(struct buf_ring *b)
{
    if (b->base != NULL) {
        munmap(b->base, (size_t)b->count * BUF_RING_BUFFER_BYTES);
    }
    if (b->ring != NULL) {
        munmap(b->ring, ring_bytes());
    }
    free(b->references);
    free(b->free);
    *b = (struct buf_ring){0};
}

int buf_ring_open(struct buf_ring *b, struct io_uring *ring, uint32_t count)
{
    ASSERT(count > 0 && count < BUF_RING_NONE);
    *b = (struct buf_ring){.count = count, .lend_max = BUF_RING_LENT_MIN};
    b->ring = map(ring_bytes());
    b->base = map((size_t)count * BUF_RING_BUFFER_BYTES);
    b->references = calloc(count, sizeof *b->references);
    b->free = calloc(count, sizeof *b->free);
    if (b->ring == NULL || b->base == NULL || b->references == NULL || b->free == NULL) {
        unmap_all(b);
        return -ENOMEM;
    }

    struct io_uring_buf_reg reg = {
        .ring_addr = (uintptr_t)b->ring, .ring_entries = BUF_RING_LENT_MAX, .bgid = BUF_RING_GROUP};
    const int error = io_uring_register_buf_ring(ring, &reg, 0);
    if (error != 0) {
        unmap_all(b);
        return error;
    }
    io_uring_buf_ring_init(b->ring);
    while (b->free_count < count) {
        b->free[b->free_count] = (uint16_t)(count - 1 - b->free_count);
        b->free_count++;
    }
    return 0;
}

void buf_ring_close(struct buf_ring *b, struct io_uring *ring)
{
    if (b->ring == NULL) {
        return;
    }
    ASSERT(buf_ring_is_whole(b));
    io_uring_unregister_buf_ring(ring, BUF_RING_GROUP);
    unmap_all(b);
}

void buf_ring_grow(struct buf_ring *b)
{
    b->lend_max = b->lend_max < BUF_RING_LENT_MAX ? 2 * b->lend_max : BUF_RING_LENT_MAX;
    b->used_max = b->turn_count = 0;
}

/* Half as many are lent where in so many turns no more than a quarter was used. */
static void shrink(struct buf_ring *b)
{
    const uint32_t used = b->lent_count < b->lend_max ? b->lend_max - b->lent_count : 0;

    b->used_max = used > b->used_max ? used : b->used_max;
    if (++b->turn_count < SHRINK_TURNS) {
        return;
    }
    if (b->lend_max > BUF_RING_LENT_MIN && b->used_max <= b->lend_max / 4) {
        b->lend_max /= 2;
    }
    b->used_max = b->turn_count = 0;
}

void buf_ring_lend(struct buf_ring *b)
{
    int lent = 0;
    shrink(b);
    while (b->lent_count < b->lend_max && b->free_count > 0) {
        const uint16_t buffer = b->free[--b->free_count];
        io_uring_buf_ring_add(b->ring, buffer_at(b, buffer), BUF_RING_BUFFER_BYTES - BUF_RING_SLACK_BYTES, buffer,
                              BUF_RING_LENT_MAX - 1, lent++);
        b->lent_count++;
    }
    if (lent > 0) {
        io_uring_buf_ring_advance(b->ring, lent);
    }
}

struct lease buf_ring_filled(struct buf_ring *b, uint16_t buffer, uint32_t bytes)
{
    ASSERT(buffer < b->count && b->references[buffer] == 0 && b->lent_count > 0);
    ASSERT(bytes <= BUF_RING_BUFFER_BYTES - BUF_RING_SLACK_BYTES);
    b->references[buffer] = 1;
    b->lent_count--;
    return (struct lease){{buffer_at(b, buffer), bytes}, buffer};
}

void buf_ring_hold(struct buf_ring *b, uint16_t buffer)
{
    ASSERT(buffer < b->count && b->references[buffer] > 0 && b->references[buffer] < UINT16_MAX);
    b->references[buffer]++;
}

void buf_ring_release(struct buf_ring *b, uint16_t buffer)
{
    ASSERT(buffer < b->count && b->references[buffer] > 0);
    if (--b->references[buffer] == 0) {
        b->free[b->free_count++] = buffer;
    }
}
