#include "gateway/session/echo.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

static struct shard_fixture f;
static int client;

static void set_up(void)
{
    shard_fixture_open(&f, "routes: [ { to: echo } ]\nlimits: { message_size: 1MiB }\n", 8, 1024);
    client = shard_fixture_open_echo(&f, "/");
}

static void tear_down(void)
{
    close(client);
    shard_fixture_close(&f);
}

TestSuite(echo, .init = set_up, .fini = tear_down);

static uint8_t payload[200000], sent[200100], want[200100], got[200100];

static void check_round_trip(uint8_t first_byte, size_t bytes)
{
    const size_t sent_bytes = shard_fixture_masked(sent, first_byte, payload, bytes);
    const size_t want_bytes = shard_fixture_plain(want, first_byte, payload, bytes);

    shard_fixture_send(&f, client, sent, sent_bytes);
    cr_assert_eq(shard_fixture_read(&f, client, got, want_bytes), want_bytes);
    cr_assert_eq(memcmp(got, want, want_bytes), 0, "%zu bytes came back changed", bytes);
}

Test(echo, gives_back_every_form_of_length)
{
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 1000, 16000, 65535, 65536, 65537, 200000};

    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)(i * 7 >> 2);
    }
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        check_round_trip(0x82, sizes[i]);
    }
}

Test(echo, keeps_fragments_as_they_are)
{
    memset(payload, 'x', 300);
    check_round_trip(0x01, 10);
    check_round_trip(0x00, 300);
    check_round_trip(0x80, 0);
    check_round_trip(0x81, 5);
}

Test(echo, gives_back_a_message_that_comes_byte_by_byte)
{
    const size_t sent_bytes = shard_fixture_masked(sent, 0x81, "h\xc3\xa9llo", 6);
    const size_t want_bytes = shard_fixture_plain(want, 0x81, "h\xc3\xa9llo", 6);

    for (size_t i = 0; i < sent_bytes; i++) {
        shard_fixture_send(&f, client, sent + i, 1);
        io_turn(&f.io, f.io.now_ms);
        io_turn(&f.io, f.io.now_ms);
    }
    cr_assert_eq(shard_fixture_read(&f, client, got, want_bytes), want_bytes);
    cr_assert_eq(memcmp(got, want, want_bytes), 0);
}

Test(echo, answers_many_messages_of_one_segment_in_order)
{
    size_t sent_bytes = 0, want_bytes = 0;

    for (unsigned i = 0; i < 500; i++) {
        const size_t bytes = i % 131;
        memset(payload, (int)('a' + i % 26), bytes);
        sent_bytes += shard_fixture_masked(sent + sent_bytes, 0x81, payload, bytes);
        want_bytes += shard_fixture_plain(want + want_bytes, 0x81, payload, bytes);
    }
    shard_fixture_send(&f, client, sent, sent_bytes);
    cr_assert_eq(shard_fixture_read(&f, client, got, want_bytes), want_bytes);
    cr_assert_eq(memcmp(got, want, want_bytes), 0);
}

Test(echo, answers_a_ping_with_its_payload_and_a_close_with_its_code)
{
    size_t bytes = shard_fixture_masked(sent, 0x89, "are you there", 13);
    bytes += shard_fixture_masked(sent + bytes, 0x8a, "unasked", 7);
    bytes += shard_fixture_masked(sent + bytes, 0x88, "\x0f\xa1why", 5);
    size_t want_bytes = shard_fixture_plain(want, 0x8a, "are you there", 13);
    want_bytes += shard_fixture_plain(want + want_bytes, 0x88, "\x0f\xa1why", 5);

    shard_fixture_send(&f, client, sent, bytes);
    cr_assert_eq(shard_fixture_read_all(&f, client, got, sizeof got), want_bytes);
    cr_assert_eq(memcmp(got, want, want_bytes), 0);
}

/* A pong may not stand inside a frame that is under way. */
Test(echo, a_pong_waits_for_the_end_of_a_frame)
{
    size_t bytes = shard_fixture_masked(sent, 0x02, payload, 10);
    const size_t first = bytes;
    bytes += shard_fixture_masked(sent + bytes, 0x89, "p", 1);
    bytes += shard_fixture_masked(sent + bytes, 0x80, payload, 3);
    size_t want_bytes = shard_fixture_plain(want, 0x02, payload, 10);
    want_bytes += shard_fixture_plain(want + want_bytes, 0x8a, "p", 1);
    want_bytes += shard_fixture_plain(want + want_bytes, 0x80, payload, 3);

    shard_fixture_send(&f, client, sent, first - 4);
    io_turn(&f.io, f.io.now_ms + 2);
    shard_fixture_send(&f, client, sent + first - 4, bytes - first + 4);
    cr_assert_eq(shard_fixture_read(&f, client, got, want_bytes), want_bytes);
    cr_assert_eq(memcmp(got, want, want_bytes), 0);
}

/* A client that sends and does not read is not read from any more; all comes back when it reads. */
Test(echo, a_client_that_does_not_read_is_paused_and_loses_nothing)
{
    enum { MESSAGES = 40, BYTES = 60000 };
    static uint8_t all[MESSAGES * (BYTES + 14)];
    size_t total = 0, done = 0, back = 0;

    for (unsigned i = 0; i < MESSAGES; i++) {
        memset(payload, (int)i, BYTES);
        total += shard_fixture_masked(all + total, 0x82, payload, BYTES);
    }
    for (unsigned idle = 0; idle < 50 && done < total;) {
        const ssize_t n = send(client, all + done, total - done, MSG_DONTWAIT);
        done += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        io_turn(&f.io, f.io.now_ms + 1);
    }
    cr_assert_lt(done, total, "it was never held back");
    struct session *s = CONTAINER_OF(f.pool.all.next, struct session, link);
    cr_assert(s->client.is_paused);
    cr_assert_leq(sock_queued_bytes(s->client.sock), 1 << 20);

    for (unsigned i = 0; i < MESSAGES; i++) {
        memset(payload, (int)i, BYTES);
        const size_t want_bytes = shard_fixture_plain(want, 0x82, payload, BYTES);
        size_t have = 0;
        while (have < want_bytes) {
            if (done < total) {
                const ssize_t n = send(client, all + done, total - done, MSG_DONTWAIT);
                done += n > 0 ? (size_t)n : 0;
            }
            have += shard_fixture_read(&f, client, got + have, want_bytes - have < 4096 ? want_bytes - have : 4096);
        }
        cr_assert_eq(memcmp(got, want, want_bytes), 0, "message %u", i);
        back += want_bytes;
    }
    cr_assert_eq(done, total);
    cr_assert_gt(back, MESSAGES * BYTES);
}
