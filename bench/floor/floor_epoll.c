#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/floor/floor.h"

enum { EVENTS_MAX = 1024, BUFFER_BYTES = 512 * 1024 };

/* What a descriptor has to do: whose bytes go where, and what a send left over. */
struct end {
    int to;
    int from; /* who is not read while something is left over */
    uint8_t *rest;
    size_t rest_bytes, rest_sent;
};

static struct end ends[FLOOR_DESCRIPTORS_MAX];
static uint8_t buffer[BUFFER_BYTES];
static int poller;

static void watch(int fd, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(poller, operation, fd, &event) < 0) {
        floor_die("epoll_ctl", errno);
    }
}

static void forget(int fd)
{
    free(ends[fd].rest);
    ends[fd] = (struct end){.to = -1, .from = -1};
    close(fd);
}

static void hang_up(int fd)
{
    const int other = ends[fd].to;

    forget(fd);
    if (other != fd) {
        forget(other);
    }
}

static void begin(int fd, int to)
{
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    ends[fd] = (struct end){.to = to, .from = to};
    watch(fd, EPOLL_CTL_ADD, EPOLLIN);
}

static void accept_one(const struct floor_setup *setup)
{
    const int fd = accept4(setup->listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0 || fd >= FLOOR_DESCRIPTORS_MAX) {
        return;
    }
    const int other = floor_partner(setup, fd);
    if (other < 0) {
        return;
    }
    begin(fd, other);
    if (other != fd) {
        begin(other, fd);
    }
}

/* What an end could not take waits, and until it is gone nothing more is read for it. */
static void keep_rest(int fd, const uint8_t *bytes, size_t len)
{
    struct end *e = &ends[fd];

    e->rest = malloc(len);
    if (e->rest == NULL) {
        floor_die("malloc", ENOMEM);
    }
    memcpy(e->rest, bytes, len);
    e->rest_bytes = len;
    e->rest_sent = 0;
    if (e->from != fd) {
        watch(e->from, EPOLL_CTL_MOD, ends[e->from].rest != NULL ? EPOLLOUT : 0);
    }
    watch(fd, EPOLL_CTL_MOD, EPOLLOUT | (e->from != fd && ends[e->to].rest == NULL ? EPOLLIN : 0));
}

static void send_rest(int fd)
{
    struct end *e = &ends[fd];
    const ssize_t sent = send(fd, e->rest + e->rest_sent, e->rest_bytes - e->rest_sent, MSG_NOSIGNAL);

    if (sent < 0) {
        if (errno != EAGAIN) {
            hang_up(fd);
        }
        return;
    }
    e->rest_sent += (size_t)sent;
    if (e->rest_sent < e->rest_bytes) {
        return;
    }
    free(e->rest);
    e->rest = NULL;
    if (e->from != fd) {
        watch(e->from, EPOLL_CTL_MOD, EPOLLIN | (ends[e->from].rest != NULL ? EPOLLOUT : 0));
    }
    watch(fd, EPOLL_CTL_MOD, ends[e->to].rest == NULL ? EPOLLIN : 0);
}

static void pass(int fd)
{
    const int to = ends[fd].to;
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);

    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) {
            hang_up(fd);
        }
        return;
    }
    const ssize_t sent = send(to, buffer, (size_t)got, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        hang_up(fd);
    } else if (sent < got) {
        const size_t done = sent < 0 ? 0 : (size_t)sent;
        keep_rest(to, buffer + done, (size_t)got - done);
    }
}

/* An event may be about a descriptor that an earlier one of the batch closed. */
static void serve(int fd, uint32_t events)
{
    if (ends[fd].to >= 0 && (events & EPOLLOUT) != 0 && ends[fd].rest != NULL) {
        send_rest(fd);
    }
    if (ends[fd].to < 0) {
        return;
    }
    if ((events & EPOLLIN) != 0) {
        pass(fd);
    } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        hang_up(fd);
    }
}

void floor_epoll(const struct floor_setup *setup)
{
    struct epoll_event events[EVENTS_MAX];

    for (int fd = 0; fd < FLOOR_DESCRIPTORS_MAX; fd++) {
        ends[fd].to = -1;
    }
    poller = epoll_create1(EPOLL_CLOEXEC);
    (void)fcntl(setup->listener, F_SETFL, O_NONBLOCK);
    watch(setup->listener, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        const int count = epoll_wait(poller, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == setup->listener) {
                accept_one(setup);
            } else {
                serve(events[i].data.fd, events[i].events);
            }
        }
    }
}
