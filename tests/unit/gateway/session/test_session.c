#include "gateway/session/session.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

static const char config[] = "routes: [ { match: { path: /echo }, to: echo }, { to: BACKEND } ]\n"
                             "timeouts: { close: 200ms }\n";

static struct shard_fixture f;
static uint8_t got[4096];

static void set_up(void)
{
    shard_fixture_open(&f, config, 8, 256);
}

static void tear_down(void)
{
    shard_fixture_close(&f);
}

TestSuite(session, .init = set_up, .fini = tear_down);

static unsigned close_code(const uint8_t *frame)
{
    return frame[0] == 0x88 ? (unsigned)(frame[2] << 8 | frame[3]) : 0;
}

Test(session, a_drain_sends_1001_to_both_sides_and_503_to_new_requests)
{
    int backend;
    const int client = shard_fixture_open_relay(&f, "/", &backend);
    const int late = shard_fixture_client(&f);

    shard_fixture_send_text(&f, late, "GET / HTTP/1.1\r\n");
    for (int i = 0; i < 3; i++) {
        io_turn(&f.io, f.io.now_ms + 1);
    }
    session_drain_all(&f.pool, 20);
    cr_assert_eq(shard_fixture_read(&f, client, got, 4), 4);
    cr_assert_eq(close_code(got), 1001);
    cr_assert_eq(shard_fixture_read(&f, backend, got, 8), 8);
    cr_assert_eq((got[2] ^ got[6]) << 8 | (got[3] ^ got[7]), 1001);
    cr_assert_gt(shard_fixture_read_all(&f, late, got, sizeof got), 12);
    cr_assert_eq(memcmp(got, "HTTP/1.1 503", 12), 0);
    close(client);
    close(backend);
    close(late);
}

/* What the other side still says is dropped (RFC 6455 section 5.5.1). */
Test(session, a_side_that_was_sent_a_close_is_sent_nothing_more)
{
    uint8_t frame[64];
    int backend;
    const int client = shard_fixture_open_relay(&f, "/", &backend);

    session_drain_all(&f.pool, 1);
    cr_assert_eq(shard_fixture_read(&f, client, got, 2), 2);
    cr_assert_eq(shard_fixture_read(&f, client, got + 2, got[1]), got[1]);
    cr_assert_eq(close_code(got), 1001);
    shard_fixture_send(&f, backend, frame, shard_fixture_plain(frame, 0x81, "late", 4));
    shard_fixture_send(&f, backend, frame, shard_fixture_plain(frame, 0x89, "late", 4));
    shard_fixture_send(&f, client, frame, shard_fixture_masked(frame, 0x88, "\x03\xe9", 2));
    cr_assert_eq(shard_fixture_read_all(&f, client, got, sizeof got), 0);
    close(client);
    close(backend);
}

/* The message in progress arrives whole before the Close. */
Test(session, a_drain_waits_for_the_message_in_progress)
{
    uint8_t frame[64];
    const int client = shard_fixture_open_echo(&f, "/echo");
    size_t bytes = shard_fixture_masked(frame, 0x01, "half", 4);

    shard_fixture_send(&f, client, frame, bytes);
    cr_assert_eq(shard_fixture_read(&f, client, got, 6), 6);
    session_drain_all(&f.pool, 1);
    for (int i = 0; i < 20; i++) {
        io_turn(&f.io, f.io.now_ms + 2);
    }
    bytes = shard_fixture_masked(frame, 0x80, "done", 4);
    shard_fixture_send(&f, client, frame, bytes);
    cr_assert_eq(shard_fixture_read(&f, client, got, 6), 6);
    cr_assert_eq(memcmp(got + 2, "done", 4), 0);
    cr_assert_eq(shard_fixture_read(&f, client, got, 4), 4);
    cr_assert_eq(close_code(got), 1001);
    close(client);
}

Test(session, all_can_be_ended_at_once)
{
    int backend;
    const int client = shard_fixture_open_relay(&f, "/", &backend);

    session_abort_all(&f.pool);
    cr_assert_eq(shard_fixture_read_all(&f, client, got, sizeof got), 0);
    cr_assert_eq(shard_fixture_read_all(&f, backend, got, sizeof got), 0);
    close(client);
    close(backend);
}

Test(session, the_first_reason_of_an_end_stands)
{
    const int client = shard_fixture_open_echo(&f, "/echo");
    struct session *s = CONTAINER_OF(f.pool.all.next, struct session, link);

    session_note_end(s, SESSION_BY_CLIENT, 4000, "first", SLICE_LITERAL("why"));
    session_note_end(s, SESSION_BY_GATEWAY, 1011, "second", SLICE_LITERAL(""));
    cr_assert_eq(s->end.code, 4000);
    cr_assert_eq(s->end.initiator, SESSION_BY_CLIENT);
    cr_assert_str_eq(s->end.cause, "first");
    cr_assert_eq(s->end.reason_bytes, 3);
    close(client);
}

Test(session, slots_that_run_out_close_the_connection_at_once)
{
    int clients[8 + SESSION_POOL_RESERVE];

    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        clients[i] = shard_fixture_client(&f);
    }
    const int one_more = shard_fixture_client(&f);
    cr_assert_eq(shard_fixture_read_all(&f, one_more, got, sizeof got), 0);
    close(one_more);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        close(clients[i]);
    }
}

/* The quota is used up by other shards: this one has many slots, and yet may hold only its reserve. */
Test(session, beyond_the_quota_a_shard_holds_no_more_than_its_reserve)
{
    int clients[SESSION_POOL_RESERVE];

    f.quota.used = f.quota.max;
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        clients[i] = shard_fixture_client(&f);
    }
    const int one_more = shard_fixture_client(&f);
    cr_assert_eq(shard_fixture_read_all(&f, one_more, got, sizeof got), 0);

    /* The reserve itself is answered; what it gave up can be had again. */
    shard_fixture_send_text(&f, clients[0], shard_fixture_request(&f, "/echo"));
    cr_assert_gt(shard_fixture_read_all(&f, clients[0], got, sizeof got), 12);
    cr_assert_eq(memcmp(got, "HTTP/1.1 503", 12), 0);
    close(clients[0]);
    for (int i = 0; i < 10; i++) {
        io_turn(&f.io, f.io.now_ms + 2);
    }
    clients[0] = shard_fixture_client(&f);
    shard_fixture_send_text(&f, clients[0], shard_fixture_request(&f, "/echo"));
    cr_assert_gt(shard_fixture_read_all(&f, clients[0], got, sizeof got), 12);
    cr_assert_eq(memcmp(got, "HTTP/1.1 503", 12), 0);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        close(clients[i]);
    }
    close(one_more);
    while (!session_pool_is_empty(&f.pool)) {
        io_turn(&f.io, f.io.now_ms + 2);
    }
    cr_assert_eq(f.pool.uncounted, 0);
    f.quota.used = 0;
}

/* ---- a side that is held back ---- */

enum { FLOOD_BYTES = 3 << 20, MESSAGE_BYTES = 50000 };

static int client, backend;
static uint8_t flood[FLOOD_BYTES + MESSAGE_BYTES + 100], payload[MESSAGE_BYTES];

static void open_held(void)
{
    shard_fixture_open(&f,
                       "routes: [ { to: BACKEND } ]\n"
                       "limits: { message_size: 1MiB, backend_message_size: 1MiB }\n"
                       "slow_consumer: { queue: 64KiB }\n"
                       "timeouts: { close: 60s }\n",
                       8, 512);
    client = shard_fixture_open_relay(&f, "/", &backend);
}

TestSuite(session_held, .init = open_held, .fini = tear_down);

typedef size_t frame_fn(uint8_t *out, uint8_t first_byte, const void *payload, size_t bytes);

/* From floods until the gateway does not read it any more; to goes without having read. From's answer to the Close that
 * it gets is behind the rest of the flood: who stayed held back would be answered for in a minute only. */
static void check_ends(int from, int to, const struct peer *held, frame_fn *frame)
{
    size_t total = 0, done = 0;

    while (total < FLOOD_BYTES) {
        total += frame(flood + total, 0x82, payload, sizeof payload);
    }
    for (unsigned idle = 0; idle < 50 && done < total;) {
        const ssize_t n = send(from, flood + done, total - done, MSG_DONTWAIT);
        done += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        io_turn(&f.io, f.io.now_ms + 1);
    }
    cr_assert_lt(done, total);
    cr_assert(held->is_paused);
    close(to);
    total += frame(flood + total, 0x88, "\x03\xe9", 2);
    shard_fixture_send(&f, from, flood + done, total - done);
    cr_assert_eq(shard_fixture_read(&f, from, got, 4), 4);
    close(from);
    for (int i = 0; i < 100 && !session_pool_is_empty(&f.pool); i++) {
        io_turn(&f.io, f.io.now_ms + 2);
    }
    cr_assert(session_pool_is_empty(&f.pool));
}

static struct session *first_session(void)
{
    return CONTAINER_OF(f.pool.all.next, struct session, link);
}

Test(session_held, ends_when_the_client_that_did_not_read_goes)
{
    check_ends(backend, client, &first_session()->upstream, shard_fixture_plain);
}

Test(session_held, ends_when_the_backend_that_did_not_read_goes)
{
    check_ends(client, backend, &first_session()->client, shard_fixture_masked);
}

/* No chunk is left for what a slow side cannot take at once; another session, whose sides read, needs none. */
Test(session_held, without_chunks_only_the_slow_session_ends)
{
    struct send_chunk *chunks[512];
    int other_backend;
    const int small = 1;
    const int other = shard_fixture_open_relay(&f, "/", &other_backend);

    setsockopt(first_session()->upstream.sock->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        chunks[i] = slab_take(&f.io.pool.chunks);
        cr_assert_not_null(chunks[i]);
    }
    const size_t bytes = shard_fixture_masked(flood, 0x82, payload, 30000);
    shard_fixture_send(&f, client, flood, bytes);
    for (int i = 0; i < 10; i++) {
        io_turn(&f.io, f.io.now_ms + 2);
    }
    cr_assert_eq(f.pool.sessions.used, 1, "the slow session is still there");
    const size_t small_bytes = shard_fixture_masked(flood, 0x82, "still here", 10);
    shard_fixture_send(&f, other, flood, small_bytes);
    cr_assert_eq(shard_fixture_read(&f, other_backend, got, small_bytes), small_bytes);
    cr_assert_eq(memcmp(got, flood, small_bytes), 0);

    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        slab_give(&f.io.pool.chunks, chunks[i]);
    }
    shard_fixture_read_all(&f, backend, payload, sizeof payload);
    close(client);
    close(backend);
    close(other);
    close(other_backend);
}
