#include "core/io/sock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/support/ring_fixture.h"

enum { KEPT_BYTES = 1 << 20 };

static struct io io;
static struct sock *sock;
static int far; /* the other end */
static uint8_t kept[KEPT_BYTES];
static size_t kept_bytes;
static unsigned received_count, sent_count;
static bool has_ended, is_closed, is_connected, keeps_leases;
static int end_error, connect_error, send_error;
static uint16_t leased[RING_FIXTURE_BUFFERS];

static void on_received(struct sock *s, struct lease lease)
{
    if (kept_bytes + lease.bytes.len <= sizeof kept) {
        memcpy(kept + kept_bytes, lease.bytes.ptr, lease.bytes.len);
    }
    kept_bytes += lease.bytes.len;
    if (keeps_leases) {
        leased[received_count] = lease.buffer;
    } else {
        buf_ring_release(&s->io->bufs, lease.buffer);
    }
    received_count++;
}

static void on_ended(struct sock *s, int error)
{
    (void)s;
    has_ended = true;
    end_error = error;
}

static void on_connected(struct sock *s, int error)
{
    (void)s;
    is_connected = true;
    connect_error = error;
}

static void on_sent(struct sock *s, int error)
{
    (void)s;
    sent_count++;
    send_error = error;
}

static void on_closed(struct sock *s)
{
    (void)s;
    is_closed = true;
}

static const struct sock_events events = {on_received, on_ended, on_connected, on_sent, on_closed};

static void set_up(void)
{
    int pair[2];

    ring_fixture_open(&io);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    sock = sock_accept(&io, pair[0], &events, NULL);
    cr_assert_not_null(sock);
    far = pair[1];
}

static void close_sock(void)
{
    sock_close(sock);
    ring_fixture_until(&io, &is_closed);
    sock = NULL;
}

static void tear_down(void)
{
    if (sock != NULL) {
        close_sock();
    }
    close(far);
    ring_fixture_close(&io);
}

TestSuite(sock, .init = set_up, .fini = tear_down);

static void far_sends(const char *text)
{
    cr_assert_eq(send(far, text, strlen(text), 0), (ssize_t)strlen(text));
}

Test(sock, receives_until_told_to_stop)
{
    sock_read(sock, SOCK_READING_MULTISHOT);
    for (int i = 0; i < 20; i++) {
        far_sends("abc");
        ring_fixture_for(&io, 2);
    }
    cr_assert_eq(kept_bytes, 60);
    sock_read(sock, SOCK_READING_OFF);
    ring_fixture_for(&io, 5);
    far_sends("more");
    ring_fixture_for(&io, 20);
    cr_assert_eq(kept_bytes, 60);
    sock_read(sock, SOCK_READING_MULTISHOT);
    ring_fixture_for(&io, 10);
    cr_assert_eq(kept_bytes, 64);
}

Test(sock, receives_one_buffer_when_asked_for_one)
{
    static uint8_t big[3 * BUF_RING_BUFFER_BYTES];

    cr_assert_eq(send(far, big, sizeof big, 0), (ssize_t)sizeof big);
    sock_read(sock, SOCK_READING_ONCE);
    ring_fixture_for(&io, 10);
    cr_assert_eq(received_count, 1);
    cr_assert_leq(kept_bytes, BUF_RING_BUFFER_BYTES);
    sock_read(sock, SOCK_READING_ONCE);
    ring_fixture_for(&io, 10);
    cr_assert_eq(received_count, 2);
}

Test(sock, waits_for_buffers_and_loses_nothing)
{
    static uint8_t big[2 * RING_FIXTURE_BUFFERS * BUF_RING_BUFFER_BYTES];
    size_t put = 0;

    keeps_leases = true;
    sock_read(sock, SOCK_READING_MULTISHOT);
    for (int i = 0; i < 40 && put < sizeof big; i++) {
        const ssize_t n = send(far, big + put, sizeof big - put, MSG_DONTWAIT);
        put += n > 0 ? (size_t)n : 0;
        ring_fixture_for(&io, 2);
    }
    cr_assert_eq(received_count, RING_FIXTURE_BUFFERS, "took %u buffers", received_count);
    cr_assert(list_is_linked(&sock->starved_link));
    keeps_leases = false;
    for (unsigned i = 0; i < RING_FIXTURE_BUFFERS; i++) {
        buf_ring_release(&io.bufs, leased[i]);
    }
    ring_fixture_for(&io, 50);
    cr_assert_eq(kept_bytes, put);
}

enum { IDLE = RING_FIXTURE_SOCKS - 1 };

/* As if each had found no buffer: the last in the line is the test's own. */
static void starve(struct sock *idle[IDLE], int ends[IDLE])
{
    int pair[2];

    for (unsigned i = 0; i < IDLE; i++) {
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        idle[i] = sock_accept(&io, pair[0], &events, NULL);
        ends[i] = pair[1];
        idle[i]->reading = SOCK_READING_MULTISHOT;
        list_push_back(&io.starved, &idle[i]->starved_link);
    }
    sock->reading = SOCK_READING_MULTISHOT;
    list_push_back(&io.starved, &sock->starved_link);
}

static void close_idle(struct sock *idle[IDLE], const int ends[IDLE])
{
    for (unsigned i = 0; i < IDLE; i++) {
        sock_close(idle[i]);
        close(ends[i]);
    }
    ring_fixture_for(&io, 20);
    is_closed = false;
}

Test(sock, as_many_starved_receives_are_armed_as_there_are_buffers_in_order)
{
    struct sock *idle[IDLE];
    int ends[IDLE];

    starve(idle, ends);
    cr_assert_eq(io.bufs.lent_count, RING_FIXTURE_BUFFERS);
    sock_feed_starved(&io);
    for (unsigned i = 0; i < IDLE; i++) {
        cr_assert_eq(idle[i]->recv_armed, i < RING_FIXTURE_BUFFERS, "%u", i);
        cr_assert_eq(list_is_linked(&idle[i]->starved_link), i >= RING_FIXTURE_BUFFERS, "%u", i);
    }
    cr_assert_eq(io.starved.next, &idle[RING_FIXTURE_BUFFERS]->starved_link);
    close_idle(idle, ends);
}

/* Those in front have nothing to receive, and so bring no completion that would wake the ring. */
Test(sock, a_starved_receive_waits_only_for_buffers_and_not_for_other_traffic)
{
    struct sock *idle[IDLE];
    int ends[IDLE];
    const uint64_t since = clock_monotonic_ms();

    starve(idle, ends);
    far_sends("abc");
    while (kept_bytes == 0) {
        io_turn(&io, clock_monotonic_ms() + 1000);
    }
    cr_assert_lt(clock_monotonic_ms() - since, 900);
    close_idle(idle, ends);
}

Test(sock, tells_the_end_of_stream_once_and_can_still_send)
{
    unsigned char got[16];

    sock_read(sock, SOCK_READING_MULTISHOT);
    far_sends("last");
    shutdown(far, SHUT_WR);
    ring_fixture_until(&io, &has_ended);
    cr_assert_eq(end_error, 0);
    cr_assert_eq(kept_bytes, 4);
    cr_assert_eq(sock_send_copy(sock, SLICE_LITERAL("answer")), 0);
    ring_fixture_for(&io, 10);
    cr_assert_eq(ring_fixture_drain(far, got, sizeof got), 6);
}

Test(sock, sends_everything_of_a_turn_in_one_send)
{
    unsigned char got[32];

    cr_assert_eq(sock_send_copy(sock, SLICE_LITERAL("one ")), 0);
    cr_assert_eq(sock_send_copy(sock, SLICE_LITERAL("two ")), 0);
    cr_assert_eq(sock_send_copy(sock, SLICE_LITERAL("three")), 0);
    cr_assert(!sock_is_flushed(sock));
    ring_fixture_for(&io, 10);
    cr_assert_eq(sent_count, 1);
    cr_assert(sock_is_flushed(sock));
    cr_assert_eq(ring_fixture_drain(far, got, sizeof got), 13);
    cr_assert_eq(memcmp(got, "one two three", 13), 0);
}

/* The far end does not read; what refers to receive buffers is moved to chunks, and all of it arrives in the end. */
Test(sock, a_slow_reader_holds_no_receive_buffer)
{
    static unsigned char want[200000], got[200000];
    size_t put = 0, taken = 0;
    const int small = 1;

    setsockopt(sock->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    for (size_t i = 0; i < sizeof want; i++) {
        want[i] = (unsigned char)(i * 31 >> 3);
    }
    for (int i = 0; i < 12; i++) {
        const uint16_t buffer = (uint16_t)(i % RING_FIXTURE_BUFFERS);
        if (io.bufs.references[buffer] != 0 || io.bufs.lent_count == 0) {
            break;
        }
        const struct lease l = buf_ring_filled(&io.bufs, buffer, 8000);
        memcpy(l.bytes.ptr, want + put, 8000);
        cr_assert_eq(sock_send_reference(sock, slice_of_span(l.bytes), buffer), 0);
        buf_ring_release(&io.bufs, buffer);
        put += 8000;
        if (i == 3) {
            ring_fixture_for(&io, 10);
            cr_assert(sock->is_congested);
            cr_assert_eq(sock->out.references, 0);
            cr_assert(buf_ring_is_whole(&io.bufs));
        }
    }
    cr_assert_geq(put, 40000);
    for (int i = 0; i < 400 && taken < put; i++) {
        ring_fixture_for(&io, 1);
        const long n = ring_fixture_drain(far, got + taken, sizeof got - taken);
        taken += n > 0 ? (size_t)n : 0;
    }
    cr_assert_eq(taken, put);
    cr_assert_eq(memcmp(got, want, put), 0);
    ring_fixture_for(&io, 5);
    cr_assert(!sock->is_congested);
}

Test(sock, tells_that_nothing_more_can_be_sent)
{
    close(far);
    far = -1;
    cr_assert_eq(sock_send_copy(sock, SLICE_LITERAL("x")), 0);
    ring_fixture_for(&io, 10);
    cr_assert_eq(send_error, -EPIPE);
    cr_assert_eq(sock_queued_bytes(sock), 0);
    cr_assert_eq(sock_send_copy(sock, SLICE_LITERAL("y")), 0);
    cr_assert_eq(sock_queued_bytes(sock), 0);
}

Test(sock, closes_while_a_receive_and_a_blocked_send_are_in_flight)
{
    static uint8_t big[RING_FIXTURE_CHUNKS * SEND_POOL_CHUNK_BYTES];
    const int small = 1;

    setsockopt(sock->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    sock_read(sock, SOCK_READING_MULTISHOT);
    cr_assert_eq(sock_send_copy(sock, (struct slice){big, sizeof big}), 0);
    ring_fixture_for(&io, 10);
    cr_assert(sock->send_armed);
    cr_assert(sock->recv_armed);
    sock_close(sock);
    close_sock();
}

static void block_a_send(void)
{
    static uint8_t big[RING_FIXTURE_CHUNKS * SEND_POOL_CHUNK_BYTES];
    const int small = 1;

    setsockopt(sock->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    cr_assert_eq(sock_send_copy(sock, (struct slice){big, sizeof big}), 0);
    ring_fixture_for(&io, 10);
    cr_assert(sock->send_armed);
}

/* A sock that is to be reset keeps its sending direction: only the cancel ends the send. What others have under way on
 * the ring stays. */
Test(sock, a_close_cancels_its_own_receive_and_send_and_nobody_elses)
{
    int pair[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct sock *other = sock_accept(&io, pair[0], &events, NULL);
    sock_read(other, SOCK_READING_MULTISHOT);
    sock_read(sock, SOCK_READING_MULTISHOT);
    block_a_send();
    sock_reset_on_close(sock);
    close_sock();

    cr_assert(other->recv_armed);
    cr_assert_eq(send(pair[1], "abc", 3, 0), 3);
    ring_fixture_for(&io, 10);
    cr_assert_eq(kept_bytes, 3);
    is_closed = false;
    sock_close(other);
    ring_fixture_until(&io, &is_closed);
    close(pair[1]);
}

/* Two ends of a connection through a listener of the test's: what the kernel sends is TCP's. */
static struct sock *connect_tcp(int *end)
{
    struct addr addr;
    int error = 0;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert_eq(addr_from_ip(&addr, SLICE_LITERAL("127.0.0.1"), 0), 0);
    cr_assert_eq(bind(listener, &addr.sa.any, addr.len), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, &addr.sa.any, &addr.len), 0);
    struct sock *s = sock_connect(&io, &addr, &events, NULL, &error);
    ring_fixture_until(&io, &is_connected);
    cr_assert_eq(connect_error, 0);
    *end = accept(listener, NULL, NULL);
    close(listener);
    return s;
}

static void close_tcp(struct sock *s)
{
    sock_close(s);
    ring_fixture_until(&io, &is_closed);
    is_closed = false;
}

/* After a FIN a reset would come as EPIPE, or the end of stream would be read before it. */
Test(sock, a_close_by_reset_sends_no_end_of_stream_before_it)
{
    uint8_t byte;
    int end;
    struct sock *s = connect_tcp(&end);

    sock_read(s, SOCK_READING_MULTISHOT);
    ring_fixture_for(&io, 5);
    sock_reset_on_close(s);
    close_tcp(s);
    cr_assert_eq(recv(end, &byte, 1, 0), -1);
    cr_assert_eq(errno, ECONNRESET);
    close(end);
}

Test(sock, a_connected_sock_is_kept_alive)
{
    int end, value = 0;
    socklen_t bytes = sizeof value;
    struct sock *s = connect_tcp(&end);

    cr_assert_eq(getsockopt(s->fd, SOL_SOCKET, SO_KEEPALIVE, &value, &bytes), 0);
    cr_assert_eq(value, 1);
    close_tcp(s);
    close(end);
}

/* What it refers to cannot be moved anywhere, and must not be held for as long as it likes. */
Test(sock, a_slow_reader_without_chunks_is_broken_off_and_holds_nothing)
{
    struct send_chunk *chunks[RING_FIXTURE_CHUNKS];
    const int small = 1;

    setsockopt(sock->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    for (unsigned i = 0; i < RING_FIXTURE_CHUNKS; i++) {
        chunks[i] = slab_take(&io.pool.chunks);
    }
    const struct lease l = buf_ring_filled(&io.bufs, 0, 16000);
    cr_assert_eq(sock_send_reference(sock, slice_of_span(l.bytes), l.buffer), 0);
    buf_ring_release(&io.bufs, l.buffer);
    ring_fixture_for(&io, 10);
    cr_assert_eq(send_error, -ENOMEM);
    cr_assert_eq(sock_queued_bytes(sock), 0);
    cr_assert(buf_ring_is_whole(&io.bufs));
    for (unsigned i = 0; i < RING_FIXTURE_CHUNKS; i++) {
        slab_give(&io.pool.chunks, chunks[i]);
    }
}

Test(sock, the_peer_sees_the_end_of_a_closed_sock)
{
    unsigned char got[4];

    sock_read(sock, SOCK_READING_MULTISHOT);
    ring_fixture_for(&io, 5);
    close_sock();
    cr_assert_eq(ring_fixture_drain(far, got, sizeof got), -1);
}

Test(sock, no_slot_is_told_and_the_descriptor_stays_the_callers)
{
    struct sock *more[RING_FIXTURE_SOCKS];
    unsigned count = 0;
    int pair[2], error = 0;
    struct addr nowhere;

    cr_assert_eq(addr_from_ip(&nowhere, SLICE_LITERAL("127.0.0.1"), 1), 0);
    while (count < RING_FIXTURE_SOCKS) {
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        close(pair[1]);
        more[count] = sock_accept(&io, pair[0], &events, NULL);
        if (more[count] == NULL) {
            break;
        }
        count++;
    }
    cr_assert_eq(count, RING_FIXTURE_SOCKS - 1);
    cr_assert_eq(close(pair[0]), 0);
    cr_assert_null(sock_connect(&io, &nowhere, &events, NULL, &error));
    cr_assert_eq(error, -EMFILE);
    for (unsigned i = 0; i < count; i++) {
        sock_close(more[i]);
    }
    ring_fixture_for(&io, 20);
    is_closed = false;
}

Test(sock, connects_or_says_why_not)
{
    struct addr addr;
    int error = 0;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert_eq(addr_from_ip(&addr, SLICE_LITERAL("127.0.0.1"), 0), 0);
    cr_assert_eq(bind(listener, &addr.sa.any, addr.len), 0);
    cr_assert_eq(getsockname(listener, &addr.sa.any, &addr.len), 0);

    struct sock *refused = sock_connect(&io, &addr, &events, NULL, &error);
    ring_fixture_until(&io, &is_connected);
    cr_assert_eq(connect_error, -ECONNREFUSED);
    sock_close(refused);
    ring_fixture_until(&io, &is_closed);

    cr_assert_eq(listen(listener, 4), 0);
    is_connected = is_closed = false;
    struct sock *good = sock_connect(&io, &addr, &events, NULL, &error);
    ring_fixture_until(&io, &is_connected);
    cr_assert_eq(connect_error, 0);
    sock_close(good);
    ring_fixture_until(&io, &is_closed);
    is_closed = false;
    close(listener);
}
