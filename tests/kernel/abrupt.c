#include "tests/kernel/abrupt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/kernel/conn.h"
#include "tests/kernel/report.h"

enum abrupt { AT_ONCE, IN_HEAD, RESET, IN_FRAME, UNREAD, WHILE_PAUSED, HALF_CLOSED, HALF_CLOSED_BUSY, ABRUPT_COUNT };
enum { ROUNDS = 6, ROUND_CONNS = 40, UNREAD_MESSAGES = 20, PAUSING_BYTES = 8 << 20, PATIENCE_S = 10 };

static void send_all(int fd, const void *bytes, size_t count, int flags)
{
    for (size_t done = 0; done < count;) {
        const ssize_t n = send(fd, (const uint8_t *)bytes + done, count - done, MSG_NOSIGNAL | flags);
        if (n <= 0) {
            return; /* the kernel is full, or the gateway has had enough */
        }
        done += (size_t)n;
    }
}

static void await_head(int fd)
{
    char head[1024];
    const ssize_t n = recv(fd, head, sizeof head - 1, 0);
    if (n < 13 || strncmp(head, "HTTP/1.1 101 ", 13) != 0) {
        report_fail("abrupt: no 101: %zd, %s", n, strerror(errno));
    }
}

static void await_end(int fd)
{
    char sink[65536];
    ssize_t n;
    while ((n = recv(fd, sink, sizeof sink, 0)) > 0) {
    }
    if (n < 0 && errno != ECONNRESET) {
        report_fail("abrupt: no end of stream after a half-close: %s", strerror(errno));
    }
}

static void open_abrupt(struct conn *c, enum abrupt how)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};

    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    conn_put_request(&c->out);
    if (how != AT_ONCE) {
        send_all(c->fd, c->out.ptr, how == IN_HEAD ? 40 : c->out.end, 0);
    }
    c->out.end = 0;
}

static void misbehave(struct conn *c, enum abrupt how)
{
    const unsigned messages = how == UNREAD ? UNREAD_MESSAGES : how == HALF_CLOSED_BUSY ? 2 : 0;
    const struct linger reset = {.l_onoff = 1};

    if (how > IN_HEAD) {
        await_head(c->fd);
    }
    while (c->sent < messages) {
        conn_put_message(c);
    }
    if (how == IN_FRAME) {
        conn_put_header(&c->out, true, CONN_BINARY, 100000, (const uint8_t *)"key!");
        c->out.end += 5000;
    }
    while (how == WHILE_PAUSED && c->out.end < PAUSING_BYTES) {
        conn_put_message(c);
    }
    send_all(c->fd, c->out.ptr, c->out.end, how == WHILE_PAUSED ? MSG_DONTWAIT : 0);
    if (how == RESET || how == WHILE_PAUSED) {
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    } else if (how == HALF_CLOSED || how == HALF_CLOSED_BUSY) {
        shutdown(c->fd, SHUT_WR);
    }
}

void abrupt_run(void)
{
    for (unsigned r = 0; r < ROUNDS; r++) {
        struct conn conns[ROUND_CONNS];
        for (unsigned i = 0; i < ROUND_CONNS; i++) {
            conns[i] = (struct conn){.plan = &plan_abrupt, .id = i, .fd = conn_dial(CONN_WINDOW_USUAL)};
            open_abrupt(&conns[i], i % ABRUPT_COUNT);
        }
        for (unsigned i = 0; i < ROUND_CONNS; i++) {
            misbehave(&conns[i], i % ABRUPT_COUNT);
        }
        for (unsigned i = 0; i < ROUND_CONNS; i++) {
            if (i % ABRUPT_COUNT >= HALF_CLOSED) {
                await_end(conns[i].fd);
            }
            close(conns[i].fd);
            free(conns[i].out.ptr);
        }
    }
    printf("ok abrupt %s %s: %d connections, %lld ms\n", report.address, report.path, ROUNDS * ROUND_CONNS,
           (long long)(report_elapsed_ms()));
}
