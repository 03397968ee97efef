#include "core/io/listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 4096, RETRY_MS = 100, BIND_TRIES = 20, BIND_WAIT_US = 10000 };

/* After a process was killed its ring is torn down in the background, and its ports stay busy for some milliseconds. */
static int bind_patiently(int fd, const struct addr *addr)
{
    for (int try = 1;; try++) {
        if (bind(fd, &addr->sa.any, addr->len) == 0) {
            return 0;
        }
        if (errno != EADDRINUSE || try == BIND_TRIES) {
            return -errno;
        }
        usleep(BIND_WAIT_US);
    }
}

/* SO_REUSEPORT would share a port with another process of the same user without a word. A first bind without it finds
 * out. */
static int check_unused(const struct addr *addr)
{
    const int one = 1;
    const int fd = socket(addr->sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const int error = bind_patiently(fd, addr);
    close(fd);
    return error;
}

/* Only a socket file that nobody answers at is taken away. */
static int clear_stale_path(const struct addr *addr)
{
    struct stat st;

    if (lstat(addr->sa.un.sun_path, &st) != 0) {
        return 0;
    }
    if (!S_ISSOCK(st.st_mode)) {
        return -EADDRINUSE;
    }
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    const int rc = connect(fd, &addr->sa.any, addr->len);
    const bool stale = rc != 0 && errno == ECONNREFUSED;
    close(fd);
    if (!stale) {
        return -EADDRINUSE;
    }
    return unlink(addr->sa.un.sun_path) == 0 ? 0 : -errno;
}

static int prepare(const struct addr *addr, enum listener_share share)
{
    if (addr_is_unix(addr)) {
        return clear_stale_path(addr);
    }
    return share == LISTENER_FIRST && addr_port(addr) != 0 ? check_unused(addr) : 0;
}

/* TCP_NODELAY and SO_KEEPALIVE are inherited by what is accepted. */
static void set_tcp_options(int fd)
{
    const int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
}

int listener_open(struct addr *addr, enum listener_share share, int *out)
{
    int error = prepare(addr, share);
    if (error != 0) {
        return error;
    }
    const int fd = socket(addr->sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (!addr_is_unix(addr)) {
        set_tcp_options(fd);
    }
    error = bind_patiently(fd, addr);
    if (error == 0 && listen(fd, BACKLOG) != 0) {
        error = -errno;
    }
    if (error == 0 && !addr_is_unix(addr) && getsockname(fd, &addr->sa.any, &addr->len) != 0) {
        error = -errno;
    }
    if (error != 0) {
        close(fd);
        return error;
    }
    *out = fd;
    return 0;
}

static void arm(struct listener *l)
{
    struct io_uring_sqe *sqe = io_sqe(l->io);

    io_uring_prep_multishot_accept(sqe, l->fd, NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(sqe, io_tag_pack((struct io_tag){.slot = l->slot, .op = IO_OP_ACCEPT}));
    l->is_armed = true;
}

static void retry(struct wheel_timer *timer)
{
    struct listener *l = CONTAINER_OF(timer, struct listener, retry);
    if (l->is_wanted && !l->is_armed) {
        arm(l);
    }
}

void listener_start(struct listener *l, struct io *io)
{
    ASSERT(io->listener_count < ARRAY_LEN(io->listeners));
    l->io = io;
    l->slot = io->listener_count;
    l->is_wanted = true;
    wheel_timer_init(&l->retry, retry);
    io->listeners[io->listener_count++] = l;
    arm(l);
}

void listener_stop(struct listener *l)
{
    l->is_wanted = false;
    wheel_clear(&l->retry);
    /* New clients are refused at once; without this the kernel would go on accepting into the backlog. */
    shutdown(l->fd, SHUT_RDWR);
    if (l->is_armed) {
        const uint64_t target = io_tag_pack((struct io_tag){.slot = l->slot, .op = IO_OP_ACCEPT});
        struct io_uring_sqe *sqe = io_sqe(l->io);
        io_uring_prep_cancel64(sqe, target, 0);
        io_uring_sqe_set_data64(sqe, io_tag_pack((struct io_tag){.op = IO_OP_UNHEARD}));
    }
}

/* Out of descriptors (or memory) ends the multishot accept; clients then wait in the backlog until the retry. */
void listener_on_accept(struct listener *l, const struct io_uring_cqe *cqe)
{
    if ((cqe->flags & IORING_CQE_F_MORE) == 0) {
        l->is_armed = false;
    }
    if (cqe->res >= 0) {
        if (l->is_wanted) {
            l->accepted(l, cqe->res);
        } else {
            close(cqe->res);
        }
    }
    if (l->is_armed || !l->is_wanted) {
        return;
    }
    if (cqe->res >= 0 || cqe->res == -ECONNABORTED || cqe->res == -EINTR) {
        arm(l);
    } else {
        io_set_timer(l->io, &l->retry, RETRY_MS);
    }
}
