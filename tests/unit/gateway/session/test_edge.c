#include "gateway/session/edge.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/shard_fixture.h"

static struct shard_fixture f;
static struct pmd_deflater deflater;
static struct pmd_inflater inflater;
static uint8_t sent[300000], got[300000], wire[3500000], plain[3000000];

static void set_up(void)
{
    shard_fixture_open(&f,
                       "compression: edge\nslow_consumer: { queue: 16KiB }\n"
                       "routes: [ { match: { path: /e }, to: echo }, { to: BACKEND } ]\n",
                       8, 1024);
    f.request_fields = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    pmd_deflater_init(&deflater, 15, 6);
    pmd_inflater_init(&inflater, 15);
}

static void tear_down(void)
{
    shard_fixture_close(&f);
}

TestSuite(edge, .init = set_up, .fini = tear_down);

/* A masked frame with the text compressed; its bytes are in sent. */
static size_t compressed_frame(const void *bytes, size_t count)
{
    const struct slice in = {bytes, count};
    const size_t n = pmd_deflater_run(&deflater, in, true, (struct span){wire, sizeof wire});
    return shard_fixture_masked(sent, 0xc1, wire, n);
}

/* Reads one frame of less than 126 bytes from fd; its payload, unmasked, is in wire. Returns its bytes. */
static size_t read_short_frame(int fd, uint8_t first_byte)
{
    cr_assert_eq(shard_fixture_read(&f, fd, got, 2), 2);
    cr_assert_eq(got[0], first_byte, "%02x, due was %02x", got[0], first_byte);
    const size_t bytes = got[1] & 0x7f, key_bytes = got[1] & 0x80 ? 4 : 0;
    cr_assert_lt(bytes, 126);
    cr_assert_eq(shard_fixture_read(&f, fd, got + 2, bytes + key_bytes), bytes + key_bytes);
    for (size_t i = 0; i < bytes; i++) {
        wire[i] = got[2 + key_bytes + i] ^ (key_bytes > 0 ? got[2 + i % 4] : 0);
    }
    return bytes;
}

static size_t inflated(size_t bytes)
{
    struct slice in = {wire, bytes};
    struct span out = {plain, sizeof plain};
    cr_assert_eq(pmd_inflater_run(&inflater, &in, &out, true), PMD_END);
    return sizeof plain - out.len;
}

Test(edge, inflates_to_the_upstream_and_deflates_to_the_client)
{
    static const char text[] =
        "a text of more than sixty-four bytes, so that it is worth the while to compress it; it is";
    int backend;
    const int client = shard_fixture_open_relay(&f, "/r", &backend);

    cr_assert_not_null(strstr(f.answer, "Sec-WebSocket-Extensions: permessage-deflate\r\n"), "%s", f.answer);
    shard_fixture_send(&f, client, sent, compressed_frame(text, sizeof text - 1));
    cr_assert_eq(read_short_frame(backend, 0x81), sizeof text - 1);
    cr_assert_eq(memcmp(wire, text, sizeof text - 1), 0);

    for (unsigned i = 0; i < 2; i++) {
        shard_fixture_send(&f, backend, sent, shard_fixture_plain(sent, 0x81, text, sizeof text - 1));
        const size_t bytes = read_short_frame(client, 0xc1);
        cr_assert_lt(bytes, i == 0 ? sizeof text : 20, "the second refers to the first");
        cr_assert_eq(inflated(bytes), sizeof text - 1);
        cr_assert_eq(memcmp(plain, text, sizeof text - 1), 0);
    }
    shard_fixture_send(&f, backend, sent, shard_fixture_plain(sent, 0x81, text, 63));
    cr_assert_eq(read_short_frame(client, 0x81), 63, "a short message goes as it is");
    close(client);
    close(backend);
}

Test(edge, lets_control_frames_stand_between_the_pieces_of_a_message)
{
    const size_t bytes = compressed_frame("in two fragments, with a ping between", 37);
    const size_t half = (bytes - 6) / 2;
    uint8_t frames[400];
    size_t len = 0;
    int backend;
    const int client = shard_fixture_open_relay(&f, "/r", &backend);

    len += shard_fixture_masked(frames, 0x41, wire, half);
    len += shard_fixture_masked(frames + len, 0x89, "ping", 4);
    len += shard_fixture_masked(frames + len, 0x00, wire + half, bytes - 6 - half);
    len += shard_fixture_masked(frames + len, 0x80, "", 0);
    shard_fixture_send(&f, client, frames, len);
    size_t text_bytes = read_short_frame(backend, 0x01);
    cr_assert_eq(read_short_frame(backend, 0x89), 4);
    for (uint8_t first = 0; first != 0x80;) {
        cr_assert_eq(shard_fixture_read(&f, backend, got, 6), 6);
        first = got[0];
        text_bytes += got[1] & 0x7f;
        shard_fixture_read(&f, backend, got, got[1] & 0x7f);
    }
    cr_assert_eq(text_bytes, 37);
    close(client);
    close(backend);
}

Test(edge, echoes_compressed_messages_compressed)
{
    const int client = shard_fixture_open_echo(&f, "/e");

    memset(plain, 'x', 1000);
    for (unsigned i = 0; i < 3; i++) {
        shard_fixture_send(&f, client, sent, compressed_frame(plain, i == 2 ? 0 : 1000));
        if (i == 2) {
            cr_assert_eq(read_short_frame(client, 0x81), 0, "an empty message is below min_size");
        } else {
            cr_assert_eq(inflated(read_short_frame(client, 0xc1)), 1000);
        }
    }
    close(client);
}

Test(edge, keeps_a_message_that_grows_waiting_while_the_queue_is_full)
{
    int backend;
    const int client = shard_fixture_open_relay(&f, "/r", &backend);
    size_t total = 0;
    size_t chunks_max = 0;

    memset(plain, 'x', sizeof plain);
    shard_fixture_send(&f, client, sent, compressed_frame(plain, sizeof plain));
    while (total < sizeof plain) {
        cr_assert_eq(shard_fixture_read(&f, backend, got, 2), 2);
        const size_t length7 = got[1] & 0x7f, more = length7 < 126 ? 4 : length7 == 126 ? 6 : 12;
        cr_assert_eq(shard_fixture_read(&f, backend, got + 2, more), more);
        const size_t bytes = length7 < 126 ? length7 : (size_t)got[2] << 8 | got[3];
        cr_assert_neq(length7, 127);
        cr_assert_eq(shard_fixture_read(&f, backend, got, bytes), bytes);
        total += bytes;
        chunks_max = f.io.pool.chunks.used > chunks_max ? f.io.pool.chunks.used : chunks_max;
    }
    cr_assert_eq(total, sizeof plain);
    cr_assert_leq(chunks_max * SEND_POOL_CHUNK_BYTES, (16 << 10) + (32 << 10) + (8 << 10), "%zu chunks", chunks_max);
    close(client);
    close(backend);
}

Test(edge, fails_a_client_whose_message_is_not_deflate)
{
    const int client = shard_fixture_open_echo(&f, "/e");

    shard_fixture_send(&f, client, sent, shard_fixture_masked(sent, 0xc1, "\xff\xff\xff", 3));
    read_short_frame(client, 0x88);
    cr_assert_eq(wire[0] << 8 | wire[1], 1007);
    close(client);
}

Test(edge, inflates_what_grows_a_turn_at_a_time)
{
    const int client = shard_fixture_open_echo(&f, "/e");
    const struct session *s = CONTAINER_OF(f.pool.all.next, struct session, link);
    size_t turns = 0;

    memset(plain, 'x', sizeof plain);
    const size_t bytes = compressed_frame(plain, sizeof plain);
    cr_assert_eq(send(client, sent, bytes, 0), (ssize_t)bytes);
    while (s->from_client.messages == 0 && turns < 1000) {
        io_turn(&f.io, f.io.now_ms + 10);
        cr_assert_leq(s->compression->from_client.turn_bytes, COMPRESSION_TURN_BYTES_MAX + (32 << 10));
        turns += s->compression->from_client.turn == f.io.enter_count;
    }
    cr_assert_geq(turns, sizeof plain >> 18);
    cr_assert_eq(s->from_client.messages, 1);
    close(client);
}
