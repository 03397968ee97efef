#include "tests/support/submit_faults.h"

#include <liburing.h>
#include <stdbool.h>

static unsigned refusals, refused;
static int refusal;
static bool takes_part;
static unsigned part;

int __real_io_uring_submit(struct io_uring *ring);
int __real_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned wait,
                                            struct __kernel_timespec *limit, sigset_t *set);
int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned wait,
                                            struct __kernel_timespec *limit, sigset_t *set);

void submit_faults_refuse(unsigned count, int error)
{
    refusals = count;
    refusal = error;
}

void submit_faults_take_only(unsigned entries)
{
    takes_part = true;
    part = entries;
}

unsigned submit_faults_refused(void)
{
    return refused;
}

static bool refuses(void)
{
    if (refusals == 0) {
        return false;
    }
    refusals--;
    refused++;
    return true;
}

/* The entries behind the part are kept from the library for the time of the call. */
static int submit_part(struct io_uring *ring)
{
    const unsigned tail = ring->sq.sqe_tail;
    takes_part = false;
    ring->sq.sqe_tail = tail - io_uring_sq_ready(ring) + part;
    const int n = __real_io_uring_submit(ring);
    ring->sq.sqe_tail = tail;
    return n;
}

int __wrap_io_uring_submit(struct io_uring *ring)
{
    if (refuses()) {
        return refusal;
    }
    return takes_part ? submit_part(ring) : __real_io_uring_submit(ring);
}

int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned wait,
                                            struct __kernel_timespec *limit, sigset_t *set)
{
    if (refuses()) {
        return refusal;
    }
    return takes_part ? submit_part(ring) : __real_io_uring_submit_and_wait_timeout(ring, cqe, wait, limit, set);
}
