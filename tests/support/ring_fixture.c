#include "tests/support/ring_fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/socket.h>

#include "core/base/clock.h"

enum { PATIENCE_MS = 2000, STEP_MS = 5, TURNS_MIN = 8 };

void ring_fixture_open(struct io *io)
{
    const struct io_settings settings = {.sq_entries = 64,
                                         .cq_entries = 256,
                                         .sock_count = RING_FIXTURE_SOCKS,
                                         .buffer_count = RING_FIXTURE_BUFFERS,
                                         .node_count = RING_FIXTURE_NODES,
                                         .chunk_count = RING_FIXTURE_CHUNKS};
    char why[IO_WHY_BYTES_MAX];
    cr_assert_eq(io_open(io, &settings, why), 0, "%s", why);
}

void ring_fixture_close(struct io *io)
{
    cr_assert(io_is_whole(io), "something was not given back");
    io_close(io);
}

void ring_fixture_until(struct io *io, const bool *done)
{
    const uint64_t limit = clock_monotonic_ms() + PATIENCE_MS;
    while (!*done) {
        cr_assert_lt(clock_monotonic_ms(), limit, "nothing happened");
        io_turn(io, clock_monotonic_ms() + STEP_MS);
    }
}

/* On a slow machine the time may be over before what was queued is submitted, a turn later: so turns count too. */
void ring_fixture_for(struct io *io, unsigned ms)
{
    const uint64_t limit = clock_monotonic_ms() + ms;
    for (unsigned turn = 0; turn < TURNS_MIN || clock_monotonic_ms() < limit; turn++) {
        io_turn(io, clock_monotonic_ms() + 1);
    }
}

long ring_fixture_drain(int fd, unsigned char *out, unsigned long size)
{
    unsigned long got = 0;
    while (got < size) {
        const ssize_t n = recv(fd, out + got, size - got, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return (long)got;
        }
        if (n <= 0) {
            return got > 0 ? (long)got : -1;
        }
        got += (unsigned long)n;
    }
    return (long)got;
}
