/* What of liburing enters the kernel, over rings in plain memory. The linker puts these in its place (--wrap). */
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "core/io/io.h"
#include "tests/sim/sim_kernel.h"

static struct {
    struct io_uring_sqe sqes[SIM_KERNEL_SQ_ENTRIES];
    struct io_uring_cqe cqes[SIM_KERNEL_CQ_ENTRIES];
    unsigned sq_head, sq_tail, sq_mask, sq_entries, sq_flags, sq_dropped;
    unsigned cq_head, cq_tail, cq_mask, cq_entries, cq_flags, cq_overflow;
} memory;

static struct sim_kernel *const k = &sim_kernel;

static unsigned submit(struct io_uring *ring, unsigned most)
{
    unsigned taken = 0;

    for (; taken < most && ring->sq.sqe_head != ring->sq.sqe_tail; taken++) {
        sim_kernel_take(&memory.sqes[ring->sq.sqe_head++ & ring->sq.ring_mask]);
    }
    memory.sq_head = memory.sq_tail = ring->sq.sqe_head;
    return taken;
}

bool sim_kernel_has_room(void)
{
    return memory.cq_tail - memory.cq_head < SIM_KERNEL_CQ_ENTRIES - 2;
}

void sim_kernel_post(uint64_t user_data, int result, unsigned flags)
{
    ASSERT(memory.cq_tail - memory.cq_head < SIM_KERNEL_CQ_ENTRIES);
    memory.cqes[memory.cq_tail % SIM_KERNEL_CQ_ENTRIES] =
        (struct io_uring_cqe){.user_data = user_data, .res = result, .flags = flags};
    memory.cq_tail++;
    k->digest = k->digest * 31 + (uint32_t)(user_data ^ user_data >> 32) + (uint32_t)result;
}

/* The kernel refuses submissions now and then, or takes only some: the run's driver says so. */
static int take_submissions(struct io_uring *ring)
{
    if (k->refused_submits > 0) {
        k->refused_submits--;
        const unsigned taken = submit(ring, (unsigned)sim_rng_below(&k->rng, 4));
        return taken > 0 ? (int)taken : sim_rng_once_in(&k->rng, 2) ? -EAGAIN : -EBUSY;
    }
    return (int)submit(ring, UINT32_MAX);
}

int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *p);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *p)
{
    (void)entries, (void)p;
    memset(&memory, 0, sizeof memory);
    memory.sq_mask = SIM_KERNEL_SQ_ENTRIES - 1;
    memory.sq_entries = SIM_KERNEL_SQ_ENTRIES;
    memory.cq_mask = SIM_KERNEL_CQ_ENTRIES - 1;
    memory.cq_entries = SIM_KERNEL_CQ_ENTRIES;
    *ring = (struct io_uring){
        .sq = {.khead = &memory.sq_head,
               .ktail = &memory.sq_tail,
               .kring_mask = &memory.sq_mask,
               .kring_entries = &memory.sq_entries,
               .kflags = &memory.sq_flags,
               .kdropped = &memory.sq_dropped,
               .sqes = memory.sqes,
               .ring_mask = SIM_KERNEL_SQ_ENTRIES - 1,
               .ring_entries = SIM_KERNEL_SQ_ENTRIES},
        .cq = {.khead = &memory.cq_head,
               .ktail = &memory.cq_tail,
               .kring_mask = &memory.cq_mask,
               .kring_entries = &memory.cq_entries,
               .kflags = &memory.cq_flags,
               .koverflow = &memory.cq_overflow,
               .cqes = memory.cqes,
               .ring_mask = SIM_KERNEL_CQ_ENTRIES - 1,
               .ring_entries = SIM_KERNEL_CQ_ENTRIES},
        .features = IORING_FEAT_EXT_ARG | IORING_FEAT_SUBMIT_STABLE,
        .ring_fd = -1,
        .enter_ring_fd = -1,
    };
    k->ring = ring;
    return 0;
}

void __wrap_io_uring_queue_exit(struct io_uring *ring);
void __wrap_io_uring_queue_exit(struct io_uring *ring)
{
    (void)ring;
    k->ring = NULL;
}

int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring)
{
    return take_submissions(ring);
}

int __wrap_io_uring_get_events(struct io_uring *ring);
int __wrap_io_uring_get_events(struct io_uring *ring)
{
    (void)ring;
    return 0;
}

/* Never waits: as much happens as the run's driver allows for this turn. */
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned count,
                                            struct __kernel_timespec *limit, sigset_t *mask);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned count,
                                            struct __kernel_timespec *limit, sigset_t *mask)
{
    (void)cqe, (void)count, (void)limit, (void)mask;
    const int submitted = take_submissions(ring);
    if (submitted < 0) {
        return submitted;
    }
    while (k->steps > 0 && sim_kernel_step()) {
        k->steps--;
    }
    return memory.cq_tail != memory.cq_head ? submitted : -ETIME;
}

unsigned __wrap_io_uring_peek_batch_cqe(struct io_uring *ring, struct io_uring_cqe **cqes, unsigned count);
unsigned __wrap_io_uring_peek_batch_cqe(struct io_uring *ring, struct io_uring_cqe **cqes, unsigned count)
{
    (void)ring;
    const unsigned ready = memory.cq_tail - memory.cq_head;

    count = ready < count ? ready : count;
    for (unsigned i = 0; i < count; i++) {
        cqes[i] = &memory.cqes[(memory.cq_head + i) % SIM_KERNEL_CQ_ENTRIES];
    }
    return count;
}

int __wrap_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg, unsigned flags);
int __wrap_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg, unsigned flags)
{
    (void)ring, (void)flags;
    k->bufs = (void *)(uintptr_t)reg->ring_addr;
    k->bufs_mask = reg->ring_entries - 1;
    k->bufs_head = 0;
    return 0;
}

int __wrap_io_uring_unregister_buf_ring(struct io_uring *ring, int group);
int __wrap_io_uring_unregister_buf_ring(struct io_uring *ring, int group)
{
    (void)ring, (void)group;
    k->bufs = NULL;
    return 0;
}

int __wrap_io_uring_register_iowq_max_workers(struct io_uring *ring, unsigned *values);
int __wrap_io_uring_register_iowq_max_workers(struct io_uring *ring, unsigned *values)
{
    (void)ring, (void)values;
    return 0;
}

int __wrap_io_uring_register_ring_fd(struct io_uring *ring);
int __wrap_io_uring_register_ring_fd(struct io_uring *ring)
{
    (void)ring;
    return 0;
}

/* Found out by a trial on real sockets, which there are none of. */
void __wrap_io_feature_probe(struct io_feature *f, struct io_uring *ring);
void __wrap_io_feature_probe(struct io_feature *f, struct io_uring *ring)
{
    (void)ring;
    f->buf_ring = f->msg_ring = true;
    f->recv_multishot = k->has_multishot;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    long args[6];
    va_list list;

    if (number == __NR_io_uring_setup) {
        errno = EINVAL; /* of a ring without submission array: liburing's own set-up follows */
        return -1;
    }
    va_start(list, number);
    for (unsigned i = 0; i < ARRAY_LEN(args); i++) {
        args[i] = va_arg(list, long);
    }
    va_end(list);
    return __real_syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}
