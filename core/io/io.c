#include "core/io/io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/io/listener.h"
#include "core/io/sock.h"
#include "core/io/uring_compat.h"

enum { MAIL_VALUE_BITS = 48, IO_WORKERS_MAX = 4, SUBMIT_PAUSE_NS = 1000000 };

/* ---- set-up ---- */

/* liburing 2.3 writes the submission array, which a ring with NO_SQARRAY does not have: so by the system call itself.
 */
static int setup_no_sqarray(struct io_uring *ring, unsigned entries, struct io_uring_params *p)
{
    const int fd = (int)syscall(__NR_io_uring_setup, entries, p);
    if (fd < 0) {
        return -errno;
    }
    memset(ring, 0, sizeof *ring);
    const int error = io_uring_queue_mmap(fd, p, ring);
    if (error != 0) {
        close(fd);
        return error;
    }
    ring->features = p->features;
    return 0;
}

/* From the newest set of flags to the oldest that serves (kernel 6.1); only EINVAL says that a flag is unknown. */
static int setup_ring(struct io *io, const struct io_settings *settings)
{
    const unsigned base = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP;
    const unsigned defer = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    const unsigned tries[] = {base | defer | IORING_SETUP_NO_SQARRAY, base | defer, base | IORING_SETUP_COOP_TASKRUN,
                              base};
    int error = -EINVAL;

    for (size_t i = 0; i < ARRAY_LEN(tries) && error == -EINVAL; i++) {
        struct io_uring_params p = {.flags = tries[i], .cq_entries = settings->cq_entries};
        io->feature.no_sqarray = (tries[i] & IORING_SETUP_NO_SQARRAY) != 0;
        io->feature.defer_taskrun = (tries[i] & IORING_SETUP_DEFER_TASKRUN) != 0;
        error = io->feature.no_sqarray ? setup_no_sqarray(&io->ring, settings->sq_entries, &p)
                                       : io_uring_queue_init_params(settings->sq_entries, &io->ring, &p);
    }
    return error;
}

static int disabled_by_sysctl(void)
{
    int value = 0;
    FILE *f = fopen("/proc/sys/kernel/io_uring_disabled", "re");
    if (f != NULL) {
        value = fgetc(f) - '0';
        fclose(f);
    }
    return value;
}

static int refuse_setup(int error, char why[IO_WHY_BYTES_MAX])
{
    const int disabled = disabled_by_sysctl();

    if (error == -EPERM && disabled > 0) {
        snprintf(
            why, IO_WHY_BYTES_MAX,
            "io_uring is disabled: kernel.io_uring_disabled is %d; allow it with: sysctl -w kernel.io_uring_disabled=0",
            disabled);
    } else if (error == -EPERM || error == -EACCES) {
        snprintf(
            why, IO_WHY_BYTES_MAX,
            "io_uring is denied (%s), by a seccomp filter or a security module: allow io_uring_setup, io_uring_enter "
            "and io_uring_register",
            strerror(-error));
    } else if (error == -ENOSYS) {
        snprintf(
            why, IO_WHY_BYTES_MAX,
            "this kernel has no io_uring, or a seccomp filter hides it: Linux 6.1 or later with CONFIG_IO_URING is "
            "needed");
    } else if (error == -ENOMEM) {
        snprintf(
            why, IO_WHY_BYTES_MAX,
            "no memory for the rings: raise the limit of locked memory (ulimit -l, LimitMEMLOCK=) or of the cgroup");
    } else if (error == -EMFILE || error == -ENFILE) {
        snprintf(why, IO_WHY_BYTES_MAX, "no descriptor left for the ring: raise ulimit -n (LimitNOFILE=)");
    } else {
        snprintf(why, IO_WHY_BYTES_MAX, "io_uring_setup: %s", strerror(-error));
    }
    return error;
}

/* What cannot be done without: each line names it. */
static int check_features(const struct io *io, char why[IO_WHY_BYTES_MAX])
{
    const struct io_feature *f = &io->feature;
    const char *lacks = !(io->ring.features & IORING_FEAT_EXT_ARG)         ? "waiting with a timeout (5.11)"
                        : !(io->ring.features & IORING_FEAT_SUBMIT_STABLE) ? "stable submissions (5.5)"
                        : !f->buf_ring                                     ? "provided buffer rings (5.19)"
                        : !f->msg_ring                                     ? "ring messages (5.18)"
                                                                           : NULL;
    if (lacks == NULL) {
        return 0;
    }
    snprintf(why, IO_WHY_BYTES_MAX, "this kernel's io_uring lacks %s: Linux 6.1 or later is needed", lacks);
    return -ENOSYS;
}

static int open_pools(struct io *io, const struct io_settings *settings)
{
    int error = slab_init(&io->socks, sizeof(struct sock), settings->sock_count);
    if (error == 0) {
        error = buf_ring_open(&io->bufs, &io->ring, settings->buffer_count);
    }
    if (error == 0) {
        error = send_pool_init(&io->pool, &io->bufs, settings->node_count, settings->chunk_count);
    }
    if (error == 0) {
        io->iovecs = calloc(IO_ARENA_IOVECS, sizeof *io->iovecs);
        io->msgs = calloc(IO_ARENA_MESSAGES, sizeof *io->msgs);
        error = io->iovecs == NULL || io->msgs == NULL ? -ENOMEM : 0;
    }
    return error;
}

static void close_pools(struct io *io)
{
    free(io->iovecs);
    free(io->msgs);
    send_pool_deinit(&io->pool);
    buf_ring_close(&io->bufs, &io->ring);
    slab_deinit(&io->socks);
}

int io_open(struct io *io, const struct io_settings *settings, char why[IO_WHY_BYTES_MAX])
{
    *io = (struct io){.has_socks = settings->sock_count > 0, .now_ms = clock_monotonic_ms()};
    list_init(&io->dirty);
    list_init(&io->starved);
    wheel_init(&io->wheel, io->now_ms);

    int error = setup_ring(io, settings);
    if (error != 0) {
        return refuse_setup(error, why);
    }
    /* What cannot be done without blocking (a connect to a unix socket whose backlog is full) gets few threads. */
    unsigned workers[2] = {IO_WORKERS_MAX, IO_WORKERS_MAX};
    (void)io_uring_register_iowq_max_workers(&io->ring, workers);
    io_feature_probe(&io->feature, &io->ring);
    io->feature.ring_fd = io_uring_register_ring_fd(&io->ring) == 1;
    error = check_features(io, why);
    if (error == 0 && io->has_socks && (error = open_pools(io, settings)) != 0) {
        close_pools(io);
        snprintf(why, IO_WHY_BYTES_MAX, "no memory for buffers: %s", strerror(-error));
    }
    if (error != 0) {
        io_uring_queue_exit(&io->ring);
        return error;
    }
    if (io->has_socks) {
        buf_ring_lend(&io->bufs);
    }
    return 0;
}

bool io_is_whole(const struct io *io)
{
    return !io->has_socks || (slab_is_whole(&io->socks) && slab_is_whole(&io->pool.nodes) &&
                              slab_is_whole(&io->pool.chunks) && buf_ring_is_whole(&io->bufs));
}

void io_close(struct io *io)
{
    if (io->has_socks) {
        close_pools(io);
    }
    io_uring_queue_exit(&io->ring);
}

/* ---- submitting ---- */

/* An entry that the kernel has not taken still points at its message. */
static void recycle(struct io *io)
{
    if (io_uring_sq_ready(&io->ring) == 0) {
        io->iovec_count = 0;
        io->msg_count = 0;
    }
}

/* The kernel refuses entries while completions have overflowed (EBUSY) or memory is short (EAGAIN), and may take only a
 * part: what it lets go of is taken from it, and it gets a little time. */
static void submit_now(struct io *io)
{
    for (unsigned try = 0; try < IO_SUBMIT_TRIES_MAX && io_uring_sq_ready(&io->ring) > 0; try++) {
        const int n = io_uring_submit(&io->ring);
        ASSERT(n >= 0 || n == -EINTR || n == -EBUSY || n == -EAGAIN);
        if (UNLIKELY(n < 0)) {
            (void)io_uring_get_events(&io->ring);
            nanosleep(&(struct timespec){.tv_nsec = SUBMIT_PAUSE_NS}, NULL);
        }
    }
    const bool the_kernel_takes_submissions = io_uring_sq_ready(&io->ring) == 0;
    ASSERT(the_kernel_takes_submissions);
    recycle(io);
}

struct io_uring_sqe *io_sqe(struct io *io)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&io->ring);
    if (UNLIKELY(sqe == NULL)) {
        submit_now(io);
        sqe = io_uring_get_sqe(&io->ring);
        ASSERT(sqe != NULL);
    }
    return sqe;
}

/* Room for the entry that will name the message is made sure of too: a submission between the two would give the
 * message's memory to the next one before the kernel has read it. */
struct msghdr *io_message(struct io *io)
{
    if (io->iovec_count + IO_IOVECS_MAX > IO_ARENA_IOVECS || io->msg_count == IO_ARENA_MESSAGES ||
        io_uring_sq_space_left(&io->ring) == 0) {
        submit_now(io);
    }
    struct msghdr *msg = &io->msgs[io->msg_count++];
    *msg = (struct msghdr){.msg_iov = io->iovecs + io->iovec_count};
    io->iovec_count += IO_IOVECS_MAX;
    return msg;
}

void io_message_keep(struct io *io, unsigned count)
{
    ASSERT(io->msg_count > 0 && count <= IO_IOVECS_MAX);
    struct msghdr *last = &io->msgs[io->msg_count - 1];
    last->msg_iovlen = count;
    io->iovec_count = (unsigned)(last->msg_iov - io->iovecs) + count;
    io->msg_count -= count == 0 ? 1 : 0;
}

void io_post(struct io *io, int ring_fd, struct io_mail mail)
{
    ASSERT(mail.value >> MAIL_VALUE_BITS == 0);
    const uint64_t data = (uint64_t)IO_OP_MAIL << 56 | (uint64_t)mail.kind << MAIL_VALUE_BITS | mail.value;
    struct io_uring_sqe *sqe = io_sqe(io);

    io_uring_prep_msg_ring(sqe, ring_fd, 0, data, 0);
    io_uring_sqe_set_data64(sqe, io_tag_pack((struct io_tag){.op = IO_OP_UNHEARD}));
}

void io_watch(struct io *io, int fd, void *into, unsigned bytes)
{
    struct io_uring_sqe *sqe = io_sqe(io);

    io_uring_prep_read(sqe, fd, into, bytes, 0);
    io_uring_sqe_set_data64(sqe, io_tag_pack((struct io_tag){.op = IO_OP_READ}));
}

/* ---- dispatching ---- */

static void on_mail(struct io *io, const struct io_uring_cqe *cqe)
{
    const uint64_t mask = (UINT64_C(1) << MAIL_VALUE_BITS) - 1;
    io->on_mail(io, (struct io_mail){(uint8_t)(cqe->user_data >> MAIL_VALUE_BITS), cqe->user_data & mask});
}

static void on_unheard(struct io *io, const struct io_uring_cqe *cqe)
{
    (void)io;
    (void)cqe;
}

static void on_read(struct io *io, const struct io_uring_cqe *cqe)
{
    io->on_watch(io, cqe->res);
}

static void on_accept(struct io *io, const struct io_uring_cqe *cqe)
{
    const struct io_tag tag = io_tag_unpack(cqe->user_data);
    ASSERT(tag.slot < io->listener_count);
    listener_on_accept(io->listeners[tag.slot], cqe);
}

typedef void sock_completion_fn(struct io *io, struct sock *s, const struct io_uring_cqe *cqe);
typedef void ring_completion_fn(struct io *io, const struct io_uring_cqe *cqe);

/* A row an operation: of a sock, found by slot and generation, or of the ring. */
static const struct {
    sock_completion_fn *sock;
    ring_completion_fn *ring;
} completions[IO_OP_COUNT] = {
    [IO_OP_ACCEPT] = {.ring = on_accept},      [IO_OP_RECV] = {.sock = sock_on_recv},
    [IO_OP_SEND] = {.sock = sock_on_send},     [IO_OP_CONNECT] = {.sock = sock_on_connect},
    [IO_OP_CANCEL] = {.sock = sock_on_cancel}, [IO_OP_CLOSE] = {.sock = sock_on_close},
    [IO_OP_MAIL] = {.ring = on_mail},          [IO_OP_UNHEARD] = {.ring = on_unheard},
    [IO_OP_READ] = {.ring = on_read},
};

/* The sock that a completion is for; NULL when its tenant has left. A sock waits for all its operations before its slot
 * is given back, so this cannot happen; should the kernel ever do otherwise, the buffer that came along is still ours.
 */
static struct sock *find_sock(struct io *io, const struct io_uring_cqe *cqe)
{
    const struct io_tag tag = io_tag_unpack(cqe->user_data);
    if (tag.slot < io->socks.fresh) {
        struct sock *s = slab_at(&io->socks, tag.slot);
        if (LIKELY((s->item.generation & IO_TAG_GENERATION_MASK) == tag.generation)) {
            return s;
        }
    }
    io->stale_count++;
    if (cqe->flags & IORING_CQE_F_BUFFER) {
        const uint16_t buffer = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
        buf_ring_release(&io->bufs, buf_ring_filled(&io->bufs, buffer, 0).buffer);
    }
    return NULL;
}

static void dispatch(struct io *io, const struct io_uring_cqe *cqe)
{
    const uint8_t op = (uint8_t)(cqe->user_data >> 56);
    ASSERT(op < IO_OP_COUNT);
    if (completions[op].ring != NULL) {
        completions[op].ring(io, cqe);
        return;
    }
    struct sock *s = find_sock(io, cqe);
    if (s != NULL) {
        completions[op].sock(io, s, cqe);
    }
}

/* Completions are copied out first: handlers submit, and the ring's entries are the kernel's again at once. */
static unsigned reap(struct io *io, struct io_uring_cqe cqes[IO_REAP_MAX])
{
    struct io_uring_cqe *ready[IO_REAP_MAX];
    const unsigned count = io_uring_peek_batch_cqe(&io->ring, ready, IO_REAP_MAX);

    for (unsigned i = 0; i < count; i++) {
        cqes[i] = *ready[i];
    }
    io_uring_cq_advance(&io->ring, count);
    return count;
}

static void submit_and_wait(struct io *io, uint64_t wake_ms)
{
    struct io_uring_cqe *cqe;
    const uint64_t wait_ms = wake_ms > io->now_ms ? wake_ms - io->now_ms : 0;
    struct __kernel_timespec limit = {.tv_sec = (long long)(wait_ms / 1000),
                                      .tv_nsec = (long long)(wait_ms % 1000) * 1000000};

    const int n = io_uring_submit_and_wait_timeout(&io->ring, &cqe, 1, wake_ms == WHEEL_NEVER ? NULL : &limit, NULL);
    ASSERT(n >= 0 || n == -ETIME || n == -EINTR || n == -EBUSY || n == -EAGAIN);
    recycle(io);
    io->enter_count++;
}

/* While socks wait for buffers that are there, more of them are armed each turn: it does not wait. */
static uint64_t wake_at(struct io *io, uint64_t wake_ms)
{
    const uint64_t next_ms = wheel_next_ms(&io->wheel);

    if (io->has_socks && !list_is_empty(&io->starved) && buf_ring_has_lent(&io->bufs)) {
        return io->now_ms;
    }
    return next_ms < wake_ms ? next_ms : wake_ms;
}

/* One that starves alone is a connection that brings much: it has its share in the next turn. */
static bool are_several(const struct list *l)
{
    return l->next->next != l;
}

void io_turn(struct io *io, uint64_t wake_ms)
{
    struct io_uring_cqe cqes[IO_REAP_MAX];

    submit_and_wait(io, wake_at(io, wake_ms));
    io->now_ms = clock_monotonic_ms();
    const unsigned count = reap(io, cqes);
    for (unsigned i = 0; i < count; i++) {
        dispatch(io, &cqes[i]);
    }
    wheel_run(&io->wheel, io->now_ms, IO_FIRE_MAX);
    if (io->has_socks) {
        sock_flush_dirty(io);
        if (are_several(&io->starved)) {
            buf_ring_grow(&io->bufs);
        }
        buf_ring_lend(&io->bufs);
        sock_feed_starved(io);
    }
}
