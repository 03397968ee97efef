#include "core/io/send_queue.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/support/ring_fixture.h"

static struct io io;
static struct send_queue queue;

static void set_up(void)
{
    ring_fixture_open(&io);
    queue = (struct send_queue){0};
}

static void tear_down(void)
{
    send_queue_clear(&queue, &io.pool);
    ring_fixture_close(&io);
}

TestSuite(send_queue, .init = set_up, .fini = tear_down);

/* A leased buffer, as if the kernel had filled it. */
static struct lease lease(uint16_t buffer, uint8_t fill)
{
    struct lease l = buf_ring_filled(&io.bufs, buffer, 1000);
    memset(l.bytes.ptr, fill, l.bytes.len);
    return l;
}

static size_t flatten(uint8_t *out)
{
    struct iovec iov[64];
    size_t bytes = 0, at = 0;
    const unsigned count = send_queue_gather(&queue, iov, 64, &bytes);
    for (unsigned i = 0; i < count; i++) {
        memcpy(out + at, iov[i].iov_base, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    cr_assert_eq(at, bytes);
    return bytes;
}

Test(send_queue, copies_fill_one_chunk_before_the_next)
{
    uint8_t big[SEND_POOL_CHUNK_BYTES];
    struct iovec iov[8];
    size_t bytes;

    memset(big, 'x', sizeof big);
    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, SLICE_LITERAL("hello ")), 0);
    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, SLICE_LITERAL("world")), 0);
    cr_assert_eq(send_queue_gather(&queue, iov, 8, &bytes), 1);
    cr_assert_eq(bytes, 11);
    cr_assert_eq(memcmp(iov[0].iov_base, "hello world", 11), 0);
    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, (struct slice){big, sizeof big}), 0);
    cr_assert_eq(send_queue_gather(&queue, iov, 8, &bytes), 2);
    cr_assert_eq(bytes, 11 + sizeof big);
    cr_assert_eq(iov[0].iov_len, SEND_POOL_CHUNK_BYTES);
}

Test(send_queue, references_that_follow_each_other_are_one_and_hold_the_buffer_once)
{
    const struct lease l = lease(0, 'a');
    struct iovec iov[8];
    size_t bytes;

    cr_assert_eq(send_queue_push_reference(&queue, &io.pool, (struct slice){l.bytes.ptr, 100}, 0), 0);
    cr_assert_eq(send_queue_push_reference(&queue, &io.pool, (struct slice){l.bytes.ptr + 100, 50}, 0), 0);
    cr_assert_eq(send_queue_gather(&queue, iov, 8, &bytes), 1);
    cr_assert_eq(bytes, 150);
    cr_assert_eq(send_queue_push_reference(&queue, &io.pool, (struct slice){l.bytes.ptr + 200, 50}, 0), 0);
    cr_assert_eq(send_queue_gather(&queue, iov, 8, &bytes), 2);
    cr_assert_eq(queue.references, 2);
    buf_ring_release(&io.bufs, 0);
    cr_assert(!buf_ring_is_whole(&io.bufs));
    send_queue_advance(&queue, &io.pool, 200);
    cr_assert(send_queue_is_empty(&queue));
    cr_assert(buf_ring_is_whole(&io.bufs));
}

Test(send_queue, an_empty_reference_holds_nothing)
{
    const struct lease l = lease(0, 'a');
    cr_assert_eq(send_queue_push_reference(&queue, &io.pool, (struct slice){l.bytes.ptr, 0}, 0), 0);
    cr_assert_null(queue.head);
    buf_ring_release(&io.bufs, 0);
}

Test(send_queue, advancing_stops_inside_a_node)
{
    uint8_t out[64];

    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, SLICE_LITERAL("0123456789")), 0);
    send_queue_advance(&queue, &io.pool, 4);
    cr_assert_eq(flatten(out), 6);
    cr_assert_eq(memcmp(out, "456789", 6), 0);
    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, SLICE_LITERAL("ab")), 0);
    cr_assert_eq(flatten(out), 8);
    cr_assert_eq(memcmp(out, "456789ab", 8), 0);
}

Test(send_queue, gathers_no_more_than_it_may)
{
    const struct lease l = lease(0, 'a');
    struct iovec iov[2];
    size_t bytes;

    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(send_queue_push_reference(&queue, &io.pool, (struct slice){l.bytes.ptr + 2 * i, 1}, 0), 0);
    }
    cr_assert_eq(send_queue_gather(&queue, iov, 2, &bytes), 2);
    cr_assert_eq(bytes, 2);
    buf_ring_release(&io.bufs, 0);
}

Test(send_queue, detaching_keeps_bytes_and_order_and_gives_buffers_back)
{
    const struct lease a = lease(0, 'a'), b = lease(1, 'b');
    uint8_t want[2100], got[2100];

    memset(want, 'a', 1000);
    memcpy(want + 1000, "between", 7);
    memset(want + 1007, 'b', 1000);
    memcpy(want + 2007, "end", 3);
    cr_assert_eq(send_queue_push_reference(&queue, &io.pool, slice_of_span(a.bytes), 0), 0);
    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, SLICE_LITERAL("between")), 0);
    cr_assert_eq(send_queue_push_reference(&queue, &io.pool, slice_of_span(b.bytes), 1), 0);
    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, SLICE_LITERAL("end")), 0);
    buf_ring_release(&io.bufs, 0);
    buf_ring_release(&io.bufs, 1);
    send_queue_advance(&queue, &io.pool, 10);

    cr_assert_eq(send_queue_detach(&queue, &io.pool), 0);
    cr_assert_eq(queue.references, 0);
    cr_assert(buf_ring_is_whole(&io.bufs));
    cr_assert_eq(flatten(got), 2000);
    cr_assert_eq(memcmp(got, want + 10, 2000), 0);
}

Test(send_queue, says_when_the_pool_is_exhausted_and_changes_nothing)
{
    static uint8_t big[(RING_FIXTURE_CHUNKS + 1) * SEND_POOL_CHUNK_BYTES];

    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, SLICE_LITERAL("x")), 0);
    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, (struct slice){big, sizeof big}), -ENOMEM);
    cr_assert_eq(queue.bytes, 1);
    cr_assert_eq(
        send_queue_push_copy(&queue, &io.pool, (struct slice){big, RING_FIXTURE_CHUNKS * SEND_POOL_CHUNK_BYTES - 1}),
        0);
    cr_assert_eq(send_queue_push_copy(&queue, &io.pool, SLICE_LITERAL("y")), -ENOMEM);

    const struct lease l = lease(0, 'a');
    cr_assert_eq(send_queue_push_reference(&queue, &io.pool, slice_of_span(l.bytes), 0), 0);
    cr_assert_eq(send_queue_detach(&queue, &io.pool), -ENOMEM);
    cr_assert_eq(queue.references, 1);
    buf_ring_release(&io.bufs, 0);
}

Test(send_queue, runs_out_of_nodes_before_it_loses_a_reference)
{
    const struct lease l = lease(0, 'a');

    for (size_t i = 0; i < RING_FIXTURE_NODES; i++) {
        cr_assert_eq(send_queue_push_reference(&queue, &io.pool, (struct slice){l.bytes.ptr + 2 * i, 1}, 0), 0);
    }
    cr_assert_eq(send_queue_push_reference(&queue, &io.pool, (struct slice){l.bytes.ptr + 900, 1}, 0), -ENOMEM);
    cr_assert_eq(queue.bytes, RING_FIXTURE_NODES);
    buf_ring_release(&io.bufs, 0);
}

/* A stream of random pushes, sends and detaches must come out as it went in. */
Test(send_queue, keeps_a_random_stream_in_order)
{
    static uint8_t in[1 << 20], out[1 << 20], window[1 << 20];
    size_t pushed = 0, sent = 0;

    srand(11);
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)rand();
    }
    for (int step = 0; step < 3000; step++) {
        const size_t take = (size_t)rand() % 600;
        if (rand() % 2 == 0) {
            if (send_queue_push_copy(&queue, &io.pool, (struct slice){in + pushed, take}) == 0) {
                pushed += take;
            }
        } else {
            uint16_t free_buffer = BUF_RING_NONE;
            for (uint16_t b = 0; b < RING_FIXTURE_BUFFERS; b++) {
                if (io.bufs.references[b] == 0) {
                    free_buffer = b;
                }
            }
            if (free_buffer != BUF_RING_NONE && io.bufs.lent_count > 0) {
                struct lease l = buf_ring_filled(&io.bufs, free_buffer, (uint32_t)take);
                memcpy(l.bytes.ptr, in + pushed, take);
                if (send_queue_push_reference(&queue, &io.pool, slice_of_span(l.bytes), free_buffer) == 0) {
                    pushed += take;
                }
                buf_ring_release(&io.bufs, free_buffer);
                while (io.bufs.free_count > 0) {
                    io.bufs.free_count--;
                    io.bufs.lent_count++;
                }
            }
        }
        if (rand() % 5 == 0) {
            cr_assert_eq(send_queue_detach(&queue, &io.pool), 0);
        }
        if (queue.bytes > 20000 || rand() % 3 == 0) {
            const size_t have = flatten(window);
            const size_t go = have == 0 ? 0 : (size_t)rand() % (have + 1);
            memcpy(out + sent, window, go);
            sent += go;
            send_queue_advance(&queue, &io.pool, go);
        }
    }
    cr_assert_eq(pushed, sent + queue.bytes);
    cr_assert_eq(memcmp(in, out, sent), 0);
}
