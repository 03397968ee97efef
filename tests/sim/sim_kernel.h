/*
 * sim_kernel - the kernel and the network under a shard, in memory: what stands below core/io in a simulated run.
 *
 * core/io is the real one. The functions of liburing that enter the kernel, and the system calls of core/io and the
 * session, are replaced at link time (sim_syscalls.c, sim_ring.c). Submissions become operations; each is completed
 * when sim_kernel_step() chooses it, with a result that a kernel may give: any prefix of the bytes, none for want of a
 * buffer, an error, or late, when it was cancelled long ago. An invalid descriptor, a second close, or a close under
 * which operations are still under way are asserted.
 *
 * A socket has what its remote end has sent (in), how much that end takes (room), and whose it is (owner).
 *
 * Thread: one; there is one kernel. Memory: malloc, freed by sim_kernel_end(). Errors: asserted.
 * Limits: SIM_KERNEL_SOCKETS_MAX and SIM_KERNEL_OPS_MAX a run.
 */
#ifndef TESTS_SIM_SIM_KERNEL_H
#define TESTS_SIM_SIM_KERNEL_H

#include <liburing.h>

#include "tests/sim/sim_bytes.h"
#include "tests/sim/sim_rng.h"

enum {
    SIM_KERNEL_FD = 1 << 20, /* descriptors from here on are simulated */
    SIM_KERNEL_SOCKETS_MAX = 64,
    SIM_KERNEL_OPS_MAX = 512,
    SIM_KERNEL_IOVECS_MAX = 64,
    SIM_KERNEL_SQ_ENTRIES = 64,
    SIM_KERNEL_CQ_ENTRIES = 1024,
    SIM_KERNEL_ACCEPTS_MAX = 32,
    SIM_KERNEL_CONNECT_PENDING = 1,
};

struct sim_socket {
    struct sim_bytes in;
    size_t room;        /* bytes that the remote end takes */
    size_t burst_bytes; /* brought by multishot receives, since whoever watches it set it to 0 */
    void *owner;
    int in_error;       /* of receives, once: a reset */
    int out_error;      /* of sends from now on */
    int connect_result; /* 0, -errno, SIM_KERNEL_CONNECT_PENDING */
    bool is_used, is_listening, is_connected, is_closed;
    bool has_in_end; /* the remote end ended its direction, behind what is in */
    bool is_shut_read, is_shut_write;
};

struct sim_op {
    uint64_t user_data;
    struct iovec iovecs[SIM_KERNEL_IOVECS_MAX];
    unsigned iovec_count;
    uint64_t target; /* of a cancel */
    int fd;
    uint8_t opcode;
    bool is_multishot, waits;
};

/* What the run's driver is told. */
struct sim_kernel_events {
    /* The gateway has received bytes that the owner sent. */
    void (*received)(void *owner, struct slice bytes);
    /* The gateway has sent bytes. */
    void (*sent)(void *owner, struct slice bytes);
    /* The gateway ended its direction, or closed. */
    void (*ended)(void *owner);
    /* A new socket of the gateway's is connected. */
    void (*connected)(struct sim_socket *s);
};

struct sim_kernel {
    const struct sim_kernel_events *events;
    struct sim_rng rng;     /* what is chosen */
    struct sim_rng entropy; /* getrandom(2) */
    uint64_t now_ms;
    bool is_on; /* the system calls are simulated */
    bool has_multishot;
    bool holds_connects; /* a connect waits for its result */
    unsigned steps;      /* operations completed in the next wait, at most */
    unsigned refused_submits;
    uint32_t digest; /* of everything that was sent, and of what completed in which order */
    struct sim_socket sockets[SIM_KERNEL_SOCKETS_MAX];
    int socket_count;
    struct sim_op ops[SIM_KERNEL_OPS_MAX];
    unsigned op_count;
    int backlog[SIM_KERNEL_ACCEPTS_MAX];
    unsigned backlog_count;
    struct io_uring *ring;
    struct io_uring_buf_ring *bufs;
    unsigned bufs_mask;
    uint16_t bufs_head;
};

extern struct sim_kernel sim_kernel;

void sim_kernel_begin(uint64_t seed, const struct sim_kernel_events *events);
void sim_kernel_end(void);

/* A listening socket. */
int sim_kernel_listen(void);
/* A client's connection on its way to the listening socket: its gateway's end. */
struct sim_socket *sim_kernel_arrive(void *owner);

/* The socket of a descriptor of the simulation, which must be open. */
struct sim_socket *sim_kernel_socket(int fd);
static inline int sim_kernel_fd(const struct sim_socket *s)
{
    return SIM_KERNEL_FD + (int)(s - sim_kernel.sockets);
}
/* A new one. */
int sim_kernel_new_socket(void);

/* The remote end breaks the connection. */
void sim_kernel_reset(struct sim_socket *s);

/* Completes one operation that can be, if there is one: whether there was. */
bool sim_kernel_step(void);
/* Whether there is one. */
bool sim_kernel_can_step(void);

/* From sim_ring.c: a submission, and a completion. */
void sim_kernel_take(const struct io_uring_sqe *sqe);
bool sim_kernel_has_room(void);
void sim_kernel_post(uint64_t user_data, int result, unsigned flags);

#endif
