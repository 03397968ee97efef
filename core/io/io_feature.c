#include "core/io/io_feature.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/io/uring_compat.h"

enum { TRIAL_GROUP = 1, TRIAL_BUFFER_BYTES = 64, PAGE_BYTES = 4096 };

/* Waits up to a second for one completion: -1, or its result with *flags. */
static int await_one(struct io_uring *ring, uint32_t *flags)
{
    struct __kernel_timespec limit = {.tv_sec = 1};
    struct io_uring_cqe *cqe = NULL;

    if (io_uring_submit_and_wait_timeout(ring, &cqe, 1, &limit, NULL) < 0 || cqe == NULL) {
        return -1;
    }
    const int result = cqe->res;
    *flags = cqe->flags;
    io_uring_cqe_seen(ring, cqe);
    return result;
}

/* One byte through a socket pair: where receive is multishot, its completion says that more will come. */
static bool receives_multishot(struct io_uring *ring, const int pair[2])
{
    uint32_t flags = 0;
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

    io_uring_prep_recv_multishot(sqe, pair[0], NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = TRIAL_GROUP;
    if (send(pair[1], "", 1, MSG_NOSIGNAL) != 1 || await_one(ring, &flags) != 1 || !(flags & IORING_CQE_F_MORE)) {
        return false;
    }
    shutdown(pair[1], SHUT_RDWR);
    (void)await_one(ring, &flags);
    return true;
}

/* The man pages promise buffer rings from 5.19 and multishot receive from 6.0 on, but only a receive tells. */
static void try_receive(struct io_feature *f, struct io_uring *ring)
{
    int pair[2];
    uint8_t *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED) {
        return;
    }
    struct io_uring_buf_ring *bufs = (void *)page;
    struct io_uring_buf_reg reg = {.ring_addr = (uintptr_t)page, .ring_entries = 2, .bgid = TRIAL_GROUP};
    if (io_uring_register_buf_ring(ring, &reg, 0) == 0) {
        f->buf_ring = true;
        io_uring_buf_ring_init(bufs);
        io_uring_buf_ring_add(bufs, page + PAGE_BYTES - TRIAL_BUFFER_BYTES, TRIAL_BUFFER_BYTES, 0, 1, 0);
        io_uring_buf_ring_advance(bufs, 1);
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
            f->recv_multishot = receives_multishot(ring, pair);
            close(pair[0]);
            close(pair[1]);
        }
        io_uring_unregister_buf_ring(ring, TRIAL_GROUP);
    }
    munmap(page, PAGE_BYTES);
}

void io_feature_probe(struct io_feature *f, struct io_uring *ring)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(ring);

    if (probe != NULL) {
        f->msg_ring = io_uring_opcode_supported(probe, IORING_OP_MSG_RING);
        f->send_zc = io_uring_opcode_supported(probe, IORING_OP_SEND_ZC);
        io_uring_free_probe(probe);
    }
    f->bundle = (ring->features & IORING_FEAT_RECVSEND_BUNDLE) != 0;
    f->min_wait = (ring->features & IORING_FEAT_MIN_TIMEOUT) != 0;
    try_receive(f, ring);
}

void io_feature_format(const struct io_feature *f, char *out, size_t size)
{
    const struct {
        const char *name;
        bool has;
    } rows[] = {
#define IO_FEATURE(name, since, how) {#name, f->name},
#include "core/io/io_feature.def"
#undef IO_FEATURE
    };
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && len < size; i++) {
        len +=
            (size_t)snprintf(out + len, size - len, "%s%c%s", i > 0 ? " " : "", rows[i].has ? '+' : '-', rows[i].name);
    }
}
