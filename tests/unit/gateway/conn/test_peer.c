#include "gateway/conn/peer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "simd/simd.h"
#include "tests/support/ring_fixture.h"

static struct io io;
static struct peer_env env;
static struct peer peer;
static int far;
static bool is_freed, is_open, has_timed_out;
enum { SHORT_MS = 50, LONG_MS = 60000 };

static unsigned head_count, part_count;
static enum http1_status bad_head;
static enum ws_status fault;
static int end_error;
static const struct ws_rules rules = {.message_bytes_max = 1000, .masking = WS_MASKING_REQUIRED};

static void on_head(struct peer *p)
{
    head_count++;
    peer_open(p, &rules);
    is_open = true;
    peer_take_early(p);
}

static void on_head_bad(struct peer *p, enum http1_status status)
{
    bad_head = status;
    peer_finish(p);
}

/* What of a compressed part is taken before it pauses its peer: as a queue that is full would. */
static size_t takes = SIZE_MAX;
static uint8_t taken[64];
static size_t taken_bytes;

static size_t on_part(struct peer *p, const struct ws_part *part, uint16_t buffer)
{
    (void)buffer;
    part_count++;
    const size_t bytes = part->body.len < takes ? part->body.len : takes;
    if (bytes < part->body.len || takes == 0) {
        peer_pause(p);
    }
    ASSERT(taken_bytes + bytes <= sizeof taken);
    simd->mask(taken + taken_bytes, part->body.ptr, bytes, part->key);
    taken_bytes += bytes;
    return part->body.len - bytes;
}

static void on_fault(struct peer *p, enum ws_status status)
{
    fault = status;
    peer_finish(p);
}

static void on_ended(struct peer *p, int error)
{
    end_error = error;
    peer_finish(p);
}

static void on_timed_out(struct peer *p)
{
    has_timed_out = true;
    peer_abort(p);
}

static void on_sent(struct peer *p)
{
    (void)p;
}

static void on_freed(struct peer *p)
{
    (void)p;
    is_freed = true;
}

static const struct peer_events events = {.head = on_head,
                                          .head_bad = on_head_bad,
                                          .part = on_part,
                                          .fault = on_fault,
                                          .ended = on_ended,
                                          .timed_out = on_timed_out,
                                          .sent = on_sent,
                                          .freed = on_freed};

static void set_up(void)
{
    int pair[2];

    ring_fixture_open(&io);
    env = (struct peer_env){.io = &io, .head_bytes_max = 512};
    cr_assert_eq(inbox_slab_init(&env.inboxes, env.head_bytes_max, 4), 0);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    peer_init(&peer, &env, &peer_role_client, &events);
    peer.linger_ms = LONG_MS; /* a test that waits for its end sets it anew */
    cr_assert_eq(peer_accept(&peer, pair[0]), 0);
    far = pair[1];
}

static void tear_down(void)
{
    peer_abort(&peer);
    ring_fixture_until(&io, &is_freed);
    cr_assert(peer_is_free(&peer));
    close(far);
    slab_deinit(&env.inboxes);
    ring_fixture_close(&io);
}

TestSuite(peer, .init = set_up, .fini = tear_down);

static void far_sends(const void *bytes, size_t count)
{
    cr_assert_eq(send(far, bytes, count, MSG_NOSIGNAL), (ssize_t)count);
}

static void open_peer(void)
{
    far_sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27);
    ring_fixture_until(&io, &is_open);
}

/* Every edge, written out: a change of the table must be meant. */
Test(peer, follows_only_the_edges_of_the_table)
{
    static const char *const edges[PEER_STATE_COUNT] = {
        [PEER_FREE] = "CONNECTING HEAD",
        [PEER_CONNECTING] = "HEAD CLOSING",
        [PEER_HEAD] = "HELD BODY OPEN FLUSHING CLOSING",
        [PEER_HELD] = "OPEN FLUSHING CLOSING",
        [PEER_BODY] = "FLUSHING CLOSING",
        [PEER_OPEN] = "CLOSE_SENT CLOSE_RECEIVED FLUSHING CLOSING",
        [PEER_CLOSE_SENT] = "FLUSHING CLOSING",
        [PEER_CLOSE_RECEIVED] = "FLUSHING CLOSING",
        [PEER_FLUSHING] = "LINGERING CLOSING",
        [PEER_LINGERING] = "CLOSING",
        [PEER_CLOSING] = "FREE",
    };
    for (int from = 0; from < PEER_STATE_COUNT; from++) {
        char found[200] = "";
        size_t len = 0;
        for (int next = 0; next < PEER_STATE_COUNT; next++) {
            if (peer_state_may_follow((enum peer_state)from, (enum peer_state)next)) {
                len += (size_t)snprintf(found + len, sizeof found - len, "%s%s", len > 0 ? " " : "",
                                        peer_state_name((enum peer_state)next));
            }
        }
        cr_assert_str_eq(found, edges[from], "from %s", peer_state_name((enum peer_state)from));
    }
}

Test(peer, needs_no_inbox_before_its_first_byte_and_none_when_it_is_open)
{
    cr_assert_null(peer.inbox);
    far_sends("GET / HTTP", 10);
    ring_fixture_for(&io, 5);
    cr_assert_not_null(peer.inbox);
    far_sends("/1.1\r\n\r\n", 8);
    ring_fixture_until(&io, &is_open);
    cr_assert_null(peer.inbox);
    cr_assert_eq(head_count, 1);
}

Test(peer, tells_a_head_that_is_wrong)
{
    far_sends("GET / HTTP/1.1\n", 15);
    ring_fixture_for(&io, 5);
    cr_assert_eq(bad_head, HTTP1_ERR_BARE_LF);
}

Test(peer, reads_out_what_still_comes_before_it_closes)
{
    unsigned char got[8];

    open_peer();
    cr_assert_eq(peer_send(&peer, SLICE_LITERAL("bye")), 0);
    peer_finish(&peer);
    cr_assert_eq(peer.state, PEER_FLUSHING);
    ring_fixture_for(&io, 5);
    cr_assert_eq(peer.state, PEER_LINGERING);
    cr_assert_eq(ring_fixture_drain(far, got, 3), 3);
    cr_assert_eq(ring_fixture_drain(far, got, 1), -1);
    far_sends("unread", 6);
    ring_fixture_for(&io, 5);
    cr_assert_eq(peer.state, PEER_LINGERING);
    shutdown(far, SHUT_WR);
    ring_fixture_until(&io, &is_freed);
}

Test(peer, does_not_linger_for_ever)
{
    open_peer();
    peer.linger_ms = SHORT_MS;
    peer_finish(&peer);
    ring_fixture_until(&io, &is_freed);
}

Test(peer, a_close_of_ours_waits_for_theirs)
{
    const uint8_t theirs[] = {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8};
    unsigned char got[8];

    open_peer();
    peer_send_close(&peer, &(struct ws_close){.code = 1001, .reason = SLICE_LITERAL("bye")});
    cr_assert_eq(peer.state, PEER_CLOSE_SENT);
    peer_send_close(&peer, &(struct ws_close){.code = 1002});
    ring_fixture_for(&io, 5);
    cr_assert_eq(ring_fixture_drain(far, got, sizeof got), 7);
    cr_assert_eq(memcmp(got,
                        "\x88\x05\x03\xe9"
                        "bye",
                        7),
                 0);
    far_sends(theirs, sizeof theirs);
    ring_fixture_for(&io, 5);
    cr_assert_eq(part_count, 1);
    peer_close_was_received(&peer);
    cr_assert(peer.is_agreed);
}

Test(peer, a_close_that_gets_no_answer_is_told_after_its_time)
{
    open_peer();
    peer.linger_ms = SHORT_MS;
    peer_send_close(&peer, &(struct ws_close){.code = 1000});
    ring_fixture_until(&io, &has_timed_out);
}

Test(peer, a_close_never_stands_inside_a_frame)
{
    unsigned char got[8];

    open_peer();
    peer.mid_frame = true;
    peer_send_close(&peer, &(struct ws_close){.code = 1000});
    cr_assert(peer.state == PEER_FLUSHING || peer.state == PEER_LINGERING);
    ring_fixture_for(&io, 5);
    cr_assert_eq(ring_fixture_drain(far, got, sizeof got), -1);
}

Test(peer, of_pongs_that_must_wait_only_the_latest_is_sent)
{
    unsigned char got[16];
    struct ws_part ping = {.body = SLICE_LITERAL("one"), .opcode = WS_OPCODE_PING, .is_control = true};

    open_peer();
    peer.mid_frame = true;
    cr_assert_eq(peer_send_pong(&peer, &ping, 1000), 0);
    ping.body = SLICE_LITERAL("two");
    cr_assert_eq(peer_send_pong(&peer, &ping, 1000), 0);
    peer_send_waiting_pong(&peer);
    ring_fixture_for(&io, 5);
    cr_assert_eq(ring_fixture_drain(far, got, sizeof got), 0);
    peer.mid_frame = false;
    peer_send_waiting_pong(&peer);
    ring_fixture_for(&io, 5);
    cr_assert_eq(ring_fixture_drain(far, got, sizeof got), 5);
    cr_assert_eq(memcmp(got, "\x8a\x03two", 5), 0);
}

Test(peer, is_read_one_buffer_at_a_time_once_it_was_paused)
{
    open_peer();
    cr_assert_eq(peer.sock->reading, SOCK_READING_MULTISHOT);
    peer_pause(&peer);
    cr_assert_eq(peer.sock->reading, SOCK_READING_OFF);
    ring_fixture_for(&io, 5);
    peer_resume(&peer);
    cr_assert_eq(peer.sock->reading, SOCK_READING_ONCE);
    for (int i = 0; i < 3; i++) {
        far_sends("\x82\x80\0\0\0\0", 6);
        ring_fixture_for(&io, 3);
    }
    cr_assert_eq(part_count, 3);
}

Test(peer, tells_a_fault_and_takes_nothing_more)
{
    open_peer();
    far_sends("\x82\x80\0\0\0\0"
              "\x83\x80\0\0\0\0"
              "\x82\x80\0\0\0\0",
              18);
    ring_fixture_for(&io, 5);
    cr_assert_eq(part_count, 1);
    cr_assert_eq(fault, WS_ERR_OPCODE);
}

Test(peer, tells_the_end_of_its_stream)
{
    open_peer();
    end_error = -1;
    shutdown(far, SHUT_WR);
    ring_fixture_until(&io, &is_freed);
    cr_assert_eq(end_error, 0);
}

static const struct ws_rules compressed = {
    .message_bytes_max = 1000, .masking = WS_MASKING_REQUIRED, .rsv_allowed = WS_RSV1};

Test(peer, puts_off_what_a_metered_one_sent_beyond_a_pause)
{
    static struct send_queue backlog; /* the peer has it until it is closed */

    open_peer();
    peer.rules = &compressed;
    peer_meter(&peer, &backlog);
    takes = 4;
    far_sends("\xc2\x8aKEY!\x2a\x2a\x2a\x2a\x2a\x2a\x2a\x2a\x2a\x2a\xc1\x82KEY!\x2a\x2a", 24);
    ring_fixture_for(&io, 5);
    cr_assert_eq(taken_bytes, 4);
    cr_assert_eq(backlog.bytes, 6 + 8);
    peer_resume(&peer);
    cr_assert_eq(taken_bytes, 8);
    far_sends("\xc2\x81KEY!\x2a", 7);
    ring_fixture_for(&io, 5);
    cr_assert_eq(backlog.bytes, 2 + 8, "it is not read while it is paused");
    peer_resume(&peer);
    ring_fixture_for(&io, 5);
    cr_assert_eq(backlog.bytes, 0);
    cr_assert_eq(taken_bytes, 13);
    for (size_t i = 0; i < 10; i++) {
        cr_assert_eq(taken[i], "KEY!"[i % 4] ^ 0x2a);
    }
}

Test(peer, reads_on_but_takes_nothing_of_one_that_failed_and_still_sends_to_it)
{
    unsigned char got[8];

    open_peer();
    peer_fault(&peer, WS_ERR_OPCODE);
    cr_assert_eq(peer.state, PEER_CLOSE_RECEIVED);
    far_sends("\x82\x80\0\0\0\0", 6);
    ring_fixture_for(&io, 5);
    cr_assert_eq(part_count, 0);
    cr_assert_eq(peer_send(&peer, SLICE_LITERAL("due")), 0);
    peer_send_close(&peer, &(struct ws_close){.code = 1002});
    ring_fixture_for(&io, 5);
    cr_assert_eq(ring_fixture_drain(far, got, sizeof got), 7);
    cr_assert_eq(memcmp(got, "due\x88\x02\x03\xea", 7), 0);
    cr_assert(!peer.is_agreed);
}
