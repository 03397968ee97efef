#include "tests/kernel/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/kernel/report.h"

enum { SMALL_WINDOW_BYTES = 8192, TEXT_BLOCK_BYTES = 16, RECEIVE_BYTES = 65536, MESSAGE_BYTES_MAX = 1 << 20 };

int conn_dial(enum conn_window window)
{
    const bool is_unix = report.address[0] == '/';
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    const struct sockaddr_in in = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)strtoul(report.address, NULL, 10)),
                                   .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    const int small = SMALL_WINDOW_BYTES;
    const int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(un.sun_path, sizeof un.sun_path, "%s", report.address);
    if (window == CONN_WINDOW_SMALL) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    }
    if (connect(fd, is_unix ? (const void *)&un : (const void *)&in, is_unix ? sizeof un : sizeof in) != 0) {
        report_fail("connect: %s", strerror(errno));
    }
    return fd;
}

/* ---- sending ---- */

/* What stands at an offset of a message: text is of blocks that end in a character of three bytes. */
static uint8_t byte_of(unsigned id, unsigned message, size_t size, size_t at)
{
    const size_t in_block = at % TEXT_BLOCK_BYTES;
    const unsigned mix = id * 101 + message * 17 + (unsigned)at * 31 + (unsigned)(at >> 8) * 7;

    if (message % 2 == 0) {
        return (uint8_t)mix;
    }
    if (in_block >= TEXT_BLOCK_BYTES - 3 && at - in_block + TEXT_BLOCK_BYTES <= size) {
        return (uint8_t) "\xe2\x82\xac"[in_block - (TEXT_BLOCK_BYTES - 3)];
    }
    return (uint8_t)('a' + mix % 26);
}

/* The header of a masked frame; the payload, still to be masked, follows. */
void conn_put_header(struct bytes *out, bool fin, enum conn_opcode opcode, size_t bytes, const uint8_t key[4])
{
    uint8_t *at = bytes_room(out, bytes + 14);
    const unsigned extended = bytes < 126 ? 0 : bytes < 65536 ? 2 : 8;

    *at++ = (uint8_t)((fin ? 0x80 : 0) | opcode);
    *at++ = (uint8_t)(0x80 | (extended == 0 ? bytes : extended == 2 ? 126 : 127));
    for (unsigned i = extended; i > 0; i--) {
        *at++ = (uint8_t)((uint64_t)bytes >> 8 * (i - 1));
    }
    memcpy(at, key, 4);
    out->end += 2 + extended + 4;
}

static void put_control(struct conn *c, enum conn_opcode opcode, const void *payload, size_t bytes)
{
    const uint8_t key[4] = {0x5a, (uint8_t)c->id, 0xc3, 0x99};

    conn_put_header(&c->out, true, opcode, bytes, key);
    for (size_t i = 0; i < bytes; i++) {
        c->out.ptr[c->out.end++] = ((const uint8_t *)payload)[i] ^ key[i % 4];
    }
}

static void put_ping(struct conn *c)
{
    c->pings++;
    put_control(c, CONN_PING, &c->pings, sizeof c->pings);
}

void conn_put_close(struct conn *c, unsigned code)
{
    const uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};

    put_control(c, CONN_CLOSE, payload, sizeof payload);
    c->has_sent_close = true;
}

size_t conn_message_bytes(const struct conn *c, unsigned message)
{
    unsigned count = 0;
    while (c->plan->sizes[count] != PLAN_SIZE_END) {
        count++;
    }
    return c->plan->sizes[(message + c->id) % count];
}

static bool is_turn(unsigned message, unsigned every)
{
    return every > 0 && message % every == 0;
}

/* In one frame, or in three with a ping after the first. */
void conn_put_message(struct conn *c)
{
    const size_t size = conn_message_bytes(c, c->sent);
    const unsigned frames = is_turn(c->sent, c->plan->fragment_every) ? 3 : 1;
    const uint8_t key[4] = {(uint8_t)c->sent, 0xa5, (uint8_t)c->id, 0x77};

    for (unsigned f = 0; f < frames; f++) {
        const size_t from = size * f / frames, to = size * (f + 1) / frames;
        conn_put_header(&c->out, f + 1 == frames,
                        f > 0         ? CONN_CONTINUATION
                        : c->sent % 2 ? CONN_TEXT
                                      : CONN_BINARY,
                        to - from, key);
        for (size_t i = from; i < to; i++) {
            c->out.ptr[c->out.end++] = byte_of(c->id, c->sent, size, i) ^ key[(i - from) % 4];
        }
        if (f == 0 && frames > 1) {
            put_ping(c);
        }
    }
    if (is_turn(c->sent, c->plan->ping_every)) {
        put_ping(c);
    }
    c->sent++;
}

void conn_put_request(struct bytes *out)
{
    uint8_t *at = bytes_room(out, 512);
    out->end += (size_t)snprintf((char *)at, 512,
                                 "GET %s HTTP/1.1\r\nHost: guest\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                                 report.path);
}

/* ---- receiving ---- */

static void check_data(struct conn *c, bool fin, unsigned opcode, const uint8_t *payload, size_t bytes)
{
    const size_t size = conn_message_bytes(c, c->received);
    const unsigned expected = c->is_in_message ? CONN_CONTINUATION : c->received % 2 ? CONN_TEXT : CONN_BINARY;

    if (c->received >= c->sent || opcode != expected || c->checked + bytes > size) {
        report_fail("conn %u message %u: opcode %u, %zu bytes after %zu of %zu", c->id, c->received, opcode, bytes,
                    c->checked, size);
    }
    for (size_t i = 0; i < bytes; i++) {
        if (payload[i] != byte_of(c->id, c->received, size, c->checked + i)) {
            report_fail("conn %u message %u: byte %zu of %zu is wrong", c->id, c->received, c->checked + i, size);
        }
    }
    c->checked += bytes;
    c->is_in_message = !fin;
    if (fin) {
        if (c->checked != size) {
            report_fail("conn %u message %u: %zu bytes instead of %zu", c->id, c->received, c->checked, size);
        }
        c->checked = 0;
        c->received++;
    }
}

/* Pongs may be left out but for the last ping's (RFC 6455 5.5.3), so only their order is checked on the way. */
static void check_control(struct conn *c, unsigned opcode, const uint8_t *payload, size_t bytes)
{
    if (opcode == CONN_PONG) {
        unsigned number = 0;
        memcpy(&number, payload, bytes < sizeof number ? bytes : sizeof number);
        if (number <= c->pongs || number > c->pings) {
            report_fail("conn %u: pong %u after %u, of %u pings", c->id, number, c->pongs, c->pings);
        }
        c->pongs = number;
    } else if (opcode == CONN_CLOSE) {
        c->code = bytes >= 2 ? (unsigned)(payload[0] << 8 | payload[1]) : 1005;
        if (!c->has_sent_close) {
            conn_put_close(c, c->code);
        }
    } else {
        report_fail("conn %u: opcode %u", c->id, opcode);
    }
}

/* Whether a whole frame was there. */
static bool take_frame(struct conn *c)
{
    const uint8_t *at = c->in.ptr + c->in.begin;
    const size_t have = c->in.end - c->in.begin;
    size_t header = 2;

    if (have < header) {
        return false;
    }
    size_t bytes = at[1] & 0x7f;
    if (bytes >= 126) {
        const size_t extended = bytes == 126 ? 2 : 8;
        header += extended;
        if (have < header) {
            return false;
        }
        bytes = 0;
        for (size_t i = 0; i < extended; i++) {
            bytes = bytes << 8 | at[2 + i];
        }
    }
    if ((at[0] & 0x70) || (at[1] & 0x80) || bytes > MESSAGE_BYTES_MAX) {
        report_fail("conn %u message %u: no frame begins with %02x %02x", c->id, c->received, at[0], at[1]);
    }
    if (have < header + bytes) {
        return false;
    }
    c->in.begin += header + bytes;
    if (at[0] & 8) {
        check_control(c, at[0] & 15, at + header, bytes);
    } else {
        check_data(c, at[0] & 0x80, at[0] & 15, at + header, bytes);
    }
    return true;
}

static void take_head(struct conn *c)
{
    const char *at = (const char *)c->in.ptr + c->in.begin;
    const size_t have = c->in.end - c->in.begin;
    const char *end = memmem(at, have, "\r\n\r\n", 4);

    if (end == NULL) {
        return;
    }
    if (strncmp(at, "HTTP/1.1 101 ", 13) != 0 || !memmem(at, have, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28)) {
        report_fail("conn %u: handshake: %.40s", c->id, at);
    }
    c->in.begin += (size_t)(end + 4 - at);
    c->is_open = true;
}

static void check_end(struct conn *c)
{
    if (c->code != c->plan->code || c->received < c->plan->messages || c->pongs != c->pings) {
        report_fail("conn %u ended with code %u, %u of %u messages, pong %u of %u", c->id, c->code, c->received,
                    c->sent, c->pongs, c->pings);
    }
    c->is_over = true;
    close(c->fd);
    c->fd = -1;
}

void conn_receive(struct conn *c)
{
    uint8_t *at = bytes_room(&c->in, RECEIVE_BYTES);
    const ssize_t n = recv(c->fd, at, RECEIVE_BYTES, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n < 0) {
        report_fail("conn %u: recv: %s, message %u, code %u", c->id, strerror(errno), c->received, c->code);
    }
    c->in.end += (size_t)n;
    if (!c->is_open) {
        take_head(c);
    }
    while (c->is_open && take_frame(c)) {
    }
    if (n == 0) {
        check_end(c);
    }
}

void conn_flush(struct conn *c)
{
    const ssize_t n = send(c->fd, c->out.ptr + c->out.begin, c->out.end - c->out.begin, MSG_NOSIGNAL);

    if (n > 0) {
        c->out.begin += (size_t)n;
    } else if (errno != EAGAIN && errno != EINTR && !c->code) {
        report_fail("conn %u: send: %s", c->id, strerror(errno));
    } else if (c->code) {
        c->out.begin = c->out.end;
    }
}
