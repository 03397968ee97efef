#include "tests/conformance/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "tests/conformance/pmd_params.h"

enum { READ_BYTES = 65536, HEAD_BYTES_MAX = 8192, REQUEST_BYTES_MAX = 1024, OCTET_PAUSE_US = 50 };

static const char key[] = "U2x1aWNlIGNvbmZvcm1zIQ==";
static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

bool link_is_over(const struct link *l)
{
    return l->is_ended || l->reader.has_close || l->reader.fault != NULL;
}

bool link_read(struct link *l, int ms)
{
    struct pollfd p = {.fd = l->fd, .events = POLLIN};

    if (l->is_ended || poll(&p, 1, ms) <= 0) {
        return false;
    }
    const ssize_t n = recv(l->fd, reader_room(&l->reader, READ_BYTES), READ_BYTES, MSG_DONTWAIT);
    if (n > 0) {
        reader_came(&l->reader, (size_t)n);
        return true;
    }
    l->is_ended = n == 0 || (errno != EAGAIN && errno != EINTR);
    return false;
}

/* Writes what the socket takes; waits until it takes something, reading meanwhile. */
static size_t write_some(struct link *l, const uint8_t *bytes, size_t count)
{
    const ssize_t n = send(l->fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n >= 0) {
        return (size_t)n;
    }
    struct pollfd p = {.fd = l->fd, .events = POLLIN | POLLOUT};
    if ((errno != EAGAIN && errno != EINTR) || poll(&p, 1, LINK_STALL_MS) <= 0) {
        l->is_deaf = true;
    }
    return 0;
}

void link_write(struct link *l, const uint8_t *bytes, size_t count, size_t chop)
{
    while (count > 0 && !l->is_deaf && !l->is_ended) {
        size_t piece = chop == 0 || chop > count ? count : chop;
        count -= piece;
        while (piece > 0 && !l->is_deaf && !l->is_ended) {
            const size_t n = write_some(l, bytes, piece);
            bytes += n;
            piece -= n;
            while (link_read(l, 0)) {
            }
        }
        if (chop == 1) {
            usleep(OCTET_PAUSE_US);
        }
    }
}

static bool refuse(struct link *l, const char *why)
{
    l->fault = why;
    return false;
}

static bool connects(struct link *l, const struct link_target *target)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target->port)};
    const int one = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0 || connect(l->fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        return refuse(l, "cannot connect");
    }
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return true;
}

/* Bytes behind the head are the first frames: they go to the reader. */
static bool reads_head(struct link *l, char head[HEAD_BYTES_MAX + 1])
{
    const uint64_t until = clock_monotonic_ms() + LINK_HANDSHAKE_MS;
    size_t count = 0;

    while (clock_monotonic_ms() < until && count < HEAD_BYTES_MAX) {
        struct pollfd p = {.fd = l->fd, .events = POLLIN};
        if (poll(&p, 1, LINK_HANDSHAKE_MS) <= 0) {
            break;
        }
        const ssize_t n = recv(l->fd, head + count, HEAD_BYTES_MAX - count, 0);
        if (n <= 0) {
            return refuse(l, "the connection ended in the handshake");
        }
        count += (size_t)n;
        head[count] = '\0';
        const char *end = strstr(head, "\r\n\r\n");
        if (end != NULL) {
            const size_t head_bytes = (size_t)(end - head) + 4;
            memcpy(reader_room(&l->reader, count - head_bytes + 1), head + head_bytes, count - head_bytes);
            head[head_bytes] = '\0';
            reader_came(&l->reader, count - head_bytes);
            return true;
        }
    }
    return refuse(l, "no answer to the handshake");
}

/* The value of the next line "name: value" of a head, the name in any case; NULL: there is none. */
static const char *value_of(const char *head, const char *name)
{
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        const size_t len = strlen(name);
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') {
            return line + 2 + len + 1 + strspn(line + 2 + len + 1, " ");
        }
    }
    return NULL;
}

static bool agrees(struct link *l, const char *head, const char *offers)
{
    static const char header[] = "Sec-WebSocket-Extensions";
    struct pmd_params agreed;
    char answer[HEAD_BYTES_MAX + 1];

    const char *given = value_of(head, header);
    if (given == NULL) {
        return true;
    }
    if (offers == NULL) {
        return refuse(l, "an extension that was not offered");
    }
    if (value_of(given, header) != NULL) {
        return refuse(l, "Sec-WebSocket-Extensions twice");
    }
    snprintf(answer, sizeof answer, "%.*s", (int)strcspn(given, "\r"), given);
    const char *why = pmd_params_agree(&agreed, offers, answer);
    if (why != NULL) {
        return refuse(l, why);
    }
    pmd_zlib_open(
        &l->pmd,
        (struct pmd_zlib_way){pmd_params_bits(&agreed, PMD_PARAM_CLIENT_BITS), agreed.has[PMD_PARAM_CLIENT_NO_CONTEXT]},
        (struct pmd_zlib_way){pmd_params_bits(&agreed, PMD_PARAM_SERVER_BITS),
                              agreed.has[PMD_PARAM_SERVER_NO_CONTEXT]});
    l->reader.pmd = &l->pmd;
    return true;
}

static bool is_opened_by(struct link *l, const char *head)
{
    char joined[sizeof key + sizeof guid];
    uint8_t sha1[DIGEST_SHA1_BYTES], accept[32];

    const int n = snprintf(joined, sizeof joined, "%s%s", key, guid);
    digest_sha1((struct slice){(const uint8_t *)joined, (size_t)n}, sha1);
    const size_t bytes = digest_base64((struct slice){sha1, sizeof sha1}, accept);
    const char *given = value_of(head, "Sec-WebSocket-Accept");
    if (strncmp(head, "HTTP/1.1 101 ", 13) != 0) {
        return refuse(l, "the handshake was not answered with 101");
    }
    if (given == NULL || memcmp(given, accept, bytes) != 0 || given[bytes] != '\r') {
        return refuse(l, "Sec-WebSocket-Accept is wrong");
    }
    return true;
}

bool link_open(struct link *l, const struct link_target *target, const char *offers)
{
    char text[REQUEST_BYTES_MAX], head[HEAD_BYTES_MAX + 1];

    *l = (struct link){.fd = -1};
    if (!connects(l, target)) {
        return false;
    }
    const int n = snprintf(text, sizeof text,
                           "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s%s%s\r\n",
                           target->path, target->port, key, offers != NULL ? "Sec-WebSocket-Extensions: " : "",
                           offers != NULL ? offers : "", offers != NULL ? "\r\n" : "");
    if (send(l->fd, text, (size_t)n, MSG_NOSIGNAL) != n) {
        return refuse(l, "the handshake could not be sent");
    }
    return reads_head(l, head) && is_opened_by(l, head) && agrees(l, head, offers);
}

void link_close(struct link *l)
{
    if (l->fd >= 0) {
        close(l->fd);
    }
    if (l->reader.pmd != NULL) {
        pmd_zlib_close(&l->pmd);
    }
    reader_free(&l->reader);
}
