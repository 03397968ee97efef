#include "tests/support/shard_fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/proto/http1_head.h"
#include "simd/simd.h"

enum { PATIENCE_MS = 3000, YAML_BYTES = 4096, PIPE_BYTES = 1 << 20 };

static void turn(struct shard_fixture *f)
{
    io_turn(&f->io, clock_monotonic_ms() + 2);
}

static void check_patience(uint64_t since_ms, const char *what)
{
    cr_assert_lt(clock_monotonic_ms() - since_ms, PATIENCE_MS, "%s did not come", what);
}

static void listen_as_backend(struct shard_fixture *f)
{
    struct addr addr;

    snprintf(f->backend_path, sizeof f->backend_path, "/tmp/sluice-unit-%d.sock", (int)getpid());
    unlink(f->backend_path);
    cr_assert_eq(addr_from_path(&addr, slice_from_string(f->backend_path)), 0);
    f->backend_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(f->backend_fd, &addr.sa.any, addr.len), 0);
    cr_assert_eq(listen(f->backend_fd, 16), 0);
}

/* The text with every BACKEND replaced. */
static void fill_in(const struct shard_fixture *f, const char *yaml, char *out)
{
    size_t len = (size_t)snprintf(out, YAML_BYTES, "listen: \"127.0.0.1:0\"\n");
    for (const char *at = yaml; *at != '\0';) {
        if (strncmp(at, "BACKEND", 7) == 0) {
            len += (size_t)snprintf(out + len, YAML_BYTES - len, "ws+unix:%s", f->backend_path);
            at += 7;
        } else {
            out[len++] = *at++;
        }
        cr_assert_lt(len, YAML_BYTES);
    }
    out[len] = '\0';
}

static void load(struct shard_fixture *f, const char *yaml)
{
    struct config_errors errors;
    char text[YAML_BYTES];

    fill_in(f, yaml, text);
    f->config = config_load_text(slice_from_string(text), "test", &errors);
    config_errors_print(&errors, stderr);
    config_errors_deinit(&errors);
    cr_assert_not_null(f->config);
}

static void open_log(struct shard_fixture *f)
{
    int ends[2];

    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_neq(fcntl(ends[0], F_SETFL, O_NONBLOCK), -1);
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
    f->log_fd = ends[0];
    f->log = log_open(ends[1], 1);
    cr_assert_not_null(f->log);
}

void shard_fixture_open(struct shard_fixture *f, const char *yaml, uint32_t max, uint32_t chunk_count)
{
    const struct io_settings settings = {.sq_entries = 256,
                                         .cq_entries = 1024,
                                         .sock_count = 2 * (max + SESSION_POOL_RESERVE),
                                         .buffer_count = 64,
                                         .node_count = 4096,
                                         .chunk_count = chunk_count};
    char why[IO_WHY_BYTES_MAX];

    *f = (struct shard_fixture){.quota = {.max = max, .shard_count = 1}};
    listen_as_backend(f);
    load(f, yaml);
    open_log(f);
    cr_assert_eq(io_open(&f->io, &settings, why), 0, "%s", why);
    cr_assert_eq(session_pool_init(&f->pool, f->config, &f->io, &f->quota, log_ring_of(f->log, 0)), 0);
}

void shard_fixture_close(struct shard_fixture *f)
{
    const uint64_t since = clock_monotonic_ms();

    while (!session_pool_is_empty(&f->pool)) {
        check_patience(since, "the end of all sessions");
        turn(f);
    }
    cr_assert_eq(f->quota.used, 0);
    cr_assert(io_is_whole(&f->io), "the ring's pools are not whole");
    session_pool_deinit(&f->pool);
    io_close(&f->io);
    cr_assert(log_close(f->log));
    config_destroy(f->config);
    close(f->log_fd);
    close(f->backend_fd);
    unlink(f->backend_path);
}

int shard_fixture_client(struct shard_fixture *f)
{
    int pair[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    session_accept(&f->pool, pair[0]);
    return pair[1];
}

int shard_fixture_backend(struct shard_fixture *f)
{
    const uint64_t since = clock_monotonic_ms();

    for (;;) {
        const int fd = accept4(f->backend_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            return fd;
        }
        check_patience(since, "a connection to the backend");
        turn(f);
    }
}

size_t shard_fixture_read(struct shard_fixture *f, int fd, void *out, size_t count)
{
    const uint64_t since = clock_monotonic_ms();
    size_t got = 0;

    while (got < count) {
        const ssize_t n = recv(fd, (uint8_t *)out + got, count - got, MSG_DONTWAIT);
        if (n > 0) {
            got += (size_t)n;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            break;
        } else {
            check_patience(since, "a byte");
            turn(f);
        }
    }
    return got;
}

size_t shard_fixture_read_head(struct shard_fixture *f, int fd, char *out, size_t size)
{
    size_t len = 0;

    while (len < 4 || memcmp(out + len - 4, "\r\n\r\n", 4) != 0) {
        cr_assert_lt(len + 1, size, "the head is too long");
        cr_assert_eq(shard_fixture_read(f, fd, out + len, 1), 1, "the stream ended inside a head");
        len++;
    }
    out[len] = '\0';
    return len;
}

size_t shard_fixture_read_all(struct shard_fixture *f, int fd, void *out, size_t size)
{
    uint8_t extra;
    const size_t got = shard_fixture_read(f, fd, out, size);

    if (got == size) {
        cr_assert_eq(shard_fixture_read(f, fd, &extra, 1), 0, "more came than was expected");
    }
    return got;
}

void shard_fixture_send(struct shard_fixture *f, int fd, const void *bytes, size_t count)
{
    const uint64_t since = clock_monotonic_ms();
    size_t sent = 0;

    while (sent < count) {
        const ssize_t n = send(fd, (const uint8_t *)bytes + sent, count - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
        } else {
            cr_assert(errno == EAGAIN || errno == EINTR, "send: %s", strerror(errno));
            check_patience(since, "room to send");
            turn(f);
        }
    }
}

void shard_fixture_send_text(struct shard_fixture *f, int fd, const char *text)
{
    shard_fixture_send(f, fd, text, strlen(text));
}

const char *shard_fixture_request(const struct shard_fixture *f, const char *path)
{
    static char text[512];
    snprintf(text, sizeof text,
             "GET %s HTTP/1.1\r\nHost: test.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
             path, f->request_fields != NULL ? f->request_fields : "");
    return text;
}

int shard_fixture_open_echo(struct shard_fixture *f, const char *path)
{
    const int client = shard_fixture_client(f);

    shard_fixture_send_text(f, client, shard_fixture_request(f, path));
    shard_fixture_read_head(f, client, f->answer, sizeof f->answer);
    cr_assert_not_null(strstr(f->answer, " 101 "), "%s", f->answer);
    cr_assert_not_null(strstr(f->answer, SHARD_FIXTURE_ACCEPT), "%s", f->answer);
    return client;
}

/* Answers the request that the gateway sent, with the accept that its key asks for. */
static void answer_101(struct shard_fixture *f, int backend)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    static const char name[] = "\r\nSec-WebSocket-Key: ";
    char head[2048], joined[128], answer[256];
    uint8_t sha1[DIGEST_SHA1_BYTES], accept[32];

    shard_fixture_read_head(f, backend, head, sizeof head);
    const char *key = strstr(head, name);
    cr_assert_not_null(key, "%s", head);
    const int n = snprintf(joined, sizeof joined, "%.24s%s", key + strlen(name), guid);
    digest_sha1((struct slice){(const uint8_t *)joined, (size_t)n}, sha1);
    const size_t accept_bytes = digest_base64((struct slice){sha1, sizeof sha1}, accept);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: %.*s\r\n%s\r\n",
             (int)accept_bytes, (const char *)accept, f->answer_fields != NULL ? f->answer_fields : "");
    shard_fixture_send_text(f, backend, answer);
}

int shard_fixture_open_relay(struct shard_fixture *f, const char *path, int *backend)
{
    const int client = shard_fixture_client(f);

    shard_fixture_send_text(f, client, shard_fixture_request(f, path));
    *backend = shard_fixture_backend(f);
    answer_101(f, *backend);
    shard_fixture_read_head(f, client, f->answer, sizeof f->answer);
    cr_assert_not_null(strstr(f->answer, " 101 "), "%s", f->answer);
    return client;
}

static size_t frame(uint8_t *out, uint8_t first_byte, const void *payload, size_t bytes, bool masked)
{
    struct ws_frame header = {
        .payload_bytes = bytes, .opcode = first_byte & 0x0f, .fin = first_byte >> 7, .masked = masked};

    memcpy(&header.key, "abcd", 4);
    const size_t header_bytes = ws_frame_encode(&header, out);
    out[0] = first_byte;
    for (size_t i = 0; i < bytes; i++) {
        out[header_bytes + i] = ((const uint8_t *)payload)[i] ^ (masked ? (uint8_t) "abcd"[i % 4] : 0);
    }
    return header_bytes + bytes;
}

size_t shard_fixture_masked(uint8_t *out, uint8_t first_byte, const void *payload, size_t bytes)
{
    return frame(out, first_byte, payload, bytes, true);
}

size_t shard_fixture_plain(uint8_t *out, uint8_t first_byte, const void *payload, size_t bytes)
{
    return frame(out, first_byte, payload, bytes, false);
}

void shard_fixture_log_line(struct shard_fixture *f, const char *text, char *out, size_t size)
{
    const uint64_t since = clock_monotonic_ms();
    size_t len = 0;

    for (;;) {
        const ssize_t n = read(f->log_fd, out + len, 1);
        if (n == 1 && out[len] != '\n') {
            len++;
            cr_assert_lt(len, size);
        } else if (n == 1) {
            out[len] = '\0';
            len = 0;
            if (strstr(out, text) != NULL) {
                return;
            }
        } else {
            check_patience(since, text);
            turn(f);
        }
    }
}
