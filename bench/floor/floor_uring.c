#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/floor/floor.h"
#include "bench/load/ring.h"

enum { IOVECS_MAX = 16, NONE = -1 };

/* A descriptor, and the filled buffers that wait to be sent to it. */
struct end {
    _Alignas(64) int fd;
    int to;
    int head, tail; /* buffers to send, linked by next_buffer */
    unsigned gathered;
    size_t sent; /* of the head */
    bool is_receiving, is_sending, is_dirty, is_starved, is_over;
    struct iovec iovecs[IOVECS_MAX];
    struct msghdr message;
};

static struct end *ends[FLOOR_DESCRIPTORS_MAX];
static struct ring ring;
static int next_buffer[RING_BUFFERS_MAX];
static size_t buffer_len[RING_BUFFERS_MAX];
static struct end *dirty[FLOOR_DESCRIPTORS_MAX], *starved[FLOOR_DESCRIPTORS_MAX];
static unsigned dirty_count, starved_count;
static struct end acceptor; /* only its address counts */

static void receive(struct end *e)
{
    ring_receive(&ring, e->fd, e);
    e->is_receiving = true;
}

static struct end *begin(int fd, int to)
{
    if (ends[fd] == NULL) {
        ends[fd] = aligned_alloc(64, sizeof *ends[fd]);
    }
    if (ends[fd] == NULL) {
        floor_die("malloc", ENOMEM);
    }
    *ends[fd] = (struct end){.fd = fd, .to = to, .head = NONE};
    receive(ends[fd]);
    return ends[fd];
}

static void mark_dirty(struct end *e)
{
    if (!e->is_dirty) {
        e->is_dirty = true;
        dirty[dirty_count++] = e;
    }
}

static uint8_t *bytes_of(int buffer)
{
    return ring.memory + (size_t)buffer * ring.buffer_bytes;
}

static void drop_head(struct end *e)
{
    const int buffer = e->head;

    e->head = next_buffer[buffer];
    e->sent = 0;
    ring_give_buffer(&ring, (unsigned)buffer);
}

static bool is_busy(const struct end *e)
{
    return e->is_receiving || e->is_sending || e->is_dirty || e->is_starved;
}

/* Both ends of a pair are closed together, when the kernel holds nothing of either. */
static void settle(struct end *e)
{
    struct end *other = ends[e->to];

    if (!e->is_over || is_busy(e) || is_busy(other)) {
        return;
    }
    while (e->head != NONE) {
        drop_head(e);
    }
    while (other->head != NONE) {
        drop_head(other);
    }
    close(e->fd);
    if (other != e) {
        close(other->fd);
        other->is_over = false;
    }
    e->is_over = false;
}

static void hang_up(struct end *e)
{
    if (!e->is_over) {
        e->is_over = ends[e->to]->is_over = true;
        shutdown(e->fd, SHUT_RDWR);
        shutdown(e->to, SHUT_RDWR);
    }
}

static void send_queue(struct end *e)
{
    int buffer = e->head;

    e->is_dirty = false;
    if (e->is_sending || buffer == NONE || e->is_over) {
        settle(e);
        return;
    }
    for (e->gathered = 0; e->gathered < IOVECS_MAX && buffer != NONE; buffer = next_buffer[buffer]) {
        const size_t skip = e->gathered == 0 ? e->sent : 0;
        e->iovecs[e->gathered++] = (struct iovec){bytes_of(buffer) + skip, buffer_len[buffer] - skip};
    }
    e->message = (struct msghdr){.msg_iov = e->iovecs, .msg_iovlen = e->gathered};
    struct io_uring_sqe *sqe = ring_sqe(&ring);
    if (e->gathered == 1) {
        io_uring_prep_send(sqe, e->fd, e->iovecs[0].iov_base, e->iovecs[0].iov_len, MSG_NOSIGNAL | MSG_WAITALL);
    } else {
        io_uring_prep_sendmsg(sqe, e->fd, &e->message, MSG_NOSIGNAL | MSG_WAITALL);
    }
    ring_tag(sqe, e, RING_SEND);
    e->is_sending = true;
}

static void on_sent(struct end *e, int result)
{
    e->is_sending = false;
    if (result < 0) {
        hang_up(e);
    }
    for (size_t left = result > 0 ? (size_t)result : 0; left > 0;) {
        const size_t there = buffer_len[e->head] - e->sent;
        if (left < there) {
            e->sent += left;
            break;
        }
        left -= there;
        drop_head(e);
    }
    mark_dirty(e);
}

static void append(struct end *e, int buffer, size_t len)
{
    next_buffer[buffer] = NONE;
    buffer_len[buffer] = len;
    if (e->head == NONE) {
        e->head = buffer;
    } else {
        next_buffer[e->tail] = buffer;
    }
    e->tail = buffer;
    mark_dirty(e);
}

static void on_received(struct end *e, const struct io_uring_cqe *cqe)
{
    e->is_receiving = (cqe->flags & IORING_CQE_F_MORE) != 0;
    if (cqe->res > 0) {
        append(ends[e->to], (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT), (size_t)cqe->res);
    } else if (cqe->res != -ENOBUFS) {
        hang_up(e);
    }
    if (!e->is_receiving && !e->is_over) {
        e->is_starved = true;
        starved[starved_count++] = e;
    }
    settle(e);
}

static void arm_accept(const struct floor_setup *setup)
{
    struct io_uring_sqe *sqe = ring_sqe(&ring);

    io_uring_prep_multishot_accept(sqe, setup->listener, NULL, NULL, SOCK_CLOEXEC);
    ring_tag(sqe, &acceptor, RING_OTHER);
}

static void on_accepted(const struct floor_setup *setup, const struct io_uring_cqe *cqe)
{
    if ((cqe->flags & IORING_CQE_F_MORE) == 0) {
        arm_accept(setup);
    }
    if (cqe->res < 0 || cqe->res >= FLOOR_DESCRIPTORS_MAX) {
        return;
    }
    const int other = floor_partner(setup, cqe->res);
    if (other >= 0) {
        begin(cqe->res, other);
        if (other != cqe->res) {
            begin(other, cqe->res);
        }
    }
}

static void dispatch(const struct floor_setup *setup, const struct io_uring_cqe *cqe)
{
    switch (ring_op(cqe)) {
    case RING_RECV:
        on_received(ring_thing(cqe), cqe);
        return;
    case RING_SEND:
        on_sent(ring_thing(cqe), cqe->res);
        return;
    case RING_OTHER:
        on_accepted(setup, cqe);
        return;
    case RING_CONNECT:
    case RING_OPS:
        return;
    }
}

static void end_turn(void)
{
    for (unsigned i = 0; i < dirty_count; i++) {
        send_queue(dirty[i]);
    }
    dirty_count = 0;
    ring_lend(&ring);
    for (unsigned i = 0; i < starved_count; i++) {
        starved[i]->is_starved = false;
        if (starved[i]->is_over) {
            settle(starved[i]);
        } else {
            receive(starved[i]);
        }
    }
    starved_count = 0;
}

void floor_uring(const struct floor_setup *setup)
{
    int rc = ring_open(&ring, 1);

    if (rc < 0) {
        floor_die("io_uring", -rc);
    }
    arm_accept(setup);
    for (;;) {
        struct io_uring_cqe *cqes[RING_BATCH_MAX];
        rc = ring_wait(&ring, 1000000000);
        if (rc < 0) {
            floor_die("io_uring_enter", -rc);
        }
        const unsigned count = io_uring_peek_batch_cqe(&ring.uring, cqes, RING_BATCH_MAX);
        for (unsigned i = 0; i < count; i++) {
            dispatch(setup, cqes[i]);
        }
        io_uring_cq_advance(&ring.uring, count);
        end_turn();
    }
}
