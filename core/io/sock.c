#include "core/io/sock.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "core/io/uring_compat.h"

static uint64_t tag(const struct sock *s, enum io_op op)
{
    return io_tag_pack(
        (struct io_tag){.slot = slab_slot(&s->io->socks, s), .generation = s->item.generation, .op = op});
}

/* An entry for an operation of the sock, counted until its completion. */
static struct io_uring_sqe *begin(struct sock *s)
{
    ASSERT(s->pending < UINT8_MAX);
    s->pending++;
    return io_sqe(s->io);
}

static struct sock *take(struct io *io, int fd, const struct sock_events *events, void *owner)
{
    struct sock *s = slab_take(&io->socks);
    if (s == NULL) {
        return NULL;
    }
    *s = (struct sock){.item = s->item, .io = io, .events = events, .owner = owner, .fd = fd};
    list_init(&s->dirty_link);
    list_init(&s->starved_link);
    return s;
}

struct sock *sock_accept(struct io *io, int fd, const struct sock_events *events, void *owner)
{
    return take(io, fd, events, owner);
}

struct sock *sock_connect(struct io *io, const struct addr *addr, const struct sock_events *events, void *owner,
                          int *error)
{
    const int one = 1;
    const int fd = socket(addr->sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        *error = -errno;
        return NULL;
    }
    struct sock *s = take(io, fd, events, owner);
    if (s == NULL) {
        close(fd);
        *error = -EMFILE;
        return NULL;
    }
    if (!addr_is_unix(addr)) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    }
    struct io_uring_sqe *sqe = begin(s);
    io_uring_prep_connect(sqe, fd, &addr->sa.any, addr->len);
    io_uring_sqe_set_data64(sqe, tag(s, IO_OP_CONNECT));
    s->is_connecting = true;
    return s;
}

/* ---- receiving ---- */

static void arm_recv(struct sock *s)
{
    struct io_uring_sqe *sqe = begin(s);

    io_uring_prep_recv(sqe, s->fd, NULL, 0, 0);
    if (s->reading == SOCK_READING_MULTISHOT && s->io->feature.recv_multishot) {
        sqe->ioprio |= IORING_RECV_MULTISHOT;
    }
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = BUF_RING_GROUP;
    io_uring_sqe_set_data64(sqe, tag(s, IO_OP_RECV));
    s->recv_armed = true;
}

static void cancel(struct sock *s, enum io_op op)
{
    struct io_uring_sqe *sqe = begin(s);

    io_uring_prep_cancel64(sqe, tag(s, op), 0);
    io_uring_sqe_set_data64(sqe, tag(s, IO_OP_CANCEL));
}

/* Brings what the kernel does in line with what is wanted. */
static void settle_recv(struct sock *s)
{
    if (s->is_closing || list_is_linked(&s->starved_link)) {
        return;
    }
    if (s->reading != SOCK_READING_OFF && !s->recv_armed) {
        arm_recv(s);
    } else if (s->reading == SOCK_READING_OFF && s->recv_armed && !s->recv_cancelled) {
        cancel(s, IO_OP_RECV);
        s->recv_cancelled = true;
    }
}

void sock_read(struct sock *s, enum sock_reading reading)
{
    s->reading = (uint8_t)reading;
    if (reading == SOCK_READING_OFF) {
        list_remove(&s->starved_link);
    }
    settle_recv(s);
}

/* No more than there are buffers: a receive that finds none only ends up at the back of the line again. */
void sock_feed_starved(struct io *io)
{
    for (uint32_t left = io->bufs.lent_count; left > 0; left--) {
        struct list *node = list_pop_front(&io->starved);
        if (node == NULL) {
            return;
        }
        settle_recv(CONTAINER_OF(node, struct sock, starved_link));
    }
}

/* ---- closing ---- */

static void join(struct sock *s)
{
    if (s->pending > 0 || s->is_close_submitted) {
        return;
    }
    send_queue_clear(&s->out, &s->io->pool);
    s->is_close_submitted = true;
    struct io_uring_sqe *sqe = begin(s);
    io_uring_prep_close(sqe, s->fd);
    io_uring_sqe_set_data64(sqe, tag(s, IO_OP_CLOSE));
}

/* Each by its own name: a cancel by descriptor would look at every operation of the ring. */
static void cancel_all(struct sock *s)
{
    if (s->recv_armed && !s->recv_cancelled) {
        cancel(s, IO_OP_RECV);
    }
    if (s->send_armed) {
        cancel(s, IO_OP_SEND);
    }
    if (s->is_connecting) {
        cancel(s, IO_OP_CONNECT);
    }
}

void sock_close(struct sock *s)
{
    if (s->is_closing) {
        return;
    }
    s->is_closing = true;
    s->reading = SOCK_READING_OFF;
    list_remove(&s->starved_link);
    list_remove(&s->dirty_link);
    shutdown(s->fd, s->is_reset_on_close ? SHUT_RD : SHUT_RDWR);
    cancel_all(s);
    join(s);
}

void sock_shutdown_write(struct sock *s)
{
    ASSERT(sock_is_flushed(s));
    shutdown(s->fd, SHUT_WR);
}

void sock_reset_on_close(struct sock *s)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    s->is_reset_on_close = true; /* a FIN must not go first */
}

/* A completion of an operation that will bring no other: whether the sock is closing, and was moved on. */
static bool end(struct sock *s)
{
    ASSERT(s->pending > 0);
    s->pending--;
    if (s->is_closing) {
        join(s);
    }
    return s->is_closing;
}

void sock_on_close(struct io *io, struct sock *s, const struct io_uring_cqe *cqe)
{
    /* Whatever close(2) says, the descriptor is gone (close(2), NOTES). */
    (void)cqe;
    s->pending--;
    ASSERT(s->pending == 0 && send_queue_is_empty(&s->out));
    s->events->closed(s);
    slab_give(&io->socks, s);
}

void sock_on_cancel(struct io *io, struct sock *s, const struct io_uring_cqe *cqe)
{
    (void)io;
    (void)cqe;
    (void)end(s);
}

void sock_on_connect(struct io *io, struct sock *s, const struct io_uring_cqe *cqe)
{
    (void)io;
    s->is_connecting = false;
    if (!end(s)) {
        s->events->connected(s, cqe->res);
    }
}

/* ---- completions of receives ---- */

static void hand_over(struct sock *s, const struct io_uring_cqe *cqe)
{
    const uint16_t buffer = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
    const uint32_t bytes = cqe->res > 0 ? (uint32_t)cqe->res : 0;
    const struct lease lease = buf_ring_filled(&s->io->bufs, buffer, bytes);

    if (s->is_closing || bytes == 0) {
        buf_ring_release(&s->io->bufs, buffer);
        return;
    }
    if (s->reading == SOCK_READING_ONCE) {
        s->reading = SOCK_READING_OFF;
    }
    s->events->received(s, lease);
}

/* The receive is over. Out of buffers, cancelled, or ended with data: it goes on as far as it is wanted. */
static void recv_over(struct sock *s, int result)
{
    if (result > 0 || result == -ECANCELED || result == -EINTR || result == -EAGAIN) {
        settle_recv(s);
    } else if (result == -ENOBUFS) {
        if (s->reading != SOCK_READING_OFF) {
            list_push_back(&s->io->starved, &s->starved_link);
        }
    } else {
        s->reading = SOCK_READING_OFF;
        s->events->ended(s, result);
    }
}

void sock_on_recv(struct io *io, struct sock *s, const struct io_uring_cqe *cqe)
{
    (void)io;
    const bool over = (cqe->flags & IORING_CQE_F_MORE) == 0;

    if (over) {
        s->recv_armed = s->recv_cancelled = false;
    }
    if (cqe->flags & IORING_CQE_F_BUFFER) {
        hand_over(s, cqe);
    }
    if (over && !end(s)) {
        recv_over(s, cqe->res);
    }
}

/* ---- sending ---- */

static bool is_mute(const struct sock *s)
{
    return s->is_closing || s->is_broken;
}

static void mark_dirty(struct sock *s)
{
    if (!list_is_linked(&s->dirty_link)) {
        list_push_back(&s->io->dirty, &s->dirty_link);
    }
}

int sock_send_copy(struct sock *s, struct slice bytes)
{
    if (is_mute(s)) {
        return 0;
    }
    mark_dirty(s);
    return send_queue_push_copy(&s->out, &s->io->pool, bytes);
}

int sock_send_reference(struct sock *s, struct slice bytes, uint16_t buffer)
{
    if (s->is_congested || s->send_armed) {
        return sock_send_copy(s, bytes);
    }
    if (is_mute(s)) {
        return 0;
    }
    mark_dirty(s);
    return send_queue_push_reference(&s->out, &s->io->pool, bytes, buffer);
}

/* A send that refers to leased buffers comes back at once with what it could not place (MSG_DONTWAIT); one from chunks
 * waits in the kernel until there is room. */
static void arm_send(struct sock *s)
{
    const int flags = MSG_NOSIGNAL | (s->out.references > 0 && !s->is_congested ? MSG_DONTWAIT : 0);
    struct msghdr *msg = io_message(s->io);
    const unsigned count = send_queue_gather(&s->out, msg->msg_iov, IO_IOVECS_MAX, &s->sending_bytes);
    struct io_uring_sqe *sqe = begin(s);

    if (count == 1) {
        io_uring_prep_send(sqe, s->fd, msg->msg_iov->iov_base, msg->msg_iov->iov_len, flags);
    } else {
        io_uring_prep_sendmsg(sqe, s->fd, msg, (unsigned)flags);
    }
    io_message_keep(s->io, count == 1 ? 0 : count);
    io_uring_sqe_set_data64(sqe, tag(s, IO_OP_SEND));
    s->send_armed = true;
}

void sock_flush_dirty(struct io *io)
{
    struct list *node;

    while ((node = list_pop_front(&io->dirty)) != NULL) {
        struct sock *s = CONTAINER_OF(node, struct sock, dirty_link);
        if (!s->send_armed && !is_mute(s) && !send_queue_is_empty(&s->out)) {
            arm_send(s);
        }
    }
}

static void break_off(struct sock *s, int error)
{
    s->is_broken = true;
    send_queue_clear(&s->out, &s->io->pool);
    s->events->sent(s, error);
}

/* The peer is slow: what refers to receive buffers is moved to chunks. Without chunks it must go, or it would hold the
 * buffers of all others for as long as it likes. 0 or -ENOMEM. */
static int congest(struct sock *s)
{
    s->is_congested = true;
    return send_queue_detach(&s->out, &s->io->pool);
}

void sock_on_send(struct io *io, struct sock *s, const struct io_uring_cqe *cqe)
{
    s->send_armed = false;
    if (end(s)) {
        return;
    }
    if (cqe->res < 0 && cqe->res != -EAGAIN && cqe->res != -EINTR) {
        break_off(s, cqe->res);
        return;
    }
    const size_t sent = cqe->res > 0 ? (size_t)cqe->res : 0;
    send_queue_advance(&s->out, &io->pool, sent);
    if (send_queue_is_empty(&s->out)) {
        s->is_congested = false;
    } else {
        if (sent < s->sending_bytes && congest(s) != 0) {
            break_off(s, -ENOMEM);
            return;
        }
        mark_dirty(s);
    }
    s->events->sent(s, 0);
}
