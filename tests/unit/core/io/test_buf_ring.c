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

/* ---- how many are lent ---- */

enum { MANY = 300, TURNS = 256 };

static void set_up_many(void)
{
    const struct io_settings settings = {
        .sq_entries = 8, .cq_entries = 16, .sock_count = 1, .buffer_count = MANY, .node_count = 1, .chunk_count = 1};
    char why[IO_WHY_BYTES_MAX];
    cr_assert_eq(io_open(&io, &settings, why), 0, "%s", why);
}

static void tear_down_many(void)
{
    io_close(&io);
}

TestSuite(buf_ring_lending, .init = set_up_many, .fini = tear_down_many);

static void lend(unsigned turns)
{
    while (turns-- > 0) {
        buf_ring_lend(&io.bufs);
    }
}

/* A turn in which the kernel used so many buffers, all of which are back at its end. */
static void use(uint32_t count)
{
    uint16_t used[MANY];
    uint32_t taken = 0;

    for (uint16_t buffer = 0; taken < count && buffer < MANY; buffer++) {
        bool is_free = io.bufs.references[buffer] != 0;
        for (uint32_t i = 0; i < io.bufs.free_count; i++) {
            is_free |= io.bufs.free[i] == buffer;
        }
        if (!is_free) {
            used[taken++] = buf_ring_filled(&io.bufs, buffer, 1).buffer;
        }
    }
    cr_assert_eq(taken, count);
    while (taken > 0) {
        buf_ring_release(&io.bufs, used[--taken]);
    }
    buf_ring_lend(&io.bufs);
}

Test(buf_ring_lending, begins_small_and_doubles_up_to_its_bound)
{
    cr_assert_eq(io.bufs.lent_count, BUF_RING_LENT_MIN);
    for (uint32_t due = 2 * BUF_RING_LENT_MIN; due <= BUF_RING_LENT_MAX; due *= 2) {
        buf_ring_grow(&io.bufs);
        lend(1);
        cr_assert_eq(io.bufs.lent_count, due);
    }
    buf_ring_grow(&io.bufs);
    lend(1);
    cr_assert_eq(io.bufs.lent_count, BUF_RING_LENT_MAX);
}

Test(buf_ring_lending, shrinks_when_few_were_used_for_long_and_only_then)
{
    buf_ring_grow(&io.bufs);
    buf_ring_grow(&io.bufs);
    lend(1);
    cr_assert_eq(io.bufs.lend_max, 64);
    for (unsigned turn = 0; turn < 2 * TURNS; turn++) {
        use(turn % 100 == 0 ? 17 : 1);
    }
    cr_assert_eq(io.bufs.lend_max, 64, "more than a quarter is needed now and then");
    for (unsigned turn = 0; turn < TURNS; turn++) {
        use(16);
    }
    cr_assert_eq(io.bufs.lend_max, 32);
    lend(3 * TURNS);
    cr_assert_eq(io.bufs.lend_max, BUF_RING_LENT_MIN);
}
