#include "gateway/session/inspect.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

#define EXTENSION "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"

static struct shard_fixture f;
static struct pmd_deflater deflater;
static uint8_t sent[400], got[400], wire[400], big[20000], zeros[6 << 20];
static int client, backend;

static void set_up(void)
{
    shard_fixture_open(&f,
                       "compression: { mode: passthrough, inspect: on, max_inflated: 4MiB }\n"
                       "routes: [ { to: BACKEND } ]\n",
                       8, 1024);
    f.request_fields = "Sec-WebSocket-Extensions: x-other, permessage-deflate\r\n";
    f.answer_fields = EXTENSION;
    client = shard_fixture_open_relay(&f, "/", &backend);
    pmd_deflater_init(&deflater, 15, 6);
}

static void tear_down(void)
{
    close(client);
    close(backend);
    shard_fixture_close(&f);
}

TestSuite(inspect, .init = set_up, .fini = tear_down);

static size_t deflated(const char *text)
{
    return pmd_deflater_run(&deflater, slice_from_string(text), true, (struct span){wire, sizeof wire});
}

/* Zeros, deflated; big is large enough for the frame of them. */
static size_t deflate_zeros(size_t count)
{
    static uint8_t out[8 << 20];
    const size_t bytes =
        pmd_deflater_run(&deflater, (struct slice){zeros, count}, true, (struct span){out, sizeof out});

    cr_assert_lt(bytes, sizeof big - 100);
    return shard_fixture_plain(big, 0xc2, out, bytes);
}

static void expect_close(int fd, unsigned code)
{
    const size_t header_bytes = fd == client ? 2 : 6;

    cr_assert_eq(shard_fixture_read(&f, fd, got, header_bytes + 2), header_bytes + 2);
    cr_assert_eq(got[0], 0x88);
    for (size_t i = 0; i < 2 && fd == backend; i++) {
        got[6 + i] ^= got[2 + i];
    }
    cr_assert_eq(got[header_bytes] << 8 | got[header_bytes + 1], code);
}

Test(inspect, passes_the_answer_and_the_frames_as_they_are)
{
    cr_assert_not_null(strstr(f.answer, EXTENSION), "%s", f.answer);
    for (unsigned i = 0; i < 2; i++) {
        const size_t bytes = shard_fixture_masked(sent, 0xc1, wire, deflated("the same text each time"));
        shard_fixture_send(&f, client, sent, bytes);
        cr_assert_eq(shard_fixture_read(&f, backend, got, bytes), bytes);
        cr_assert_eq(memcmp(got, sent, bytes), 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        pmd_deflater_reset(&deflater);
        const size_t bytes = shard_fixture_plain(sent, 0xc1, wire, deflated("the same text each time"));
        shard_fixture_send(&f, backend, sent, bytes);
        cr_assert_eq(shard_fixture_read(&f, client, got, bytes), bytes);
        cr_assert_eq(memcmp(got, sent, bytes), 0);
    }
}

Test(inspect, finds_bad_text_of_a_client)
{
    shard_fixture_send(&f, client, sent, shard_fixture_masked(sent, 0xc1, wire, deflated("caf\xe9")));
    expect_close(backend, 1001);
    close(backend);
    expect_close(client, 1007);
    backend = dup(client);
}

Test(inspect, finds_a_message_of_a_backend_that_grows_too_far)
{
    const size_t sent_bytes = deflate_zeros((4 << 20) + 1);

    shard_fixture_send(&f, backend, big, sent_bytes);
    const size_t bytes = shard_fixture_read_all(&f, client, big, sizeof big);
    const uint8_t *close_frame = memrchr(big, 0x88, bytes);
    cr_assert(close_frame == NULL, "its frame was under way: no Close can stand in it");
    cr_assert_gt(bytes, 1000, "what was looked at in the turns before has gone on");
    cr_assert_lt(bytes, sent_bytes);
}

Test(inspect, finds_a_context_that_was_not_to_be_taken_over)
{
    for (unsigned i = 0; i < 2; i++) {
        shard_fixture_send(&f, backend, sent, shard_fixture_plain(sent, 0xc1, wire, deflated("the same text, twice")));
        if (i == 0) {
            cr_assert_eq(shard_fixture_read(&f, client, got, 20), 20);
            shard_fixture_read(&f, client, got, (size_t)(sent[1]) + 2 - 20);
        }
    }
    expect_close(client, 1014);
}

Test(inspect, looks_at_what_grows_a_turn_at_a_time)
{
    const struct session *s = CONTAINER_OF(f.pool.all.next, struct session, link);
    const size_t bytes = deflate_zeros(4 << 20);
    size_t turns = 0;

    cr_assert_eq(send(backend, big, bytes, 0), (ssize_t)bytes);
    while (s->compression->from_upstream.bytes < 4 << 20 && turns < 1000) {
        io_turn(&f.io, f.io.now_ms + 10);
        cr_assert_leq(s->compression->from_upstream.turn_bytes, COMPRESSION_TURN_BYTES_MAX + (64 << 10));
        turns += s->compression->from_upstream.turn == f.io.enter_count;
    }
    cr_assert_geq(turns, 4 << 20 >> 18);
    memset(big, 0, sizeof big);
    cr_assert_eq(shard_fixture_read(&f, client, big, bytes), bytes);
}
