#include "gateway/session/relay.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

static const char config[] = "routes:\n"
                             "  - { match: { path: /edge }, to: BACKEND, ping: { answer: edge } }\n"
                             "  - { to: BACKEND }\n"
                             "limits: { message_size: 1MiB, backend_message_size: 1MiB }\n"
                             "slow_consumer: { queue: 64KiB }\n"
                             "timeouts: { close: 200ms }\n";

static struct shard_fixture f;
static int client, backend;
static uint8_t payload[300000], sent[300100], want[300100], got[300100];

static void set_up(void)
{
    shard_fixture_open(&f, config, 8, 512);
}

static void tear_down(void)
{
    close(client);
    close(backend);
    shard_fixture_close(&f);
}

TestSuite(relay, .init = set_up, .fini = tear_down);

static void open_path(const char *path)
{
    client = shard_fixture_open_relay(&f, path, &backend);
}

static struct session *only_session(void)
{
    return CONTAINER_OF(f.pool.all.next, struct session, link);
}

/* Sends bytes at one end and expects the very same at the other. */
static void check_passes(int from, int to, const uint8_t *bytes, size_t count)
{
    shard_fixture_send(&f, from, bytes, count);
    cr_assert_eq(shard_fixture_read(&f, to, got, count), count);
    cr_assert_eq(memcmp(got, bytes, count), 0, "%zu bytes were changed on the way", count);
}

Test(relay, frames_go_on_as_they_came_masked_and_plain)
{
    static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536, 300000};

    open_path("/");
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)(i * 13 >> 3);
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        check_passes(client, backend, sent, shard_fixture_masked(sent, 0x82, payload, sizes[i]));
        check_passes(backend, client, sent, shard_fixture_plain(sent, 0x82, payload, sizes[i]));
    }
    check_passes(client, backend, sent, shard_fixture_masked(sent, 0x01, "fragm", 5));
    check_passes(client, backend, sent, shard_fixture_masked(sent, 0x89, "ping between", 12));
    check_passes(client, backend, sent, shard_fixture_masked(sent, 0x80, "ent", 3));
    check_passes(backend, client, sent, shard_fixture_plain(sent, 0x8a, "ping between", 12));
    cr_assert_eq(only_session()->from_client.messages, ARRAY_LEN(sizes) + 1);
    cr_assert_eq(only_session()->from_upstream.messages, ARRAY_LEN(sizes));
}

Test(relay, a_frame_goes_on_byte_by_byte_as_it_comes)
{
    open_path("/");
    const size_t bytes = shard_fixture_masked(sent, 0x81, "slowly", 6);
    for (size_t i = 0; i < bytes; i++) {
        shard_fixture_send(&f, client, sent + i, 1);
        io_turn(&f.io, f.io.now_ms);
        io_turn(&f.io, f.io.now_ms);
    }
    cr_assert_eq(shard_fixture_read(&f, backend, got, bytes), bytes);
    cr_assert_eq(memcmp(got, sent, bytes), 0);
}

Test(relay, a_close_travels_there_and_back_with_code_and_reason)
{
    char line[2048];

    open_path("/");
    check_passes(client, backend, sent, shard_fixture_masked(sent, 0x88, "\x0f\xa0gone home", 11));
    const size_t bytes = shard_fixture_plain(sent, 0x88, "\x0f\xa0gone home", 11);
    shard_fixture_send(&f, backend, sent, bytes);
    cr_assert_eq(shard_fixture_read_all(&f, client, got, sizeof got), bytes);
    cr_assert_eq(memcmp(got, sent, bytes), 0);
    close(backend);
    close(client);
    shard_fixture_log_line(&f, "\"event\":\"close\"", line, sizeof line);
    cr_assert_not_null(strstr(line, "\"initiator\":\"client\",\"code\":4000,\"reason\":\"gone home\""), "%s", line);
}

Test(relay, a_backend_that_sends_close_first_gets_its_answer_and_ends_tcp)
{
    open_path("/");
    check_passes(backend, client, sent, shard_fixture_plain(sent, 0x88, "\x03\xe9", 2));
    const size_t bytes = shard_fixture_masked(sent, 0x88, "\x03\xe9", 2);
    shard_fixture_send(&f, client, sent, bytes);
    cr_assert_eq(shard_fixture_read(&f, backend, got, bytes), bytes);
    cr_assert_eq(memcmp(got, sent, bytes), 0);
    cr_assert_eq(shard_fixture_read_all(&f, client, got, sizeof got), 0);
}

/* The close timeout passes; whoever waits for the answer gets it from the gateway. */
Test(relay, a_close_that_is_not_answered_is_answered_by_the_gateway)
{
    open_path("/");
    check_passes(client, backend, sent, shard_fixture_masked(sent, 0x88, "\x03\xe8", 2));
    const size_t bytes = shard_fixture_plain(want, 0x88, "\x03\xe8", 2);
    cr_assert_eq(shard_fixture_read_all(&f, client, got, sizeof got), bytes);
    cr_assert_eq(memcmp(got, want, bytes), 0);
}

Test(relay, a_backend_that_vanishes_gives_1014_to_the_client)
{
    open_path("/");
    close(backend);
    backend = -1;
    const size_t bytes = shard_fixture_read(&f, client, got, 4);
    cr_assert_eq(bytes, 4);
    cr_assert_eq(got[0], 0x88);
    cr_assert_eq(got[2] << 8 | got[3], WS_CLOSE_BAD_GATEWAY);
}

Test(relay, a_client_that_vanishes_gives_a_masked_1001_to_the_backend)
{
    open_path("/");
    close(client);
    client = -1;
    cr_assert_eq(shard_fixture_read(&f, backend, got, 8), 8);
    cr_assert_eq(got[0], 0x88);
    cr_assert_eq(got[1], 0x82);
    cr_assert_eq((got[2] ^ got[6]) << 8 | (got[3] ^ got[7]), WS_CLOSE_GOING_AWAY);
}

Test(relay, nothing_of_a_bad_frame_that_came_whole_reaches_the_other_side)
{
    open_path("/");
    size_t bytes = shard_fixture_masked(sent, 0x81, "good", 4);
    const size_t good = bytes;
    bytes += shard_fixture_masked(sent + bytes, 0x81, "bad \xff", 5);
    shard_fixture_send(&f, client, sent, bytes);
    cr_assert_eq(shard_fixture_read(&f, backend, got, good), good);
    cr_assert_eq(memcmp(got, sent, good), 0);
    cr_assert_eq(shard_fixture_read(&f, backend, got, 2), 2);
    cr_assert_eq(got[0], 0x88, "the backend got something else than a Close");
    cr_assert_eq(shard_fixture_read(&f, client, got, 4), 4);
    cr_assert_eq(got[2] << 8 | got[3], WS_CLOSE_INVALID_DATA);
}

/* A Close may not stand inside a frame: the connection just ends. */
Test(relay, a_backend_in_the_middle_of_a_frame_is_not_sent_a_close)
{
    open_path("/");
    const size_t bytes = shard_fixture_masked(sent, 0x81, "not all of this", 15);
    shard_fixture_send(&f, client, sent, bytes - 5);
    cr_assert_eq(shard_fixture_read(&f, backend, got, bytes - 5), bytes - 5);
    close(client);
    client = -1;
    cr_assert_eq(shard_fixture_read_all(&f, backend, got, sizeof got), 0);
}

Test(relay, the_edge_answers_pings_of_both_sides_where_the_route_says_so)
{
    open_path("/edge");
    size_t bytes = shard_fixture_masked(sent, 0x89, "c", 1);
    shard_fixture_send(&f, client, sent, bytes);
    bytes = shard_fixture_plain(want, 0x8a, "c", 1);
    cr_assert_eq(shard_fixture_read(&f, client, got, bytes), bytes);
    cr_assert_eq(memcmp(got, want, bytes), 0);

    bytes = shard_fixture_plain(sent, 0x89, "b", 1);
    shard_fixture_send(&f, backend, sent, bytes);
    cr_assert_eq(shard_fixture_read(&f, backend, got, 7), 7);
    cr_assert_eq(got[0], 0x8a);
    cr_assert_eq(got[1], 0x81);
    cr_assert_eq(got[6] ^ got[2], 'b');
}

/* One side sends without end, the other does not read: the queue stays near its mark, and nothing is lost. */
static void check_pressure(int from, int to, bool masked, const struct peer *slow)
{
    enum { TOTAL = 3 << 20 };
    static uint8_t stream[TOTAL + 300100], back[TOTAL + 300100];
    size_t total = 0, done = 0, taken = 0;

    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)(i * 31 >> 4);
    }
    while (total < TOTAL) {
        total += masked ? shard_fixture_masked(stream + total, 0x82, payload, 50000 + total % 7)
                        : shard_fixture_plain(stream + total, 0x82, payload, 50000 + total % 7);
    }
    for (unsigned idle = 0; idle < 50 && done < total;) {
        const ssize_t n = send(from, stream + done, total - done, MSG_DONTWAIT);
        done += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        io_turn(&f.io, f.io.now_ms + 1);
    }
    cr_assert_lt(done, total, "it was never held back");
    cr_assert_geq(sock_queued_bytes(slow->sock), 32 << 10);
    cr_assert_leq(sock_queued_bytes(slow->sock), 1 << 20, "%zu bytes are queued", sock_queued_bytes(slow->sock));
    cr_assert_eq(slow->sock->out.references, 0, "a slow peer holds receive buffers");

    while (taken < total) {
        const ssize_t n = done < total ? send(from, stream + done, total - done, MSG_DONTWAIT) : 0;
        done += n > 0 ? (size_t)n : 0;
        const size_t step = total - taken < 8192 ? total - taken : 8192;
        cr_assert_eq(shard_fixture_read(&f, to, back + taken, step), step);
        taken += step;
    }
    cr_assert_eq(memcmp(stream, back, total), 0);
}

Test(relay, a_backend_that_does_not_read_pauses_the_client)
{
    open_path("/");
    check_pressure(client, backend, true, &only_session()->upstream);
}

Test(relay, a_client_that_does_not_read_pauses_the_backend)
{
    open_path("/");
    check_pressure(backend, client, false, &only_session()->client);
}

Test(relay, out_of_send_buffers_the_session_ends_with_1013)
{
    struct send_chunk *chunks[513];
    unsigned count = 0;
    char line[2048];
    const int small = 1;

    open_path("/");
    setsockopt(only_session()->upstream.sock->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    while ((chunks[count] = slab_take(&f.io.pool.chunks)) != NULL) {
        count++;
    }
    slab_give(&f.io.pool.chunks, chunks[--count]);
    slab_give(&f.io.pool.chunks, chunks[--count]);
    for (unsigned i = 0; i < 100 && only_session()->client.state == PEER_OPEN; i++) {
        const size_t bytes = shard_fixture_masked(sent, 0x82, payload, 10000);
        (void)!send(client, sent, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
        io_turn(&f.io, f.io.now_ms + 1);
    }
    cr_assert_eq(shard_fixture_read(&f, client, got, 4), 4);
    cr_assert_eq(got[2] << 8 | got[3], WS_CLOSE_TRY_AGAIN);
    while (count > 0) {
        slab_give(&f.io.pool.chunks, chunks[--count]);
    }
    close(client);
    client = -1;
    shard_fixture_log_line(&f, "\"event\":\"close\"", line, sizeof line);
    cr_assert_not_null(strstr(line, "\"initiator\":\"gateway\",\"code\":1013"), "%s", line);
}
