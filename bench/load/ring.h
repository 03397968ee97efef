/*
 * ring - the load's io_uring: submissions, completions, and receive buffers that are given back as soon as they were
 * looked at.
 *
 * Thread: the one that opened it. Memory: mappings made at start. Errors: -errno. Limits: RING_BUFFERS_MAX.
 */
#ifndef BENCH_LOAD_RING_H
#define BENCH_LOAD_RING_H

#include <liburing.h>

#include "core/base/attrs.h"
#include "core/base/slice.h"

enum { RING_BUFFERS_MAX = 256, RING_BATCH_MAX = 1024 };

/* What a completion is about; the low bits of its user data. RING_OTHER: a send of something else. */
enum ring_op { RING_CONNECT, RING_RECV, RING_SEND, RING_OTHER, RING_OPS };

struct ring {
    struct io_uring uring;
    struct io_uring_buf_ring *buffers;
    uint8_t *memory;
    uint32_t buffer_bytes, buffer_count; /* powers of two */
    uint32_t given_back;                 /* and not yet told to the kernel */
};

/* message_bytes: what arrives together. Short messages get many small buffers, long ones few that stay warm. */
MUST_USE int ring_open(struct ring *r, size_t message_bytes);
void ring_close(struct ring *r);

/* A free entry, to be prepared and then tagged. */
struct io_uring_sqe *ring_sqe(struct ring *r);
/* What its completion will be about; thing is aligned to RING_OPS. */
void ring_tag(struct io_uring_sqe *sqe, void *thing, enum ring_op op);

/* Arms a receive of a descriptor that goes on until a completion without IORING_CQE_F_MORE. */
void ring_receive(struct ring *r, int fd, void *thing);

/* Submits all, and waits for a completion, at most timeout_ns. 0 or -errno. */
MUST_USE int ring_wait(struct ring *r, uint64_t timeout_ns);

/* What a completion brought: the bytes, which are to be given back. */
struct slice ring_received(const struct ring *r, const struct io_uring_cqe *cqe);
void ring_give_back(struct ring *r, const struct io_uring_cqe *cqe);
/* The same for a buffer whose completion is gone. */
void ring_give_buffer(struct ring *r, unsigned buffer);
/* Lets the kernel have what was given back: once a batch. */
void ring_lend(struct ring *r);

static inline void *ring_thing(const struct io_uring_cqe *cqe)
{
    return (void *)(uintptr_t)(cqe->user_data & ~(uint64_t)(RING_OPS - 1)); /* NOLINT: made by ring_sqe() */
}

static inline enum ring_op ring_op(const struct io_uring_cqe *cqe)
{
    return (enum ring_op)(cqe->user_data & (RING_OPS - 1));
}

#endif
