#include "bench/load/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { SQ_ENTRIES = 4096, CQ_ENTRIES = 32768, SHORT_BYTES = 8 * 1024, SHORT_BUFFER = 16384, LONG_BUFFER = 128 * 1024 };

void ring_give_buffer(struct ring *r, unsigned buffer)
{
    io_uring_buf_ring_add(r->buffers, r->memory + (size_t)buffer * r->buffer_bytes, r->buffer_bytes,
                          (unsigned short)buffer, io_uring_buf_ring_mask(r->buffer_count), (int)r->given_back++);
}

static int register_buffers(struct ring *r)
{
    struct io_uring_buf_reg reg = {
        .ring_addr = (uint64_t)(uintptr_t)r->buffers, .ring_entries = r->buffer_count, .bgid = 0};
    const int rc = io_uring_register_buf_ring(&r->uring, &reg, 0);

    if (rc < 0) {
        return rc;
    }
    io_uring_buf_ring_init(r->buffers);
    for (unsigned i = 0; i < r->buffer_count; i++) {
        ring_give_buffer(r, i);
    }
    ring_lend(r);
    return 0;
}

int ring_open(struct ring *r, size_t message_bytes)
{
    struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                              IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
                                     .cq_entries = CQ_ENTRIES};
    const int rc = io_uring_queue_init_params(SQ_ENTRIES, &r->uring, &params);

    if (rc < 0) {
        return rc;
    }
    r->given_back = 0;
    r->buffer_count = message_bytes <= SHORT_BYTES ? RING_BUFFERS_MAX : RING_BUFFERS_MAX / 16;
    r->buffer_bytes = message_bytes <= SHORT_BYTES ? SHORT_BUFFER : LONG_BUFFER;
    r->buffers = mmap(NULL, r->buffer_count * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    r->memory = mmap(NULL, (size_t)r->buffer_count * r->buffer_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (r->buffers == MAP_FAILED || r->memory == MAP_FAILED) {
        return -ENOMEM;
    }
    (void)io_uring_register_ring_fd(&r->uring);
    return register_buffers(r);
}

void ring_close(struct ring *r)
{
    io_uring_queue_exit(&r->uring);
    munmap(r->buffers, r->buffer_count * sizeof(struct io_uring_buf));
    munmap(r->memory, (size_t)r->buffer_count * r->buffer_bytes);
}

struct io_uring_sqe *ring_sqe(struct ring *r)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&r->uring);

    if (sqe == NULL) {
        io_uring_submit(&r->uring);
        sqe = io_uring_get_sqe(&r->uring);
    }
    ASSERT(sqe != NULL);
    return sqe;
}

void ring_tag(struct io_uring_sqe *sqe, void *thing, enum ring_op op)
{
    sqe->user_data = (uint64_t)(uintptr_t)thing | op;
}

void ring_receive(struct ring *r, int fd, void *thing)
{
    struct io_uring_sqe *sqe = ring_sqe(r);

    io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = 0;
    ring_tag(sqe, thing, RING_RECV);
}

int ring_wait(struct ring *r, uint64_t timeout_ns)
{
    struct __kernel_timespec timeout = {.tv_sec = (int64_t)(timeout_ns / 1000000000),
                                        .tv_nsec = (int64_t)(timeout_ns % 1000000000)};
    struct io_uring_cqe *cqe = NULL;
    const int rc = io_uring_submit_and_wait_timeout(&r->uring, &cqe, 1, &timeout, NULL);

    return rc >= 0 || rc == -ETIME || rc == -EINTR || rc == -EBUSY || rc == -EAGAIN ? 0 : rc;
}

struct slice ring_received(const struct ring *r, const struct io_uring_cqe *cqe)
{
    const unsigned buffer = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
    return (struct slice){r->memory + (size_t)buffer * r->buffer_bytes, cqe->res > 0 ? (size_t)cqe->res : 0};
}

void ring_give_back(struct ring *r, const struct io_uring_cqe *cqe)
{
    if ((cqe->flags & IORING_CQE_F_BUFFER) != 0) {
        ring_give_buffer(r, cqe->flags >> IORING_CQE_BUFFER_SHIFT);
    }
}

void ring_lend(struct ring *r)
{
    io_uring_buf_ring_advance(r->buffers, (int)r->given_back);
    r->given_back = 0;
}
