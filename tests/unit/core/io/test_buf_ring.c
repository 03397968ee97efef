#include "core/io/buf_ring.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "tests/support/ring_fixture.h"

static struct io io;

static void set_up(void)
{
    ring_fixture_open(&io);
}

static void tear_down(void)
{
    ring_fixture_close(&io);
}

TestSuite(buf_ring, .init = set_up, .fini = tear_down);

Test(buf_ring, lends_every_buffer_at_the_start)
{
    cr_assert_eq(io.bufs.lent_count, RING_FIXTURE_BUFFERS);
    cr_assert(buf_ring_is_whole(&io.bufs));
}

Test(buf_ring, a_buffer_is_free_when_its_last_lease_is_released)
{
    const struct lease l = buf_ring_filled(&io.bufs, 3, 77);

    cr_assert_eq(l.bytes.len, 77);
    cr_assert_eq(l.buffer, 3);
    buf_ring_hold(&io.bufs, 3);
    buf_ring_release(&io.bufs, 3);
    cr_assert(!buf_ring_is_whole(&io.bufs));
    buf_ring_release(&io.bufs, 3);
    cr_assert(buf_ring_is_whole(&io.bufs));
}

Test(buf_ring, lends_next_what_came_back_last)
{
    (void)buf_ring_filled(&io.bufs, 1, 1);
    (void)buf_ring_filled(&io.bufs, 2, 1);
    buf_ring_release(&io.bufs, 2);
    buf_ring_release(&io.bufs, 1);
    cr_assert_eq(io.bufs.free[io.bufs.free_count - 1], 1);
    buf_ring_lend(&io.bufs);
    cr_assert_eq(io.bufs.free_count, 0);
    cr_assert_eq(io.bufs.lent_count, RING_FIXTURE_BUFFERS);
}

Test(buf_ring, slack_behind_the_largest_filling_lies_in_the_same_buffer)
{
    const struct lease a = buf_ring_filled(&io.bufs, 0, BUF_RING_BUFFER_BYTES - BUF_RING_SLACK_BYTES);
    const struct lease b = buf_ring_filled(&io.bufs, 1, 1);
    cr_assert_eq(a.bytes.ptr + a.bytes.len + BUF_RING_SLACK_BYTES, b.bytes.ptr);
    buf_ring_release(&io.bufs, 0);
    buf_ring_release(&io.bufs, 1);
}

Test(buf_ring, aborts_when_a_buffer_is_released_twice, .signal = SIGABRT)
{
    (void)buf_ring_filled(&io.bufs, 0, 1);
    buf_ring_release(&io.bufs, 0);
    buf_ring_release(&io.bufs, 0);
}

Test(buf_ring, aborts_when_the_kernel_names_a_leased_buffer, .signal = SIGABRT)
{
    (void)buf_ring_filled(&io.bufs, 0, 1);
    (void)buf_ring_filled(&io.bufs, 0, 1);
}
