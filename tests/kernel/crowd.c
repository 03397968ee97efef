#include "tests/kernel/crowd.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/kernel/conn.h"
#include "tests/kernel/report.h"

enum {
    QUEUED_BYTES_MAX = 256 << 10, /* then a connection queues no further message */
    HOLD_MS = 1500,               /* how long is sent to a gateway that is stopped */
    POLL_MS = 10,
};

/* What a plan does when all its messages are back. */
static void finish(struct conn *c)
{
    static const uint8_t unmasked[] = {0x82, 1, 'x'};

    if (c->plan->ending == PLAN_END_CLOSE) {
        conn_put_close(c, 1000);
    } else if (c->plan->ending == PLAN_END_UNMASKED && c->pings == 0) {
        memcpy(bytes_room(&c->out, sizeof unmasked), unmasked, sizeof unmasked);
        c->out.end += sizeof unmasked;
        c->has_sent_close = true;
    }
}

static void queue_more(struct conn *c)
{
    const struct plan *p = c->plan;

    while (c->sent < p->messages && c->sent - c->received < p->depth && bytes_count(&c->out) < QUEUED_BYTES_MAX) {
        conn_put_message(c);
    }
    if (c->received == p->messages && !c->has_sent_close) {
        finish(c);
    }
}

/* Each connection naps at times of its own. */
static bool is_awake(const struct conn *c)
{
    return c->plan->nap_ms == 0 || !c->is_open || ((report_now_ms() / c->plan->nap_ms) + c->id) % 2 == 0;
}

static void turn(struct conn *conns, unsigned count, bool may_send)
{
    struct pollfd fds[PLAN_CONNS_MAX];

    for (unsigned i = 0; i < count; i++) {
        struct conn *c = &conns[i];
        if (c->is_open && may_send && !c->is_over) {
            queue_more(c);
        }
        const short in = is_awake(c) ? POLLIN : 0, out = c->out.end > c->out.begin ? POLLOUT : 0;
        fds[i] = (struct pollfd){.fd = c->fd, .events = in | out};
    }
    if (poll(fds, count, POLL_MS) <= 0) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        if (fds[i].revents & POLLOUT) {
            conn_flush(&conns[i]);
        }
        if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) && is_awake(&conns[i])) {
            conn_receive(&conns[i]);
        }
    }
}

static unsigned count_of(const struct conn *conns, unsigned count, bool (*holds)(const struct conn *))
{
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++) {
        n += holds(&conns[i]);
    }
    return n;
}

static bool is_open(const struct conn *c)
{
    return c->is_open;
}

static bool has_all(const struct conn *c)
{
    return c->received == c->plan->messages && c->pongs == c->pings;
}

static bool is_over(const struct conn *c)
{
    return c->is_over;
}

static void until(struct conn *conns, unsigned count, bool (*holds)(const struct conn *), const char *what)
{
    while (count_of(conns, count, holds) < count) {
        if (report_elapsed_ms() > REPORT_LIMIT_MS) {
            report_fail("only %u of %u connections %s", count_of(conns, count, holds), count, what);
        }
        turn(conns, count, holds != is_open);
    }
}

void crowd_run(const struct plan *plan, pid_t pid)
{
    static struct conn conns[PLAN_CONNS_MAX];
    uint64_t bytes = 0;

    for (unsigned i = 0; i < plan->conns; i++) {
        conns[i] = (struct conn){
            .plan = plan, .id = i, .fd = conn_dial(plan->nap_ms > 0 ? CONN_WINDOW_SMALL : CONN_WINDOW_USUAL)};
        fcntl(conns[i].fd, F_SETFL, O_NONBLOCK);
        conn_put_request(&conns[i].out);
    }
    until(conns, plan->conns, is_open, "were opened");
    if (plan->holds && pid > 0) {
        kill(pid, SIGSTOP);
        for (const int64_t end = report_now_ms() + HOLD_MS; report_now_ms() < end;) {
            turn(conns, plan->conns, true);
        }
        kill(pid, SIGCONT);
    }
    if (plan->ending == PLAN_END_SIGNAL) {
        until(conns, plan->conns, has_all, "got all back");
        kill(pid, plan->signal);
    }
    until(conns, plan->conns, is_over, "came to their end");
    for (unsigned i = 0; i < plan->conns; i++) {
        for (unsigned m = 0; m < plan->messages; m++) {
            bytes += conn_message_bytes(&conns[i], m);
        }
    }
    printf("ok %s %s %s: %u connections, %u messages, %llu bytes, Close %u, %lld ms\n", report.scenario, report.address,
           report.path, plan->conns, plan->conns * plan->messages, (unsigned long long)bytes, plan->code,
           (long long)(report_elapsed_ms()));
}
