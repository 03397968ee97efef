#include "tests/sim/sim_kernel.h"

#include <errno.h>
#include <sys/socket.h>
#include <zlib.h>

struct sim_kernel sim_kernel;

static struct sim_kernel *const k = &sim_kernel;

void sim_kernel_begin(uint64_t seed, const struct sim_kernel_events *events)
{
    *k = (struct sim_kernel){.events = events, .rng = {seed}, .entropy = {~seed}, .now_ms = 1000, .is_on = true};
    k->has_multishot = true;
}

void sim_kernel_end(void)
{
    for (int i = 0; i < k->socket_count; i++) {
        sim_bytes_free(&k->sockets[i].in);
    }
    k->is_on = false;
}

/* ---- sockets ---- */

int sim_kernel_new_socket(void)
{
    ASSERT(k->socket_count < SIM_KERNEL_SOCKETS_MAX);
    k->sockets[k->socket_count] = (struct sim_socket){.is_used = true, .room = SIZE_MAX / 2};
    return SIM_KERNEL_FD + k->socket_count++;
}

struct sim_socket *sim_kernel_socket(int fd)
{
    ASSERT(fd >= SIM_KERNEL_FD && fd < SIM_KERNEL_FD + k->socket_count);
    struct sim_socket *s = &k->sockets[fd - SIM_KERNEL_FD];
    const bool is_open = s->is_used && !s->is_closed;
    ASSERT(is_open);
    return s;
}

int sim_kernel_listen(void)
{
    const int fd = sim_kernel_new_socket();
    sim_kernel_socket(fd)->is_listening = true;
    return fd;
}

struct sim_socket *sim_kernel_arrive(void *owner)
{
    ASSERT(k->backlog_count < SIM_KERNEL_ACCEPTS_MAX);
    const int fd = sim_kernel_new_socket();
    struct sim_socket *s = sim_kernel_socket(fd);

    s->owner = owner;
    s->is_connected = true;
    k->backlog[k->backlog_count++] = fd;
    return s;
}

void sim_kernel_reset(struct sim_socket *s)
{
    s->in.read = s->in.len;
    s->in_error = -ECONNRESET;
    s->out_error = sim_rng_once_in(&k->rng, 2) ? -EPIPE : -ECONNRESET;
}

/* ---- operations ---- */

void sim_kernel_take(const struct io_uring_sqe *sqe)
{
    ASSERT(k->op_count < SIM_KERNEL_OPS_MAX);
    struct sim_op *op = &k->ops[k->op_count++];

    *op = (struct sim_op){.user_data = sqe->user_data, .fd = sqe->fd, .opcode = sqe->opcode};
    if (sqe->opcode == IORING_OP_ASYNC_CANCEL) {
        op->target = sqe->addr;
        return;
    }
    (void)sim_kernel_socket(op->fd);
    if (sqe->opcode == IORING_OP_SEND) {
        op->iovecs[0] = (struct iovec){(void *)(uintptr_t)sqe->addr, sqe->len};
        op->iovec_count = 1;
        op->waits = (sqe->msg_flags & MSG_DONTWAIT) == 0;
    } else if (sqe->opcode == IORING_OP_SENDMSG) {
        const struct msghdr *msg = (const void *)(uintptr_t)sqe->addr;
        ASSERT(msg->msg_iovlen > 0 && msg->msg_iovlen <= SIM_KERNEL_IOVECS_MAX);
        memcpy(op->iovecs, msg->msg_iov, msg->msg_iovlen * sizeof *op->iovecs);
        op->iovec_count = (unsigned)msg->msg_iovlen;
        op->waits = (sqe->msg_flags & MSG_DONTWAIT) == 0;
    } else if (sqe->opcode == IORING_OP_RECV) {
        op->is_multishot = (sqe->ioprio & IORING_RECV_MULTISHOT) != 0;
        ASSERT(!op->is_multishot || k->has_multishot);
    } else if (sqe->opcode == IORING_OP_CONNECT) {
        sim_kernel_socket(op->fd)->connect_result = k->holds_connects ? SIM_KERNEL_CONNECT_PENDING : 0;
    }
}

static void drop(unsigned index)
{
    k->op_count--;
    memmove(&k->ops[index], &k->ops[index + 1], (k->op_count - index) * sizeof *k->ops);
}

/* An operation that brings no other completion. */
static void finish(unsigned index, int result, unsigned flags)
{
    sim_kernel_post(k->ops[index].user_data, result, flags);
    drop(index);
}

static bool can_receive(const struct sim_socket *s)
{
    return sim_bytes_left(&s->in).len > 0 || s->has_in_end || s->in_error != 0 || s->is_shut_read;
}

static bool can_send(const struct sim_socket *s, const struct sim_op *op)
{
    return s->room > 0 || !op->waits || s->is_shut_write || s->out_error != 0;
}

/* A close waits for nothing of its own, but is to be the last (sock.h). */
static bool can_complete(const struct sim_op *op)
{
    if (op->opcode == IORING_OP_ASYNC_CANCEL) {
        return true;
    }
    const struct sim_socket *s = sim_kernel_socket(op->fd);
    switch (op->opcode) {
    case IORING_OP_RECV:
        return can_receive(s);
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
        return can_send(s, op);
    case IORING_OP_CONNECT:
        return s->connect_result <= 0 || s->is_shut_read;
    case IORING_OP_ACCEPT:
        return k->backlog_count > 0;
    default:
        return true;
    }
}

/* ---- receiving ---- */

static uint16_t lent_buffers(void)
{
    return (uint16_t)(__atomic_load_n(&k->bufs->tail, __ATOMIC_ACQUIRE) - k->bufs_head);
}

static unsigned take_buffer(struct io_uring_buf *out)
{
    const struct io_uring_buf *bufs = (const void *)k->bufs;
    *out = bufs[k->bufs_head++ & k->bufs_mask];
    return IORING_CQE_F_BUFFER | (unsigned)out->bid << IORING_CQE_BUFFER_SHIFT;
}

/* How many bytes a receive brings: often all, else any. */
static size_t choose_bytes(size_t most)
{
    return most <= 1 || sim_rng_once_in(&k->rng, 2) ? most : 1 + (size_t)sim_rng_below(&k->rng, most);
}

static void receive_bytes(unsigned index, struct sim_socket *s)
{
    const struct sim_op *op = &k->ops[index];
    struct slice left = sim_bytes_left(&s->in);
    struct io_uring_buf buf;
    const unsigned flags = take_buffer(&buf);
    const size_t bytes = choose_bytes(left.len < buf.len ? left.len : buf.len);
    const bool goes_on = op->is_multishot && !sim_rng_once_in(&k->rng, 16);

    memcpy((void *)(uintptr_t)buf.addr, left.ptr, bytes);
    s->in.read += bytes;
    s->burst_bytes += op->is_multishot ? bytes : 0;
    sim_kernel_post(op->user_data, (int)bytes, flags | (goes_on ? IORING_CQE_F_MORE : 0));
    if (!goes_on) {
        drop(index);
    }
    if (s->owner != NULL) {
        k->events->received(s->owner, (struct slice){left.ptr, bytes});
    }
}

/* The end of a stream may name a buffer, which then holds nothing. */
static void receive_end(unsigned index, int result)
{
    struct io_uring_buf buf;
    const bool names_buffer = result == 0 && lent_buffers() > 0 && sim_rng_once_in(&k->rng, 4);

    finish(index, result, names_buffer ? take_buffer(&buf) : 0);
}

static void receive(unsigned index, struct sim_socket *s)
{
    if (s->in_error != 0) {
        receive_end(index, s->in_error);
        s->in_error = 0;
        s->has_in_end = true;
    } else if (sim_rng_once_in(&k->rng, 64)) {
        finish(index, -EINTR, 0);
    } else if (sim_bytes_left(&s->in).len == 0) {
        receive_end(index, 0);
    } else if (lent_buffers() == 0 || sim_rng_once_in(&k->rng, 64)) {
        finish(index, -ENOBUFS, 0);
    } else {
        receive_bytes(index, s);
    }
}

/* ---- sending ---- */

static void take_sent(const struct sim_op *op, struct sim_socket *s, size_t bytes)
{
    for (unsigned i = 0; i < op->iovec_count && bytes > 0; i++) {
        const size_t take = op->iovecs[i].iov_len < bytes ? op->iovecs[i].iov_len : bytes;
        k->digest = (uint32_t)crc32(k->digest, op->iovecs[i].iov_base, (unsigned)take);
        if (s->owner != NULL) {
            k->events->sent(s->owner, (struct slice){op->iovecs[i].iov_base, take});
        }
        bytes -= take;
    }
}

static void send_bytes(unsigned index, struct sim_socket *s)
{
    size_t bytes = 0;
    struct sim_op *op = &k->ops[index];

    for (unsigned i = 0; i < op->iovec_count; i++) {
        bytes += op->iovecs[i].iov_len;
    }
    ASSERT(bytes > 0);
    bytes = bytes < s->room ? bytes : s->room;
    bytes = sim_rng_once_in(&k->rng, 3) ? choose_bytes(bytes) : bytes;
    s->room -= bytes;
    take_sent(op, s, bytes);
    finish(index, (int)bytes, 0);
}

static void send_some(unsigned index, struct sim_socket *s)
{
    if (s->is_shut_write || s->out_error != 0) {
        finish(index, s->is_shut_write ? -EPIPE : s->out_error, 0);
    } else if (s->room == 0) {
        finish(index, -EAGAIN, 0);
    } else if (sim_rng_once_in(&k->rng, 64)) {
        finish(index, sim_rng_once_in(&k->rng, 2) ? -EAGAIN : -EINTR, 0);
    } else {
        send_bytes(index, s);
    }
}

/* ---- the rest ---- */

static void connect_socket(unsigned index, struct sim_socket *s)
{
    const int result = s->is_shut_read ? -ECONNABORTED : s->connect_result;

    s->is_connected = result == 0;
    finish(index, result, 0);
    if (s->is_connected) {
        k->events->connected(s);
    }
}

static void accept_socket(unsigned index)
{
    const bool goes_on = !sim_rng_once_in(&k->rng, 8);

    sim_kernel_post(k->ops[index].user_data, k->backlog[0], goes_on ? IORING_CQE_F_MORE : 0);
    k->backlog_count--;
    memmove(k->backlog, k->backlog + 1, k->backlog_count * sizeof *k->backlog);
    if (!goes_on) {
        drop(index);
    }
}

static bool is_named(const struct sim_op *op, uint64_t user_data)
{
    return op->user_data == user_data && op->opcode != IORING_OP_ASYNC_CANCEL;
}

/* What is cancelled may have been too far on its way already: it then completes once more, as if nothing had been. */
static void cancel(unsigned index)
{
    const uint64_t target = k->ops[index].target;
    unsigned found = 0;

    while (found < k->op_count && !is_named(&k->ops[found], target)) {
        found++;
    }
    if (found == k->op_count) {
        finish(index, -ENOENT, 0);
    } else if (can_complete(&k->ops[found]) && sim_rng_once_in(&k->rng, 3)) {
        k->ops[found].is_multishot = false;
        finish(index, -EALREADY, 0);
    } else {
        const uint64_t canceled = k->ops[found].user_data;
        drop(found);
        index -= found < index ? 1 : 0;
        const bool is_first = sim_rng_once_in(&k->rng, 2);
        if (is_first) {
            sim_kernel_post(canceled, -ECANCELED, 0);
        }
        finish(index, 0, 0);
        if (!is_first) {
            sim_kernel_post(canceled, -ECANCELED, 0);
        }
    }
}

static void close_socket(unsigned index, struct sim_socket *s)
{
    for (unsigned i = 0; i < k->op_count; i++) {
        const bool another_is_under_way =
            i != index && k->ops[i].opcode != IORING_OP_ASYNC_CANCEL && k->ops[i].fd == k->ops[index].fd;
        ASSERT(!another_is_under_way);
    }
    finish(index, 0, 0);
    s->is_closed = true;
    if (s->owner != NULL) {
        k->events->ended(s->owner);
    }
}

static void complete(unsigned index)
{
    const struct sim_op *op = &k->ops[index];
    struct sim_socket *s = op->opcode == IORING_OP_ASYNC_CANCEL ? NULL : sim_kernel_socket(op->fd);

    switch (op->opcode) {
    case IORING_OP_RECV:
        receive(index, s);
        break;
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
        send_some(index, s);
        break;
    case IORING_OP_CONNECT:
        connect_socket(index, s);
        break;
    case IORING_OP_ACCEPT:
        accept_socket(index);
        break;
    case IORING_OP_CLOSE:
        close_socket(index, s);
        break;
    default:
        ASSERT(op->opcode == IORING_OP_ASYNC_CANCEL);
        cancel(index);
    }
}

/* The next operation from a place on, round about, that can be completed; op_count: none. */
static unsigned find_ready(unsigned from)
{
    for (unsigned i = 0; i < k->op_count; i++) {
        const unsigned index = (from + i) % k->op_count;
        if (can_complete(&k->ops[index])) {
            return index;
        }
    }
    return k->op_count;
}

bool sim_kernel_can_step(void)
{
    return find_ready(0) < k->op_count;
}

/* A cancel posts two completions, no operation more. */
bool sim_kernel_step(void)
{
    const unsigned index = find_ready((unsigned)sim_rng_below(&k->rng, k->op_count));

    if (index == k->op_count || !sim_kernel_has_room()) {
        return false;
    }
    complete(index);
    return true;
}
